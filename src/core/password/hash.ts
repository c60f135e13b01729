import { type Options as Argon2Options, hash as argon2, verify as verifyArgon2 } from '@node-rs/argon2'
import type { Source } from '../events.ts'
import type { Clock, Metrics, Random } from '../ports.ts'
import { type Admission, createAdmission } from './admission.ts'
import { createHashQueue } from './hash-queue.ts'
import { normalisePassword, passwordProblem } from './policy.ts'

/** For whom a hash is computed: work of a client that has gone is dropped, and one source holds only a part of the queue (BF-08). */
export interface HashCaller {
  readonly signal: AbortSignal
  readonly source: Source
}

/** Computes and checks password hashes: Argon2id, bounded in concurrency and in queue length. */
export interface Hasher extends Admission {
  /** The PHC string of a password, after NFC. Throws `RateLimited` when the queue is full. The password must be hashable (`policy.ts`). */
  hash(password: string, caller: HashCaller): Promise<string>
  /**
   * Checks a password against a stored PHC string. Every "no" costs at least one hash of the current cost: an unknown user (`undefined`), a row that is no
   * Argon2, malformed or beyond the bounds (PW-11), and a cheaper hash that does not match, topped up (EN-02). Never throws for a bad stored hash. A password that
   * cannot be hashed is false at once, without a hash, whoever it is for (PW-05). Throws `RateLimited` when the queue is full.
   */
  verify(password: string, stored: string | undefined, caller: HashCaller): Promise<boolean>
  /** Whether a stored hash is of another algorithm or cost than new ones (PW-02). */
  isOutdated(stored: string): boolean
  /** What one hash took at start, in milliseconds (PW-01). */
  readonly measuredMilliseconds: number
}

/** Cost of new hashes. Parallelism is 1. */
export interface HashParameters {
  /** Memory in KiB. */
  readonly memoryKib: number
  readonly iterations: number
}

/** Argon2id as the OWASP cheat sheet has it, at the least memory. */
export const defaultHashParameters: HashParameters = Object.freeze({ memoryKib: 19_456, iterations: 2 })

/** Bounds on hashes that are verified, whoever wrote the row (PW-11). */
export const hashCeilings = Object.freeze({ memoryKib: 262_144, iterations: 10, parallelism: 16 })

/** What `createHasher` takes. */
export interface HasherOptions {
  readonly clock: Clock
  readonly random: Random
  readonly metrics: Metrics
  /** Cost of new hashes; `defaultHashParameters` if absent. */
  readonly parameters?: HashParameters
  /** Hashes at once; see `defaultConcurrency`. */
  readonly concurrency: number
  /** Longest wait for a turn, 1000 if absent. */
  readonly maxWaitMilliseconds?: number
  /** Waiting places; if absent, as many hashes as can be done within the longest wait, 16 to 1000. */
  readonly maxQueued?: number
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
  gauges: { postern_password_hash_queue_depth: { help: 'Password hashes that wait for a core.' } },
}

/** Whether a cost is at or above the floor of the OWASP cheat sheet (PW-01). */
export function isStrongEnough({ memoryKib, iterations }: HashParameters): boolean {
  return (memoryKib >= 19_456 && iterations >= 2) || (memoryKib >= 47_104 && iterations >= 1)
}

/**
 * Hashes at once: one a core, and never so many that signing, DNS and files find no thread in the runtime's pool (BF-08). `poolThreads` is what
 * `UV_THREADPOOL_SIZE` says; anything but a positive number counts as the runtime's own 4.
 */
export function defaultConcurrency(cores: number, poolThreads: number): number {
  const threads = poolThreads >= 1 ? poolThreads : 4
  return Math.max(1, Math.floor(Math.min(cores, threads - 1)))
}

/**
 * Makes a hasher: measures one hash, which sizes the queue, and registers the figures. Throws on a cost under the floor (PW-01), or above the bounds within which
 * hashes are verified.
 */
