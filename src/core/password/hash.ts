import { hash as argon2, type ParsedHashOptions, parseOptions, verify as verifyArgon2 } from '@node-rs/argon2'
import type { Source } from '../events.ts'
import type { Clock, Metrics, Random } from '../ports.ts'
import { createHashQueue } from './hash-queue.ts'
import { isHashable, normalisePassword } from './policy.ts'

/** For whom a hash is computed: work of a client that has gone is dropped, and one source holds only a part of the queue (BF-08). */
export interface HashCaller {
  readonly signal: AbortSignal
  readonly source: Source
}

/** Computes and checks password hashes: Argon2id, bounded in concurrency and in queue length. */
export interface Hasher {
  /** The PHC string of a password, after NFC. Throws `RateLimited` when the queue is full. The password must be hashable (`policy.ts`). */
  hash(password: string, caller: HashCaller): Promise<string>
  /**
   * Checks a password against a stored PHC string. With `undefined` a decoy of the current cost is computed, so that an unknown user costs
   * the same as a wrong password (EN-02). Never throws for a bad stored hash: that is false, at the same cost. A password beyond the ceilings is
   * false at once, without a hash, whoever it is for (PW-05). Throws `RateLimited` when full.
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

/** Argon2id as the OWASP cheat sheet has it: the cost that was measured fastest at equal strength. */
export const defaultHashParameters: HashParameters = Object.freeze({ memoryKib: 19_456, iterations: 2 })

/** The library's number for Argon2id; its enum exists for compilers only. */
const argon2id = 2

/** Bounds on hashes that are verified, whoever wrote the row (PW-11). */
const ceilings = { memoryKib: 262_144, iterations: 10, parallelism: 16 }

/** Whether a cost is at or above the floor of the OWASP cheat sheet (PW-01). */
export function isStrongEnough({ memoryKib, iterations }: HashParameters): boolean {
  return (memoryKib >= 19_456 && iterations >= 2) || (memoryKib >= 47_104 && iterations >= 1)
}

/** Hashes at once: one a core, and never so many that signing and files find no thread in the runtime's pool. */
export function defaultConcurrency(cores: number, poolThreads: number): number {
  return Math.max(1, Math.min(cores, poolThreads - 1))
}

const maxWaitMilliseconds = 1000

/** Measures one hash, makes the decoy, and opens the queue. Throws on a cost below the floor. */
export async function createHasher(options: {
  readonly clock: Clock
  readonly random: Random
  readonly metrics: Metrics
  readonly parameters: HashParameters
  readonly concurrency: number
}): Promise<Hasher> {
  const { clock, random, metrics, parameters, concurrency } = options
  if (!isStrongEnough(parameters)) throw new Error('The cost of password hashes is under the floor of 19456 KiB and 2 iterations')
  const { memoryKib: memoryCost, iterations: timeCost } = parameters
  const cost = { algorithm: argon2id, memoryCost, timeCost, parallelism: 1, outputLen: 32 }
  const compute = (password: string) => argon2(Buffer.from(normalisePassword(password)), { ...cost, salt: random.bytes(16) })

  const before = clock.monotonicMilliseconds()
  const decoy = await compute(Buffer.from(random.bytes(32)).toString('base64'))
  const measuredMilliseconds = clock.monotonicMilliseconds() - before
  // As many as can be done within the longest wait: who could only wait in vain is refused at once.
  const maxQueued = Math.min(1000, Math.max(16, Math.floor((concurrency * maxWaitMilliseconds) / Math.max(1, measuredMilliseconds))))
  const queue = createHashQueue({ clock, concurrency, maxQueued, maxWaitMilliseconds, maxShare: 0.25 })
  metrics.gauge('postern_password_hash_queue_depth', () => queue.waiting())

  const timed = async <T>(operation: string, work: () => Promise<T>): Promise<T> => {
    const start = clock.monotonicMilliseconds()
    try {
      return await work()
    } finally {
      metrics.observe('postern_password_hash_seconds', (clock.monotonicMilliseconds() - start) / 1000, { operation })
    }
  }

  return {
    measuredMilliseconds,
    hash(password, caller) {
      if (!isHashable(password)) throw new Error('The password is beyond the ceilings; the policy must refuse it before')
      return queue.run(() => timed('hash', () => compute(password)), caller)
    },
    async verify(password, stored, caller) {
      caller.signal.throwIfAborted()
      if (!isHashable(password)) return false
      const usable = stored !== undefined && isVerifiable(stored) ? stored : undefined
      const matches = await queue.run(() => timed('verify', () => matchesHash(usable ?? decoy, password)), caller)
      return matches && usable !== undefined
    },
    isOutdated(stored) {
      const found = parse(stored)
      return !found || found.algorithm !== argon2id || found.memoryCost !== memoryCost || found.timeCost !== timeCost
    },
  }
}

async function matchesHash(hash: string, password: string): Promise<boolean> {
  try {
    return await verifyArgon2(hash, Buffer.from(normalisePassword(password)))
  } catch {
    // A row that the library cannot read is a wrong password, not a failure.
    return false
  }
}

function parse(stored: string): ParsedHashOptions | undefined {
  try {
    return parseOptions(stored)
  } catch {
    return undefined
  }
}

function isVerifiable(stored: string): boolean {
  const found = parse(stored)
  if (!found) return false
  return found.memoryCost <= ceilings.memoryKib && found.timeCost <= ceilings.iterations && found.parallelism <= ceilings.parallelism
}
