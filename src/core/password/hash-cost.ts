import { argon2Ceilings } from './foreign/argon2.ts'

/** Cost of new hashes. Parallelism is 1. */
export interface HashParameters {
  /** Memory in KiB. */
  readonly memoryKib: number
  readonly iterations: number
}

/** Argon2id as the OWASP cheat sheet has it, at the least memory. */
export const defaultHashParameters: HashParameters = Object.freeze({ memoryKib: 19_456, iterations: 2 })

/** Whether a cost is at or above the floor of the OWASP cheat sheet (PW-01). */
export function isStrongEnough({ memoryKib, iterations }: HashParameters): boolean {
  return (memoryKib >= 19_456 && iterations >= 2) || (memoryKib >= 47_104 && iterations >= 1)
}

/** Throws on a cost under the floor (PW-01), or above the bounds within which hashes are verified (PW-11). */
export function assertParameters(parameters: HashParameters): void {
  if (!isStrongEnough(parameters)) {
    throw new Error('The cost of password hashes is under the floor of 19456 KiB with 2 iterations, or 47104 KiB with 1')
  }
  if (parameters.memoryKib > argon2Ceilings.memoryKib || parameters.iterations > argon2Ceilings.iterations) {
    throw new Error(`The cost of password hashes is above ${argon2Ceilings.memoryKib} KiB or ${argon2Ceilings.iterations} iterations`)
  }
}

/**
 * Hashes at once: one a core, and never so many that signing, DNS and files find no thread in the runtime's pool (BF-08). `poolThreads` is what
 * `UV_THREADPOOL_SIZE` says; anything but a positive number counts as the runtime's own 4.
 */
export function defaultConcurrency(cores: number, poolThreads: number): number {
  const threads = poolThreads >= 1 ? poolThreads : 4
  return Math.max(1, Math.floor(Math.min(cores, threads - 1)))
}
