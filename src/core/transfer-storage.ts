import type { CredentialRecord, ImportRecord, NewAccount, UserWithLoginIds } from './records.ts'

/** The part of the storage port that moves users in and out. The promises of `storage.ts` hold here too. */
export interface TransferStorage {
  /** Users with all that is theirs, many at once. */
  readonly accounts: {
    /**
     * Inserts accounts in a few statements, however many; call inside a transaction. Answers for each whether it was inserted: with everything, or, where its ID
     * or a login ID is taken, with nothing. Of accounts in the list that share one at most one is inserted. Exactly one of any number of racers gets true.
     */
    insertMany(accounts: readonly NewAccount[]): Promise<readonly boolean[]>
    /** Which of these login IDs, canonical, and IDs belong to users of the project. */
    taken(
      projectId: string,
      names: { readonly canonicals: readonly string[]; readonly userIds: readonly string[] },
    ): Promise<{ readonly canonicals: ReadonlySet<string>; readonly userIds: ReadonlySet<string> }>
    /** Users in the order of their IDs, from after `after` on, each with its credential of a kind (with `lookup` `''`). Those of nobody known are left out. */
    page(
      projectId: string,
      query: { readonly after?: string; readonly limit: number; readonly credentialKind: string },
    ): Promise<readonly (UserWithLoginIds & { readonly credential: CredentialRecord | undefined })[]>
    /** Number of users, without those of nobody known. Takes time linear in it. */
    count(projectId: string): Promise<number>
  }

  /** Imports that have not come to their end. */
  readonly imports: {
    get(projectId: string, fingerprint: string): Promise<ImportRecord | undefined>
    /** Inserts or replaces. */
    put(progress: ImportRecord): Promise<void>
    /** Forgets it; what is not there does not matter. */
    delete(projectId: string, fingerprint: string): Promise<void>
  }
}
