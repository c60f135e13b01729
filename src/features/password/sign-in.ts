import { areAllClosed, isBarred } from '../../core/access.ts'
import { beginGuess, type Guess } from '../../core/attempts.ts'
import type { Deps } from '../../core/deps.ts'
import { coreErrors } from '../../core/errors.ts'
import { recordEvent, type Source, userEvent } from '../../core/events.ts'
import { earlierSession, mergedMethods } from '../../core/factors.ts'
import { isPasswordExpired, passwordKind, readPassword, rehashedCredential, type StoredPassword } from '../../core/password/credential.ts'
import type { Project } from '../../core/projects.ts'
import { type IssuedSession, type PreparedSession, prepareSession, storeSession } from '../../core/sessions.ts'
import type { CredentialRecord, Storage, UserWithLoginIds } from '../../core/storage.ts'
import { passwordSettingsFor, projectFor } from '../../core/tenant-settings.ts'
import { together } from '../../core/together.ts'
import { canonicalLoginId } from '../../core/users.ts'
import { passwordErrors } from './errors.ts'

export interface SignIn {
  readonly project: Project
  readonly loginId: string
  readonly password: string
  readonly customClaims?: Readonly<Record<string, unknown>> | undefined
  readonly revokeOtherSessions?: boolean | undefined
  /** The tenant to choose; without one a step-up keeps that of its session. A tenant that the user is not in is no choice. */
  readonly tenantId?: string | undefined
  /** With `stepup` or `mfa` the refresh token of a live session of the same user is needed. */
  readonly stepUp?: boolean | undefined
  readonly mfa?: boolean | undefined
  readonly refreshToken?: string | undefined
  readonly source: Source
  readonly signal: AbortSignal
}

/** A password that was right, of an account that may be used. */
export interface ProvenPassword {
  readonly account: UserWithLoginIds
  readonly credential: CredentialRecord
  readonly stored: StoredPassword
  readonly guess: Guess
}

/**
 * Checks a password. Unknown users, users without one, locked accounts and wrong passwords all cost one hash and answer `WrongPassword`
 * (EN-01, EN-02); what depends on the state of the account is told only after the right password. With `maskError` off the answers are
 * the specific ones.
 */
export async function provePassword(
  deps: Deps,
  input: {
    readonly project: Project
    readonly loginId: string
    readonly password: string
    readonly source: Source
    readonly signal: AbortSignal
  },
): Promise<ProvenPassword> {
  const { project, source } = input
  if (!project.settings.password.enabled) throw passwordErrors.MethodDisabled()
  const leave = deps.hasher.enter({ signal: input.signal, source })
  try {
    return await evaluateGuess(deps, input)
  } finally {
    leave()
  }
}

async function evaluateGuess(deps: Deps, input: Parameters<typeof provePassword>[1]): Promise<ProvenPassword> {
  const { project, source } = input
  const canonical = canonicalLoginId(input.loginId)
  const guess = await beginGuess(deps, { project, loginId: canonical, source })
  const found = await deps.storage.users.forSignIn(project.id, canonical, passwordKind)
  const stored = readPassword(found?.credential)
  const isRight = await evaluate(deps, guess, { ...input, hash: guess.isLocked ? undefined : stored?.hash })
  if (!isRight || guess.isLocked || !found?.credential || !stored) {
    await guess.fail((tx) => recordFailure(deps, tx, { project, source, userId: found?.user.id ?? '', isLocked: guess.isLocked }))
    throw refusal(project, { isKnown: found !== undefined, isLocked: guess.isLocked })
  }
  if (isBarred(found)) {
    await deps.storage.transaction(guess.succeed)
    throw coreErrors.UserDisabled(areAllClosed(found) ? { message: 'The tenant of the user is disabled' } : {})
  }
  if (!passwordSettingsFor(project, found).enabled) {
    await deps.storage.transaction(guess.succeed)
    throw passwordErrors.MethodDisabled()
  }
  return { account: found, credential: found.credential, stored, guess }
}

