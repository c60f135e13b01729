import { isBarred } from '../../core/access.ts'
import { assertCustomClaims } from '../../core/claims.ts'
import type { Deps } from '../../core/deps.ts'
import { AuthError, coreErrors } from '../../core/errors.ts'
import { type Actor, adminEvent, localSource, recordEvent } from '../../core/events.ts'
import { earlierSession, mergedMethods } from '../../core/factors.ts'
import { findManagedUser } from '../../core/managed-users.ts'
import { newVouchedUser, storeVouchedUser, type VouchedUser } from '../../core/new-users.ts'
import type { Project } from '../../core/projects.ts'
import { type IssuedSession, prepareSession, storeSession } from '../../core/sessions.ts'
import type { UserWithLoginIds } from '../../core/storage.ts'
import { canonicalLoginId } from '../../core/users.ts'

/** A back end that vouches for a user: it has proven by its own means who they are. */
interface Vouching {
  readonly project: Project
  /** The management key that asks. */
  readonly actor: Actor
  readonly customClaims?: Readonly<Record<string, unknown>> | undefined
  readonly refreshSeconds?: number | undefined
}

export interface VouchedSignIn extends Vouching {
  readonly loginId: string
  readonly stepUp?: boolean | undefined
  readonly mfa?: boolean | undefined
  readonly revokeOtherSessions?: boolean | undefined
  /** Of the session that a step-up or a further factor builds on. */
  readonly refreshToken?: string | undefined
}

/** Signs a user in without a factor. Throws `ManagedUserNotFound`, `UserDisabled`, `InvalidSession`, `SessionEnded`, `InvalidArguments`. */
export async function signInVouched(deps: Deps, input: VouchedSignIn): Promise<IssuedSession> {
  return signInAccount(deps, input, await findManagedUser(deps, { projectId: input.project.id, loginId: input.loginId }))
}

async function signInAccount(deps: Deps, input: VouchedSignIn, account: UserWithLoginIds): Promise<IssuedSession> {
  const { project, actor, refreshSeconds } = input
  const { id: userId } = account.user
  if (isBarred(account)) throw coreErrors.UserDisabled()
  const earlier = await earlierSession(deps, input)
  if (earlier && earlier.userId !== userId) throw coreErrors.InvalidSession({ log: 'session of another user' })
  const session = await prepareSession(deps, {
    ...{ project, account, refreshSeconds, source: actor.source ?? localSource },
    // Of the factors that were proven, we know those of the earlier session only.
    amr: mergedMethods(earlier?.amr ?? [], []),
    claims: assertCustomClaims(input.customClaims),
    isStepUp: input.stepUp ?? false,
    tenantId: earlier?.tenantId,
  })
  await deps.storage.transaction(async (tx) => {
    await storeSession(deps, tx, session)
    if (input.revokeOtherSessions) {
      await tx.sessions.endAllForUser(project.id, userId, 'signIn', deps.clock.nowSeconds(), session.record.id)
    }
    const data = { sessionId: session.record.id }
    await recordEvent(deps, tx, adminEvent({ projectId: project.id, actor, type: 'jwt.signIn', userId, data }))
  })
  return session.issued
}

export type VouchedSignUp = Vouching & VouchedUser

/** Makes a user without a credential and signs them in. Throws `UserAlreadyExists`, `InvalidRequest`, `InvalidArguments`. */
export async function signUpVouched(deps: Deps, input: VouchedSignUp): Promise<IssuedSession> {
  const { project, actor, refreshSeconds } = input
  const account = newVouchedUser(deps, project, input)
  const claims = assertCustomClaims(input.customClaims)
  const session = await prepareSession(deps, { project, account, source: actor.source ?? localSource, amr: [], claims, refreshSeconds })
  await deps.storage.transaction(async (tx) => {
    if (!(await storeVouchedUser(tx, project, account))) throw coreErrors.UserAlreadyExists()
    const data = { sessionId: session.record.id }
    await recordEvent(deps, tx, adminEvent({ projectId: project.id, actor, type: 'jwt.signUp', userId: account.user.id, data }))
    await storeSession(deps, tx, session)
  })
  return session.issued
}

/** Signs a user in, or up when nobody has the login ID; of racers one signs up and the others in. */
export async function signUpOrInVouched(deps: Deps, input: VouchedSignUp): Promise<IssuedSession> {
  const find = () => deps.storage.users.byLoginId(input.project.id, canonicalLoginId(input.loginId))
  const known = await find()
  if (known) return signInAccount(deps, input, known)
  try {
    return await signUpVouched(deps, input)
  } catch (error) {
    const winner = error instanceof AuthError && error.spec === coreErrors.UserAlreadyExists.spec ? await find() : undefined
    if (!winner) throw error
    return signInAccount(deps, input, winner)
  }
}
