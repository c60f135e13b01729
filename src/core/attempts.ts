import type { CountedLimit, Deps } from './deps.ts'
import { coreErrors } from './errors.ts'
import type { Source } from './events.ts'
import { digest } from './secrets.ts'
import type { Project } from './settings.ts'
import type { AttemptCount, AttemptRequest, Storage } from './storage.ts'

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
  const projectId = project.id
  const { attempts } = deps.storage
  const now = deps.clock.nowSeconds()
  const locks = lockKeys(account)
  const isTemporarilyLocked = project.settings.password.tempLock && (await attempts.current(projectId, locks.temporary, now)) > 0

  const sources = sourceRequests(deps, source, account)
  const requests = [...sources, ...(isTemporarilyLocked ? [] : accountRequests(deps, project, account))]
  const counts = new Map((await attempts.takeEach(projectId, requests, now)).map((count, index) => [requests[index]?.key, count] as const))
  const taken = requests.map((request) => request.key).filter((name) => counts.get(name)?.isTaken)
  const newAccount = await takeNewAccount(deps, { projectId, source, account, pair: counts.get(pairKey(account, source)) })
  if (newAccount) {
    counts.set(newAccount.key, newAccount.count)
    if (newAccount.count.isTaken) taken.push(newAccount.key)
  }
  const full = [...sources.map((request) => request.key), ...(newAccount ? [newAccount.key] : [])].find(
    (name) => !counts.get(name)?.isTaken,
  )
  if (full) {
    for (const name of taken) await attempts.giveBack(projectId, name)
    throw coreErrors.RateLimited({ retryAfterSeconds: Math.max(1, (counts.get(full)?.windowEndsAt ?? now) - now) })
  }
  const untilTemporary = counts.get(locks.untilTemporary)
  return {
    isLocked: isTemporarilyLocked || accountRequests(deps, project, account).some(({ key: name }) => !counts.get(name)?.isTaken),
    async succeed(tx) {
      const own = new Set([accountSourceKey(account, source), ...Object.values(locks)])
      for (const name of taken) if (!own.has(name)) await tx.attempts.giveBack(projectId, name)
      await tx.attempts.clear(projectId, [...own])
    },
    async fail() {
      if (!untilTemporary?.isTaken || untilTemporary.count < project.settings.password.tempLockAttempts) return
      const limit = { max: 1, windowSeconds: project.settings.password.tempLockDuration * 60 }
      await attempts.take(projectId, locks.temporary, limit, deps.clock.nowSeconds())
      await attempts.clear(projectId, [locks.untilTemporary])
    },
  }
}

const accountSourceKey = (account: string, source: Source) => key('guess.accountSource', account, source.ip)
const pairKey = (account: string, source: Source) => key('guess.pair', account, source.ip)

/** Counters of the source: of what it does to this account and, unless it is trusted, of what it does at all. */
function sourceRequests({ limits }: Deps, source: Source, account: string): readonly AttemptRequest[] {
  const request = (name: string, { max, perSeconds }: CountedLimit) => (max === 0 ? [] : [{ key: name, max, windowSeconds: perSeconds }])
  const own = request(accountSourceKey(account, source), limits.accountSource)
  if (source.isTrusted) return own
  const pairWindow = { key: pairKey(account, source), max: Number.MAX_SAFE_INTEGER, windowSeconds: limits.sourceAccounts.perSeconds }
  return [
    ...own,
    ...request(key('guess.source', source.ip), limits.sourceFailures),
    ...(limits.sourceAccounts.max === 0 ? [] : [pairWindow]),
  ]
}

/** Counts the account among those that this source failed at, the first time in a window. `undefined` when it is not counted. */
async function takeNewAccount(
  deps: Deps,
  input: { readonly projectId: string; readonly source: Source; readonly account: string; readonly pair: AttemptCount | undefined },
): Promise<{ readonly key: string; readonly count: AttemptCount } | undefined> {
  if (input.pair?.count !== 1) return undefined
  const name = key('guess.sourceAccounts', input.source.ip)
  const { max, perSeconds } = deps.limits.sourceAccounts
  const limit = { max, windowSeconds: perSeconds }
  return { key: name, count: await deps.storage.attempts.take(input.projectId, name, limit, deps.clock.nowSeconds()) }
}

/** The keys of the counters that lock an account. */
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

/** Counters that lock: consecutive failures, which only a success, a reset or an administrator clears (BF-01, and the policy's own lock), and those until a temporary lock. */
function accountRequests({ limits }: Deps, project: Project, account: string): readonly AttemptRequest[] {
  const { password } = project.settings
  const keys = lockKeys(account)
  const cap = limits.accountFailures || Number.MAX_SAFE_INTEGER
  const failures = { key: keys.failures, max: password.lock ? Math.min(cap, password.lockAttempts) : cap, windowSeconds: 0 }
  if (!password.tempLock) return [failures]
  return [failures, { key: keys.untilTemporary, max: password.tempLockAttempts, windowSeconds: daySeconds }]
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