/** Checks the password. A check that came to no verdict (overload, client gone) is no failure of the account. */
async function evaluate(
  deps: Deps,
  guess: Guess,
  input: { readonly password: string; readonly hash: string | undefined; readonly source: Source; readonly signal: AbortSignal },
): Promise<boolean> {
  try {
    return await deps.hasher.verify(input.password, input.hash, { signal: input.signal, source: input.source })
  } catch (error) {
    await guess.cancel()
    throw error
  }
}

/** Signs a user in with a password. An expired or temporary password is `PasswordExpired`, told after the right password only. */
export async function signIn(deps: Deps, input: SignIn): Promise<IssuedSession> {
  const { project, source } = input
  const before = await earlierSession(deps, input)
  const proven = await provePassword(deps, input)
  const { account, stored } = proven
  if (isPasswordExpired(projectFor(project, account), stored, deps.clock.nowSeconds())) {
    await deps.storage.transaction(proven.guess.succeed)
    throw passwordErrors.PasswordExpired()
  }
  if (before && before.userId !== account.user.id) {
    await deps.storage.transaction(proven.guess.succeed)
    throw coreErrors.InvalidSession()
  }

  const amr = mergedMethods(before?.amr ?? [], ['pwd'])
  const isStepUp = input.stepUp ?? false
  const tenantId = input.tenantId || before?.tenantId
  const session = await prepareSession(deps, { project, account, source, amr, customClaims: input.customClaims, tenantId, isStepUp })
  const rehashed = await outdatedHash(deps, proven, input)
  await deps.storage.transaction((tx) =>
    together(
      storeSession(deps, tx, session),
      ...(input.revokeOtherSessions ? [endOthers(deps, tx, session)] : []),
      assertUnchanged(tx, proven),
      ...(rehashed ? [tx.credentials.swap(rehashed, proven.credential.version)] : []),
      proven.guess.succeed(tx),
    ),
  )
  return session.issued
}

function endOthers(deps: Deps, tx: Storage, { record: { projectId, userId, id } }: PreparedSession): Promise<number> {
  return tx.sessions.endAllForUser(projectId, userId, 'signIn', deps.clock.nowSeconds(), id)
}

/** Throws when the password changed between the check and the commit, so that an older password never overtakes a change (PW-02). */
async function assertUnchanged(tx: Storage, { credential, stored }: ProvenPassword): Promise<void> {
  const now = readPassword(await tx.credentials.get(credential.projectId, credential.userId, passwordKind, ''))
  if (now?.serial !== stored.serial) throw passwordErrors.WrongPassword()
}

/** The credential under a hash of today's cost, when the stored one is of another (PW-02). A hash that fails never fails the sign-in. */
async function outdatedHash(deps: Deps, { credential, stored }: ProvenPassword, input: SignIn): Promise<CredentialRecord | undefined> {
  if (!deps.hasher.isOutdated(stored.hash)) return undefined
  try {
    const hash = await deps.hasher.hash(input.password, { signal: input.signal, source: input.source })
    return rehashedCredential(credential, hash, deps.clock.nowSeconds())
  } catch (cause) {
    deps.log.warn('password.rehashFailed', { reason: cause instanceof Error ? cause.name : 'unknown' })
    return undefined
  }
}

function refusal(project: Project, account: { readonly isKnown: boolean; readonly isLocked: boolean }): Error {
  if (project.settings.password.maskError) return passwordErrors.WrongPassword()
  if (!account.isKnown) return coreErrors.UserNotFound()
  return account.isLocked ? passwordErrors.AccountLocked() : passwordErrors.WrongPassword()
}

async function recordFailure(
  deps: Deps,
  tx: Storage,
  input: { readonly project: Project; readonly source: Source; readonly userId: string; readonly isLocked: boolean },
): Promise<void> {
  const { project, source, userId } = input
  const data = { reason: input.isLocked ? 'locked' : 'credentials' }
  await recordEvent(deps, tx, userEvent({ projectId: project.id, type: 'password.signIn', outcome: 'failure', userId, source, data }))
}
