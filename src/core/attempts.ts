import type { DeliveryMethod } from './delivery-methods.ts'
import type { CountedLimit, Deps } from './deps.ts'
import { coreErrors } from './errors.ts'
import type { Source } from './events.ts'
import type { Project } from './projects.ts'
import { digest } from './secrets.ts'
import type { PasswordSettings } from './settings.ts'
import type { AttemptRequest, AttemptStep, ChallengeRecord, Storage } from './storage.ts'
import { together } from './together.ts'

/**
 * Limits on guessing. Every counter is raised in its own statement before the guess is evaluated (BF-06), unknown login IDs count like known
 * ones (EN-05), and keys are digests, so that the table tells no login ID.
 */
const key = (kind: string, ...parts: readonly string[]) => `${kind}:${digest(parts.join('\0')).slice(0, 22)}`

const daySeconds = 86_400

const byText = (a: string, b: string) => (a < b ? -1 : 1)

/** A guess that may be evaluated, or may not because the account is locked; one of its functions must be told how it went. */
export interface Guess {
  /** True: answer like a wrong password, at the same cost, without looking at the stored hash. */
  readonly isLocked: boolean
  /** Counters to forget when the guess was right. Part of the caller's transaction. */
  succeed(tx: Storage): Promise<void>
  /** Sets the temporary lock when this was the last failure that the policy allows, and writes with it what `record` has to tell of the failure. */
  fail(record: (tx: Storage) => Promise<void>): Promise<void>
  /** Takes the guess back: it was not evaluated (overload, client gone), so it is no failure (BF-02). */
  cancel(): Promise<void>
}

/**
 * What is guessed at: the password, or codes to the mailbox or to the phone, by whichever way they come. Failures of each lock that one alone (BF-01); the locks of the password policy
 * are for passwords.
 */
export type Guessed = 'password' | 'code.email' | 'code.phone'

export function guessedBy(method: DeliveryMethod): Guessed {
  return method === 'email' ? 'code.email' : 'code.phone'
}

/**
 * Asks to evaluate one guess at a secret of an account, which for passwords is named by its login ID. Codes lock the account whichever of its login IDs is named; the source is counted
 * by the login ID, so that it cannot tell which belong together (EN-05). Throws `RateLimited` when this source has failed too often, at this
 * account (BF-02) or over all (BF-04); such a try is not counted.
 */
export async function beginGuess(
  deps: Deps,
  input: {
    readonly project: Project
    /** Canonical. */
    readonly loginId: string
    /** What is locked, if it is not the login ID. */
    readonly account?: string
    readonly source: Source
    readonly guessed?: Guessed
  },
): Promise<Guess> {
  const { project, source, loginId, account = loginId, guessed = 'password' } = input
  const projectId = project.id
  const now = deps.clock.nowSeconds()
  const policy = { ...project.settings.password, ...(guessed === 'password' ? {} : { lock: false, tempLock: false }) }
  const locks = lockKeys(account, guessed)

  // The source comes first, and the account is not touched when it is refused: a flood of throttled tries must not even for a moment fill the
  // counter that locks the owner out (BF-02, BF-03).
  const steps = [
    ...sourceSteps(deps, source, loginId),
    { requests: accountRequests(deps, policy, locks, guessed), ...(policy.tempLock ? { unless: locks.temporary } : {}) },
  ]
  const answers = await deps.storage.attempts.takeInSteps(projectId, steps, now)
  const counts = answers.flatMap((answer, index) =>
    answer.counts.map((count, at) => ({ ...count, key: steps[index]?.requests[at]?.key ?? '' })),
  )
  const taken = counts.filter(({ isTaken }) => isTaken).map(({ key: name }) => name)
  // In the order in which places are taken, so that two transactions never wait for each other's counters.
  const giveBack = (tx: Storage, names: readonly string[]) =>
    together(...names.toSorted(byText).map((name) => tx.attempts.giveBack(projectId, name)))
  const full = counts.find(({ isTaken }) => !isTaken)
  if (full && answers.length < steps.length) {
    await deps.storage.transaction((tx) => giveBack(tx, taken))
    throw coreErrors.RateLimited({ retryAfterSeconds: Math.max(1, full.windowEndsAt - now) })
  }
  const untilTemporary = counts.find(({ key: name }) => name === locks.untilTemporary)
  return {
    isLocked: full !== undefined || answers.at(-1)?.isPassedOver === true,
    async succeed(tx) {
      const own = new Set([accountSourceKey(loginId, source.ip), ...Object.values(locks)])
      await together(
        tx.attempts.clear(projectId, [accountSourceKey(loginId, source.ip)]),
        giveBack(
          tx,
          taken.filter((name) => !own.has(name)),
        ),
        tx.attempts.clear(projectId, Object.values(locks).toSorted(byText)),
      )
    },
    async fail(record) {
      if (!untilTemporary?.isTaken || untilTemporary.count < policy.tempLockAttempts) return record(deps.storage)
      const limit = { max: 1, windowSeconds: policy.tempLockDuration * 60 }
      const take = (tx: Storage) => tx.attempts.take(projectId, locks.temporary, limit, deps.clock.nowSeconds())
      await deps.storage.transaction((tx) => together(take(tx), tx.attempts.clear(projectId, [locks.untilTemporary]), record(tx)))
    },
    async cancel() {
      await deps.storage.transaction((tx) => giveBack(tx, taken))
    },
  }
}

