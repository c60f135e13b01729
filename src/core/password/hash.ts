import type { Source } from '../events.ts'

/** For whom a hash is computed: work of a client that has gone is dropped, and one source holds only a part of the queue (BF-08). */
export interface HashCaller {
  readonly signal: AbortSignal
  readonly source: Source
}

/** Computes and checks password hashes: Argon2id, bounded in concurrency and in queue length. */
export interface Hasher {
  /** The PHC string of a password, after NFC. Throws `RateLimited` when the queue is full. */
  hash(password: string, caller: HashCaller): Promise<string>
  /**
   * Checks a password against a stored PHC string. With `undefined` a decoy of the current cost is computed, so that an unknown user costs
   * the same as a wrong password (EN-02). Never throws for a bad stored hash: that is false, at the same cost. Throws `RateLimited` when full.
   */
  verify(password: string, stored: string | undefined, caller: HashCaller): Promise<boolean>
  /** Whether a stored hash is of another algorithm or cost than new ones (PW-02). */
  isOutdated(stored: string): boolean
}
