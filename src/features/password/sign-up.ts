import { defaultGrants, giveDefaultRoles, newAccount } from '../../core/access.ts'
import { accountKeys } from '../../core/attempts.ts'
import type { Deps } from '../../core/deps.ts'
import { queueVerification, wantsVerification } from '../../core/email-verification.ts'
import { AuthError, coreErrors } from '../../core/errors.ts'
import { recordEvent, type Source, userEvent } from '../../core/events.ts'
import { takeMail } from '../../core/message-limits.ts'
import type { MessageWishes } from '../../core/messages.ts'
import { assertPolicy, newPasswordCredential, passwordKind } from '../../core/password/credential.ts'
import type { Project } from '../../core/projects.ts'
import { newId } from '../../core/secrets.ts'
import { type IssuedSession, prepareSession, storeSession } from '../../core/sessions.ts'
import { takeSignUp } from '../../core/sign-up-limit.ts'
import type { LoginIdRecord, Storage, UserRecord, UserWithLoginIds } from '../../core/storage.ts'
import { isTestLoginId } from '../../core/testers.ts'
import { together } from '../../core/together.ts'
import { type NewUserDetails, newLoginId, newUserRecord } from '../../core/users.ts'
import { passwordErrors } from './errors.ts'
import { signUpStrictly } from './strict-sign-up.ts'

export interface SignUp {
  readonly project: Project
  readonly loginId: string
  readonly password: string
  readonly details: NewUserDetails
  readonly customClaims?: Readonly<Record<string, unknown>> | undefined
  /** For the mail that asks to verify the address. */
  readonly wishes?: MessageWishes | undefined
  readonly source: Source
  readonly signal: AbortSignal
}

/** A session, or with `strictSignUp` a user as a new one would look, whether there is one or not. */
export type SignedUp = { readonly issued: IssuedSession } | { readonly pending: UserWithLoginIds }

/**
 * Creates a user with a password and signs them in. User, password, session, event and verification mail commit together (RL-01); of racers with one login
 * ID exactly one wins and the rest get `UserAlreadyExists` (RL-03). The hash is paid in both cases, and tries at taken IDs are limited by source (EN-04).
 */
export async function signUp(deps: Deps, input: SignUp): Promise<SignedUp> {
  const { project, source } = input
  if (!project.settings.password.enabled) throw passwordErrors.MethodDisabled()
  const loginId = newLoginId(input.loginId)
  const now = deps.clock.nowSeconds()
  const made = newUserRecord({ projectId: project.id, id: newId(deps, 'U'), loginId, details: input.details, now })
  const user = { ...made, isTest: isTestLoginId(project, [loginId]) }
  await assertPolicy(deps, project, input.password, { loginIds: [loginId.shown], email: user.email })

  const leave = deps.hasher.enter({ signal: input.signal, source })
  try {
    if (project.settings.project.strictSignUp) return { pending: await signUpStrictly(deps, input, { loginId, user }) }
    return { issued: await createAccount(deps, input, { loginId, user }) }
  } finally {
    leave()
  }
}

async function createAccount(deps: Deps, input: SignUp, account: { loginId: LoginIdRecord; user: UserRecord }): Promise<IssuedSession> {
  const { project, source } = input
  const { loginId, user } = account
  const now = user.createdAt
  const tries = await takeSignUp(deps, project, source)
  try {
    const hash = await deps.hasher.hash(input.password, { signal: input.signal, source })
    const owner = newAccount({ user, loginIds: [loginId], credentialKinds: [passwordKind], ...defaultGrants(project) })
    const session = await prepareSession(deps, { project, account: owner, source, amr: ['pwd'], customClaims: input.customClaims })
    const mayVerify = wantsVerification(project, user) && (await mayMail(deps, project, user.email))
    const event = userEvent({ projectId: project.id, type: 'password.signUp', outcome: 'success', userId: user.id, source })
    await deps.storage.transaction((tx) =>
      together(
        insertNew(tx, account),
        tx.credentials.insert(newPasswordCredential({ projectId: project.id, userId: user.id, hash, now })),
        giveDefaultRoles(tx, project, user.id),
        recordEvent(deps, tx, event),
        storeSession(deps, tx, session),
        ...(mayVerify ? [queueVerification(deps, tx, { project, user, wishes: input.wishes })] : []),
        // Whoever guessed at this login ID before it was taken has locked nobody out.
        tx.attempts.clear(project.id, accountKeys(loginId.canonical, source.ip)),
        ...(tries ? [tries.giveBack(tx)] : []),
      ),
    )
    deps.outbox.wake()
    return session.issued
  } catch (error) {
    const isTaken = error instanceof AuthError && error.spec === coreErrors.UserAlreadyExists.spec
    if (!isTaken) await tries?.giveBack()
    throw error
  }
}

async function insertNew(tx: Storage, { user, loginId }: { readonly user: UserRecord; readonly loginId: LoginIdRecord }): Promise<void> {
  if (!(await tx.users.insert(user, [loginId]))) throw coreErrors.UserAlreadyExists()
}

/** Anybody can sign up with anybody's address: it gets a few such mails and no more (BF-09). */
async function mayMail(deps: Deps, project: Project, recipient: string): Promise<boolean> {
  return (await takeMail(deps, { projectId: project.id, kind: 'email.verify', channel: 'email', recipient })).isTaken
}
