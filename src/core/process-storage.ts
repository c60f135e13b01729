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

  /** What processes tell one another, where the database passes it on: PostgreSQL does, SQLite does not. Whoever caches must do without, by looking again after a second. */
  readonly changes: {
    /** Tells other processes that settings, roles or keys of a project have changed. They hear of it when the transaction that this is part of has committed. */
    tell(projectId: string): Promise<void>
    /**
     * Listens from now on until the function that it answers is called. `onChange` gets the project; `undefined` when something may have been missed, so that everything
     * counts as changed. What this process tells it does not hear. Never throws: while the database is away it tries again.
     */
    listen(onChange: (projectId: string | undefined) => void): () => Promise<void>
  }
}

/** No lease is taken for longer. */
export const longestLeaseSeconds = 600
