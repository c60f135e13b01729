/** The part of the storage port by which several processes over one database get along. The promises of `storage.ts` hold here too. */
export interface ProcessStorage {
  /** Who does a piece of background work. Times are told by the clock of the database, so that processes whose clocks differ agree (RL-07). */
  readonly leases: {
    /**
     * Takes the lease for `seconds` from now on, or prolongs it for its holder. False while somebody else holds it. Atomic; inside a transaction others who want it wait
     * until that ends. One that is to last longer than `longestLeaseSeconds` was given by a clock that has gone back since, and counts as run out.
     */
    take(name: string, holder: string, seconds: number): Promise<boolean>
    /** Gives the lease back, if it is this holder's. */
    release(name: string, holder: string): Promise<void>
  }
}

/** No lease is taken for longer. */
export const longestLeaseSeconds = 600
