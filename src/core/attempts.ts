import type { CountedLimit, Deps } from './deps.ts'
import { coreErrors } from './errors.ts'
import type { Source } from './events.ts'
import { digest } from './secrets.ts'
import type { Project } from './settings.ts'
import type { Storage } from './storage.ts'

/**
 * Limits on guessing. Every counter is raised in its own statement before the guess is evaluated (BF-06), unknown login IDs count like known
 * ones (EN-05), and keys are digests, so that the table tells no login ID.
 */
const key = (kind: string, ...parts: readonly string[]) => `${kind}:${digest(parts.join('\0')).slice(0, 22)}`

const daySeconds = 86_400

/** A guess that may be evaluated, or may not because the account is locked; `finish` must be told how it went. */
export interface Guess {
  /** True: answer like a wrong password, at the same cost, without looking at the stored hash. */
  readonly isLocked: boolean
  /** Counters to forget when the guess was right. Part of the caller's transaction. */
  succeed(tx: Storage): Promise<void>
  /** Sets the temporary lock when this was the last failure that the policy allows. */
  fail(): Promise<void>
}

/**
 * Asks to evaluate one guess at the password of a login ID. Throws `RateLimited` when this source has failed too often, at this account (BF-02) or
 * over all (BF-04); such a try is not counted.
 */
export async function beginGuess(deps: Deps, input: { project: Project; canonicalLoginId: string; source: Source }): Promise<Guess> {
  const { project, source, canonicalLoginId: account } = input
  const { storage, limits } = deps
  const now = deps.clock.nowSeconds()
  const names = {
    accountSource: key('guess.accountSource', account, source.ip),
    source: key('guess.source', source.ip),
    pair: key('guess.pair', account, source.ip),
    sourceAccounts: key('guess.sourceAccounts', source.ip),
  }
  const taken: string[] = []
  const take = async (name: string, limit: CountedLimit) => {
    if (limit.max === 0) return
    const count = await storage.attempts.take(project.id, name, { max: limit.max, windowSeconds: limit.perSeconds }, now)
    if (count.isTaken) {
      taken.push(name)
      return
    }
    for (const one of taken) await storage.attempts.giveBack(project.id, one)
    throw coreErrors.RateLimited({ retryAfterSeconds: Math.max(1, count.windowEndsAt - now) })
  }
  await take(names.accountSource, limits.accountSource)
  if (!source.isTrusted) {
    await take(names.source, limits.sourceFailures)
    const isNewAccount = (await storage.attempts.current(project.id, names.pair, now)) === 0
    if (isNewAccount) {
      await take(names.sourceAccounts, limits.sourceAccounts)
      await take(names.pair, { max: 1_000_000, perSeconds: limits.sourceAccounts.perSeconds })
    }
  }
  const lock = await takeAccount(deps, project, account)
  return {
    isLocked: lock.isLocked,
    async succeed(tx) {
      for (const name of taken) if (name !== names.accountSource) await tx.attempts.giveBack(project.id, name)
      await tx.attempts.clear(project.id, [names.accountSource, ...accountKeys(account)])
    },
    async fail() {
      if (!lock.startsTemporaryLock) return
      const windowSeconds = project.settings.password.tempLockDuration * 60
      await storage.attempts.take(project.id, lockKeys(account).temporary, { max: 1, windowSeconds }, deps.clock.nowSeconds())
      await storage.attempts.clear(project.id, [lockKeys(account).untilTemporary])
    },
  }
}

function lockKeys(account: string) {
  return {
    failures: key('lock.failures', account),
    untilTemporary: key('lock.untilTemporary', account),
    temporary: key('lock.temporary', account),
  }
}

/** Names of the counters that lock an account; clearing them unlocks it. */
export function accountKeys(canonicalLoginId: string): readonly string[] {
  return Object.values(lockKeys(canonicalLoginId))
}

interface AccountLock {
  readonly isLocked: boolean
  readonly startsTemporaryLock: boolean
}

async function takeAccount(deps: Deps, project: Project, account: string): Promise<AccountLock> {
  const { password } = project.settings
  const { attempts } = deps.storage
  const keys = lockKeys(account)
  const now = deps.clock.nowSeconds()
  const locked = { isLocked: true, startsTemporaryLock: false }
  if (password.tempLock) {
    if ((await attempts.current(project.id, keys.temporary, now)) > 0) return locked
    const limit = { max: password.tempLockAttempts, windowSeconds: daySeconds }
    const count = await attempts.take(project.id, keys.untilTemporary, limit, now)
    if (!count.isTaken) return locked
    const failures = await takeFailure(deps, project, keys.failures, now)
    return { isLocked: !failures, startsTemporaryLock: count.count >= password.tempLockAttempts }
  }
  return { isLocked: !(await takeFailure(deps, project, keys.failures, now)), startsTemporaryLock: false }
}

/** The count of consecutive failures, which only a success, a reset or an administrator clears (BF-01, and the policy's own lock). */
async function takeFailure(deps: Deps, project: Project, name: string, now: number): Promise<boolean> {
  const { password } = project.settings
  const cap = deps.limits.accountFailures || Number.MAX_SAFE_INTEGER
  const max = password.lock ? Math.min(cap, password.lockAttempts) : cap
  return (await deps.storage.attempts.take(project.id, name, { max, windowSeconds: 0 }, now)).isTaken
}

/** Takes one place of a plain counted limit, by project and key parts. True when there was one. */
export async function takeLimited(
  deps: Deps,
  input: { readonly projectId: string; readonly name: string; readonly parts: readonly string[]; readonly limit: CountedLimit },
): Promise<{ readonly isTaken: boolean; readonly retryAfterSeconds: number; giveBack(): Promise<void> }> {
  const name = key(input.name, ...input.parts)
  const giveBack = () => deps.storage.attempts.giveBack(input.projectId, name)
  if (input.limit.max === 0) return { isTaken: true, retryAfterSeconds: 0, giveBack: async () => undefined }
  const now = deps.clock.nowSeconds()
  const limit = { max: input.limit.max, windowSeconds: input.limit.perSeconds }
  const count = await deps.storage.attempts.take(input.projectId, name, limit, now)
  return { isTaken: count.isTaken, retryAfterSeconds: Math.max(1, count.windowEndsAt - now), giveBack }
}