const accountSourceKey = (account: string, ip: string) => key('guess.accountSource', account, ip)
const pairKey = (account: string, source: Source) => key('guess.pair', account, source.ip)

/**
 * Counters of the source: of what it does to this account and, unless it is trusted, of what it does at all; and then of the accounts that it failed at, raised by each account
 * once in a window: by the try that began its `pair`.
 */
function sourceSteps({ limits }: Deps, source: Source, account: string): readonly AttemptStep[] {
  const request = (name: string, { max, perSeconds }: CountedLimit) => (max === 0 ? [] : [{ key: name, max, windowSeconds: perSeconds }])
  const own = request(accountSourceKey(account, source.ip), limits.accountSource)
  const accounts = source.isTrusted ? [] : request(key('guess.sourceAccounts', source.ip), limits.sourceAccounts)
  const pair = pairKey(account, source)
  const all = [
    ...own,
    ...(source.isTrusted ? [] : request(key('guess.source', source.ip), limits.sourceFailures)),
    ...accounts.map(({ windowSeconds }) => ({ key: pair, max: Number.MAX_SAFE_INTEGER, windowSeconds })),
  ]
  return [
    ...(all.length === 0 ? [] : [{ requests: all }]),
    ...(accounts.length === 0 ? [] : [{ requests: accounts, onlyAfterFirst: pair }]),
  ]
}

type Locks = Readonly<Record<'failures' | 'untilTemporary' | 'temporary', string>>

/** The keys of the counters that lock an account. */
function lockKeys(account: string, guessed: Guessed): Locks {
  const parts = guessed === 'password' ? [account] : [guessed, account]
  return {
    failures: key('lock.failures', ...parts),
    untilTemporary: key('lock.untilTemporary', ...parts),
    temporary: key('lock.temporary', ...parts),
  }
}

/** Names of the counters that lock the password of an account; clearing them unlocks it. With an address also that of the failures from there. */
export function accountKeys(canonicalLoginId: string, ip?: string): readonly string[] {
  const locks = Object.values(lockKeys(canonicalLoginId, 'password'))
  return ip === undefined ? locks : [accountSourceKey(canonicalLoginId, ip), ...locks]
}

/** Counters that lock: consecutive failures, which only a success, a reset or an administrator clears (BF-01, and the policy's own lock), and those until a temporary lock. */
function accountRequests({ limits }: Deps, policy: PasswordSettings, locks: Locks, guessed: Guessed): readonly AttemptRequest[] {
  const most = limits.accountFailures || Number.MAX_SAFE_INTEGER
  // Those to the mailbox and those to the phone share it, so that the odds of all guesses at codes stay one in ten thousand (BF-07).
  const cap = guessed === 'password' ? most : Math.ceil(most / 2)
  const failures = { key: locks.failures, max: policy.lock ? Math.min(cap, policy.lockAttempts) : cap, windowSeconds: 0 }
  if (!policy.tempLock) return [failures]
  return [failures, { key: locks.untilTemporary, max: policy.tempLockAttempts, windowSeconds: daySeconds }]
}

/** Names of the counters that lock codes to a user; clearing them unlocks. */
export function codeKeys(userId: string, guessed: readonly Guessed[] = ['code.email', 'code.phone']): readonly string[] {
  return guessed.map((one) => lockKeys(userId, one).failures)
}

