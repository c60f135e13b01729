import { type Options as Argon2Options, hash as argon2 } from '@node-rs/argon2'
import type { Source } from '../events.ts'
import type { Clock, HashPermits, Metrics, Random } from '../ports.ts'
import { type Admission, createAdmission } from './admission.ts'
import { parseArgon2 } from './foreign/argon2.ts'
import { readHash } from './foreign/schemes.ts'
import { assertParameters, defaultHashParameters, type HashParameters } from './hash-cost.ts'
import { createHashQueue } from './hash-queue.ts'
import { normalisePassword, passwordProblem } from './policy.ts'

/** For whom a hash is computed: work of a client that has gone is dropped, and one source holds only a part of the queue (BF-08). */
export interface HashCaller {
  readonly signal: AbortSignal
  readonly source: Source
}

/** Computes Argon2id hashes, and checks them and those of other systems, bounded in concurrency and in queue length. */
export interface Hasher extends Admission {
  /** The PHC string of a password, after NFC. Throws `RateLimited` when the queue is full. The password must be hashable (`policy.ts`). */
  hash(password: string, caller: HashCaller): Promise<string>
  /**
   * Checks a password against a stored hash of any scheme (`foreign/schemes.ts`). Every "no" costs at least one hash of the current cost: an unknown user (`undefined`), a
   * row that is malformed or beyond the bounds (PW-11), and a hash of another scheme or of less cost that does not match, topped up (EN-02). Never throws for a bad stored
   * hash. A password that cannot be hashed is false at once, without a hash, whoever it is for (PW-05). Throws `RateLimited` when the queue is full.
   */
  verify(password: string, stored: string | undefined, caller: HashCaller): Promise<boolean>
  /** Whether a stored hash is of another algorithm or cost than new ones (PW-02). */
  isOutdated(stored: string): boolean
  /** What one hash took at start, in milliseconds (PW-01). */
  readonly measuredMilliseconds: number
}

/** What `createHasher` takes. */
export interface HasherOptions {
  readonly clock: Clock
  readonly random: Random
  readonly metrics: Metrics
  /** Cost of new hashes; `defaultHashParameters` if absent. */
  readonly parameters?: HashParameters
  /** Hashes at once; see `defaultConcurrency`. */
  readonly concurrency: number
  /** Shares the cores with so many processes, this one included, each of which gets its part of the waiting places. */
  readonly shared?: { readonly permits: HashPermits; readonly count: number }
  /** Longest wait for a turn, 1000 if absent. */
  readonly maxWaitMilliseconds?: number
  /** Waiting places; if absent, as many hashes as can be done within the longest wait, 16 to 1000. */
  readonly maxQueued?: number
  /** What one hash takes here, in milliseconds; measured if absent. */
  readonly measuredMilliseconds?: number
}

/** Figures of this file, for the registry of `/metrics`. */
export const hashMetrics = {
  counters: {
    postern_password_hashes_total: {
      help: 'Password hashes by outcome: hashed, right, wrong, refused (queue full), abandoned (client gone before its turn), failed.',
      labels: ['outcome'],
    },
  },
  durations: {
    postern_password_hash_seconds: {
      help: 'Time of one password hash, without its wait, by operation: hash, verify.',
      labels: ['operation'],
      buckets: [0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1],
    },
  },
  gauges: {
    postern_password_hash_queue_depth: { help: 'Password hashes that wait for a core.', isOfProcess: true },
  },
}

/**
 * Makes a hasher: measures one hash (unless it is told), which sizes the queue, and registers the figures. Throws on a cost under the floor (PW-01), or above the bounds within which
 * hashes are verified.
 */