export async function createHasher(options: HasherOptions): Promise<Hasher> {
  const { clock, random, metrics, parameters = defaultHashParameters, concurrency, maxWaitMilliseconds = 1000 } = options
  assertParameters(parameters)
  const { memoryKib, iterations } = parameters
  const cost = { algorithm: argon2id, memoryCost: memoryKib, timeCost: iterations, parallelism: 1, outputLen: tagBytes }
  const work = memoryKib * iterations
  const decoy = Buffer.from(random.bytes(saltBytes))

  /** Spends what the hash of `missing` KiB times iterations costs. */
  const spend = (password: Uint8Array, missing: number) =>
    argon2(password, { ...cost, memoryCost: Math.max(8, Math.ceil(missing / iterations)), salt: decoy })

  async function matches(password: Uint8Array, stored: string | undefined): Promise<boolean> {
    const found = stored === undefined ? undefined : readHash(stored)
    const answer = stored !== undefined && found && (await verifyReadable(stored, password))
    if (answer) return true
    const spent = found && answer === false ? found.memoryKib * found.iterations : 0
    if (spent < work) await spend(password, work - spent)
    return false
  }

  const measuredMilliseconds = await fastestOf(3, clock, () => spend(decoy, work))
  const fitting = Math.floor((concurrency * maxWaitMilliseconds) / Math.max(1, measuredMilliseconds))
  const maxQueued = options.maxQueued ?? Math.min(1000, Math.max(16, fitting))
  const queue = createHashQueue({ clock, concurrency, maxQueued, maxWaitMilliseconds, maxShare })
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
      const compute = () => argon2(bytesOf(password), { ...cost, salt })
      return run('hash', caller, compute, () => 'hashed')
    },
    async verify(password, stored, caller) {
      caller.signal.throwIfAborted()
      if (passwordProblem(password)) return false
      const compute = () => matches(bytesOf(password), stored)
      return run('verify', caller, compute, (isRight) => (isRight ? 'right' : 'wrong'))
    },
    isOutdated(stored) {
      const found = readHash(stored)
      const isCurrent = found?.isCurrentKind && found.memoryKib === memoryKib && found.iterations === iterations
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

function assertParameters(parameters: HashParameters): void {
  if (!isStrongEnough(parameters)) {
    throw new Error('The cost of password hashes is under the floor of 19456 KiB with 2 iterations, or 47104 KiB with 1')
  }
  if (parameters.memoryKib > hashCeilings.memoryKib || parameters.iterations > hashCeilings.iterations) {
    throw new Error(`The cost of password hashes is above ${hashCeilings.memoryKib} KiB or ${hashCeilings.iterations} iterations`)
  }
}

/** UTF-8 of the NFC form. Bytes, not text, go to the library, so that a NUL is a character like any other (PW-06). */
function bytesOf(password: string): Uint8Array {
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

/** `undefined` when the library cannot read the hash: a bad row is a wrong password, not a failure. */
async function verifyReadable(stored: string, password: Uint8Array): Promise<boolean | undefined> {
  try {
    return await verifyArgon2(stored, password)
  } catch {
    return undefined
  }
}

const phcPattern =
  /^\$argon2(?:id|i|d)\$(?:v=(?:16|19)\$)?m=(\d{1,10}),t=(\d{1,10}),p=(\d{1,3})\$[A-Za-z0-9+/]{8,128}\$[A-Za-z0-9+/]{6,128}$/
const currentPattern = /^\$argon2id\$v=19\$m=\d+,t=\d+,p=1\$[A-Za-z0-9+/]{22,}\$[A-Za-z0-9+/]{43}$/

interface ReadHash extends HashParameters {
  /** Whether everything but memory and iterations is as in new hashes. */
  readonly isCurrentKind: boolean
}

/** What a PHC string says of its cost; `undefined` when it is not Argon2 in canonical form or beyond the bounds (PW-11). */
function readHash(stored: string): ReadHash | undefined {
  const match = phcPattern.exec(stored)
  if (!match) return undefined
  const [memoryKib = 0, iterations = 0, parallelism = 0] = match.slice(1).map(Number)
  const isBounded = memoryKib <= hashCeilings.memoryKib && iterations <= hashCeilings.iterations && parallelism <= hashCeilings.parallelism
  return isBounded ? { memoryKib, iterations, isCurrentKind: currentPattern.test(stored) } : undefined
}