/** Tries at one code (BF-07), and the longest that a code lives. */
const codeTries = { max: 5, windowSeconds: 600 }

const codeTriesKey = (canonicalLoginId: string) => key('code.tries', canonicalLoginId)

/**
 * Takes one try at the code of a login ID, before it is evaluated; false when five were taken since the code was made. Counts by login ID, so that one whom nobody knows looks
 * like any other (EN-05), and by code, so that a code that is made in the middle of a try does not give it one more.
 */
export async function takeCodeTry(
  deps: Deps,
  input: { readonly projectId: string; readonly canonicalLoginId: string; readonly challengeId: string | undefined },
): Promise<boolean> {
  const { projectId, canonicalLoginId, challengeId } = input
  const names = [codeTriesKey(canonicalLoginId), ...(challengeId === undefined ? [] : [key('code.one', challengeId)])]
  const requests = names.map((name) => ({ key: name, ...codeTries }))
  const counts = await deps.storage.attempts.takeEach(projectId, requests, deps.clock.nowSeconds())
  return counts.every(({ isTaken }) => isTaken)
}

/** Takes one try at the code that is typed beside a link, before it is evaluated; false when five were taken. */
export async function takeTypedCodeTry(deps: Deps, challenge: ChallengeRecord): Promise<boolean> {
  const now = deps.clock.nowSeconds()
  const limit = { max: codeTries.max, windowSeconds: Math.max(1, challenge.expiresAt - now) }
  return (await deps.storage.attempts.take(challenge.projectId, key('code.one', challenge.id), limit, now)).isTaken
}

/** Gives a login ID five tries: it got a new code, or used the old one. Part of the caller's transaction. The failures of the account stay (BF-07). */
export async function clearCodeTries(tx: Storage, projectId: string, canonicalLoginId: string): Promise<void> {
  await tx.attempts.clear(projectId, [codeTriesKey(canonicalLoginId)])
}

/** What a plain counted limit said. */
export interface LimitedPlace {
  readonly isTaken: boolean
  readonly retryAfterSeconds: number
  /** Gives a place that was taken back, through a transaction if there is one. */
  giveBack(tx?: Storage): Promise<void>
}

/** Takes one place of a plain counted limit, by project and key parts, if there is one. */
export async function takeLimited(
  deps: Deps,
  input: { readonly projectId: string; readonly name: string; readonly parts: readonly string[]; readonly limit: CountedLimit },
): Promise<LimitedPlace> {
  const name = key(input.name, ...input.parts)
  const giveBack = (tx: Storage = deps.storage) => tx.attempts.giveBack(input.projectId, name)
  if (input.limit.max === 0) return { isTaken: true, retryAfterSeconds: 0, giveBack: async () => undefined }
  const now = deps.clock.nowSeconds()
  const limit = { max: input.limit.max, windowSeconds: input.limit.perSeconds }
  const count = await deps.storage.attempts.take(input.projectId, name, limit, now)
  return { isTaken: count.isTaken, retryAfterSeconds: Math.max(1, count.windowEndsAt - now), giveBack }
}

/** A plain counted limit by name and key parts. */
export interface NamedLimit {
  readonly name: string
  readonly parts: readonly string[]
  readonly limit: CountedLimit
}

/** Takes one place of each limit that is there, one after the other. Where one refuses, none is used up, and the answer is its index; `undefined` when there was a place in all. */
export async function takeInTurn(
  deps: Deps,
  { projectId, limited }: { readonly projectId: string; readonly limited: readonly NamedLimit[] },
): Promise<number | undefined> {
  const counted = limited.flatMap(({ name, parts, limit }, index) => (limit.max === 0 ? [] : [{ index, limit, key: key(name, ...parts) }]))
  const steps = counted.map(({ key: name, limit }) => ({ requests: [{ key: name, max: limit.max, windowSeconds: limit.perSeconds }] }))
  const answers = await deps.storage.attempts.takeInSteps(projectId, steps, deps.clock.nowSeconds())
  const isRefused = answers.at(-1)?.counts[0]?.isTaken === false
  if (!isRefused) return undefined
  // In the order in which places are taken, so that nobody waits for counters of whoever waits for theirs.
  const taken = counted.slice(0, answers.length - 1).map(({ key: name }) => name)
  await deps.storage.transaction((tx) => together(...taken.map((name) => tx.attempts.giveBack(projectId, name))))
  return counted[answers.length - 1]?.index
}
