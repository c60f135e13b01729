import { isBarred } from '../../core/access.ts'
import { beginGuess, clearCodeTries, type Guess, guessedBy, takeCodeTry } from '../../core/attempts.ts'
import type { DeliveryMethod } from '../../core/delivery-methods.ts'
import type { Deps } from '../../core/deps.ts'
import { coreErrors } from '../../core/errors.ts'
import { recordEvent, type Source, userEvent } from '../../core/events.ts'
import { findOneTimeCode, isRightCode } from '../../core/one-time-codes.ts'
import type { Project } from '../../core/projects.ts'
import { findRedeemer, type Redeemer } from '../../core/redeemers.ts'
import { prepareRedemption, redeem } from '../../core/redemptions.ts'
import type { IssuedSession } from '../../core/sessions.ts'
import { signInTerms, termsOf } from '../../core/sign-in-challenges.ts'
import type { ChallengeRecord, Storage, UserWithLoginIds } from '../../core/storage.ts'
import { isStaticCodeFor, isStaticText } from '../../core/testers.ts'
import { together } from '../../core/together.ts'
import { canonicalLoginId } from '../../core/users.ts'
import { otpErrors } from './errors.ts'

export interface VerifyCode {
  readonly project: Project
  readonly method: DeliveryMethod
  readonly loginId: string
  readonly code: string
  readonly source: Source
}

/** Who may redeem a code that was right. */
interface Proof {
  readonly redeemer: Redeemer
  /** To be spent; absent where the static code of test users was enough. */
  readonly challenge: ChallengeRecord | undefined
  readonly isStatic: boolean
}

/**
 * Redeems a code, once, and signs in (`protocol/core.md` 6.4); that of a sign-up makes its user. A try is counted before it is evaluated: five for a code, and the account's failures
 * over all codes, which a new code does not reset (BF-06, BF-07). Wrong, expired, and no code at all, of a user who is there or not, look alike: `WrongCode`, then `TooManyCodes` (EN-05).
 */
export async function verifyCode(deps: Deps, input: VerifyCode): Promise<IssuedSession> {
  const { project, source, method } = input
  const { otp, password } = project.settings
  // A reset is there whatever ways to sign in the project offers.
  if (!otp.enabled && password.resetMethod !== 'otp') throw coreErrors.SignInMethodDisabled()
  const canonical = canonicalLoginId(input.loginId)
  const { redeemer, challenge, isStatic, guess } = await proveCode(deps, input, canonical)
  const terms = challenge ? termsOf(challenge) : signInTerms({ method, isSent: false }).signIn
  if (!otp.enabled && !terms.isReset) throw otpErrors.WrongCode()
  const redemption = await prepareRedemption(deps, { project, source, redeemer, terms })
  const { projectId, id: userId } = redeemer.account.user
  const event = userEvent({ projectId, type: 'otp.verify', outcome: 'success', userId, source, data: { method, isStatic } })
  const refusal = otpErrors.WrongCode
  await deps.storage.transaction((tx) =>
    together(
      redeem(deps, tx, { redeemer, redemption, challenge, event, refusal }),
      guess.succeed(tx),
      clearCodeTries(tx, projectId, canonical),
    ),
  )
  deps.outbox.wake()
  return redemption.session.issued
}

async function proveCode(deps: Deps, input: VerifyCode, canonical: string): Promise<Proof & { readonly guess: Guess }> {
  const { project, source, method } = input
  const { id: projectId } = project
  const account = await deps.storage.users.byLoginId(projectId, canonical)
  const found = await findOneTimeCode(deps, { projectId, user: account?.user, canonicalLoginId: canonical, method })
  const guessed = guessedBy(method)
  const guess = await beginGuess(deps, { project, source, loginId: canonical, account: account?.user.id ?? canonical, guessed })
  if (!(await takeCodeTry(deps, { projectId, canonicalLoginId: canonical, challengeId: found?.id }))) {
    await guess.cancel()
    throw otpErrors.TooManyCodes()
  }
  const proof = guess.isLocked ? undefined : await evaluate(deps, input, { account, found })
  if (!proof) {
    await guess.fail((tx) => recordFailure(deps, tx, input, { userId: account?.user.id ?? '', isLocked: guess.isLocked }))
    throw guess.isLocked ? otpErrors.TooManyCodes() : otpErrors.WrongCode()
  }
  if (isBarred(proof.redeemer.account)) {
    await guess.cancel()
    throw coreErrors.UserDisabled()
  }
  return { ...proof, guess }
}

/** More is looked up for a right code only, so that it tells nothing (EN-03). */
async function evaluate(
  deps: Deps,
  { project, code }: VerifyCode,
  { account, found }: { readonly account: UserWithLoginIds | undefined; readonly found: ChallengeRecord | undefined },
): Promise<Proof | undefined> {
  if (isRightCode(deps, found, code) && found) {
    const redeemer = account && isBarred(account) ? { account, isNew: false } : await findRedeemer(deps, project, found)
    return redeemer && { redeemer, challenge: found, isStatic: false }
  }
  if (!isStaticText(project, code)) return undefined
  // Of a test user who signs up: they got no message, so that it can only be the static code.
  const signUp = account ? undefined : found
  const redeemer = account ? { account, isNew: false } : signUp && (await findRedeemer(deps, project, signUp))
  return redeemer && isStaticCodeFor(project, redeemer.account) ? { redeemer, challenge: signUp, isStatic: true } : undefined
}

async function recordFailure(
  deps: Deps,
  tx: Storage,
  { project, source, method }: VerifyCode,
  { userId, isLocked }: { readonly userId: string; readonly isLocked: boolean },
): Promise<void> {
  const data = { method, reason: isLocked ? 'locked' : 'code' }
  const event = userEvent({ projectId: project.id, type: 'otp.verify', outcome: 'failure', userId, source, data })
  await recordEvent(deps, tx, event)
}