export async function createHasher(options: HasherOptions): Promise<Hasher> {
  const { clock, random, metrics, parameters = defaultHashParameters, concurrency, shared, maxWaitMilliseconds = 1000 } = options
  assertParameters(parameters)
  const { memoryKib, iterations } = parameters
  const cost = { algorithm: argon2id, memoryCost: memoryKib, timeCost: iterations, parallelism: 1, outputLen: tagBytes }
  const work = memoryKib * iterations
  const decoy = Buffer.from(random.bytes(saltBytes))

  /** Spends what the hash of `missing` KiB times iterations costs. */
  const spend = (password: Uint8Array, missing: number) =>
    argon2(password, { ...cost, memoryCost: Math.max(8, Math.ceil(missing / iterations)), salt: decoy })

  async function matches(password: string, stored: string | undefined): Promise<boolean> {
    const found = stored === undefined ? undefined : readHash(stored)
    let spent = 0
    for (const bytes of spellings(password, found?.isOwnKind ?? true)) {
      const answer = await found?.matches(bytes)
      if (answer) return true
      if (answer === false) spent += found?.work ?? 0
    }
    // What other schemes cost is not reckoned up: a wrong password costs them what a right one does, which is hashed anew.
    if (spent < work) await spend(normalised(password), work - spent)
    return false
  }

  const measuredMilliseconds = options.measuredMilliseconds ?? (await fastestOf(3, clock, () => spend(decoy, work)))
  const fitting = Math.floor((concurrency * maxWaitMilliseconds) / Math.max(1, measuredMilliseconds) / (shared?.count ?? 1))
  const maxQueued = options.maxQueued ?? Math.min(1000, Math.max(16, fitting))
  const queue = createHashQueue({
    clock,
    concurrency,
    maxQueued,
    maxWaitMilliseconds,
    maxShare,
    ...(shared && { permits: shared.permits }),
  })
  metrics.gauge('postern_password_hash_queue_depth', () => queue.waiting())

  /** Runs one piece of work in the queue, and tells the figures how it went. */
  async function run<T>(operation: string, caller: HashCaller, compute: () => Promise<T>, outcomeOf: (result: T) => string): Promise<T> {
    let startedAt: number | undefined
    let outcome = 'failed'
    try {
      const result = await queue.run(() => {
        startedAt = clock.monotonicMilliseconds()
        return compute()
      }, caller)
      outcome = outcomeOf(result)
      return result
    } finally {
      if (startedAt === undefined) outcome = caller.signal.aborted ? 'abandoned' : 'refused'
      else metrics.observe('postern_password_hash_seconds', (clock.monotonicMilliseconds() - startedAt) / 1000, { operation })
      metrics.count('postern_password_hashes_total', { outcome })
    }
  }

  const { enter } = createAdmission({ places: maxQueued + concurrency, maxShare })

  return {
    enter,
    measuredMilliseconds,
    async hash(password, caller) {
      if (passwordProblem(password)) throw new Error('The password cannot be hashed; the policy refuses such ones before')
      const salt = random.bytes(saltBytes)
      const compute = () => argon2(normalised(password), { ...cost, salt })
      return run('hash', caller, compute, () => 'hashed')
    },
    async verify(password, stored, caller) {
      caller.signal.throwIfAborted()
      if (passwordProblem(password)) return false
      const compute = () => matches(password, stored)
      return run('verify', caller, compute, (isRight) => (isRight ? 'right' : 'wrong'))
    },
    isOutdated(stored) {
      const found = parseArgon2(stored)
      const isCurrent = found?.isOwnKind && found.memoryKib === memoryKib && found.iterations === iterations
      return !isCurrent
    },
  }
}

/** `Algorithm.Argon2id` of the library, whose enum does not exist at run time. */
const argon2id: NonNullable<Argon2Options['algorithm']> = 2
/** Part of the queue that one source may hold. */
const maxShare = 0.25
const saltBytes = 16
const tagBytes = 32

/**
 * The bytes to try: UTF-8 of the NFC form, which is all that our own hashes are made of; for those of other systems then what was typed, once, if that is not NFC (PW-06).
 * Bytes, not text, go to the libraries, so that a NUL is a character like any other.
 */
function spellings(password: string, isOwnKind: boolean): readonly Uint8Array[] {
  const composed = normalised(password)
  const typed = Buffer.from(password, 'utf8')
  return isOwnKind || composed.equals(typed) ? [composed] : [composed, typed]
}

/** UTF-8 of the NFC form. */
function normalised(password: string): Buffer {
  return Buffer.from(normalisePassword(password), 'utf8')
}

async function fastestOf(times: number, clock: Clock, work: () => Promise<unknown>): Promise<number> {
  let fastest = Number.POSITIVE_INFINITY
  for (let i = 0; i < times; i++) {
    const before = clock.monotonicMilliseconds()
    await work()
    fastest = Math.min(fastest, clock.monotonicMilliseconds() - before)
  }
  return fastest
}
