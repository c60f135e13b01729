import type { EventQuery } from './event-query.ts'
import type { ManagementStorage } from './management-storage.ts'
import type { MessageStorage } from './message-storage.ts'
import type { ProcessStorage } from './process-storage.ts'
import type {
  ChallengeRecord,
  CredentialRecord,
  EventRecord,
  ImportedCount,
  LoginIdRecord,
  ManagementKeyRecord,
  ProjectChanges,
  ProjectRecord,
  SessionRecord,
  SigningKeyRecord,
  UserChanges,
  UserRecord,
  UserWithLoginIds,
} from './records.ts'
import type { TransferStorage } from './transfer-storage.ts'
import type { Found, UserQuery } from './user-query.ts'

export type * from './event-query.ts'
export type * from './management-records.ts'
export type * from './management-storage.ts'
export type * from './message-storage.ts'
export type * from './records.ts'
export type * from './transfer-storage.ts'
export type * from './user-query.ts'

/**
 * The storage port. `undefined` means "not there". Comments are promises, kept by every database and
 * checked by the suite in `test/storage-contract/`. Times are epoch seconds unless the name says otherwise.
 * All rows belong to a project, and no function reaches across projects unless it says so (JW-08).
 */

/** What a counter says after an attempt asked for its place. */
export interface AttemptCount {
  /** False when the limit was reached already: nothing was counted, and the attempt must not be evaluated. */
  readonly isTaken: boolean
  /** Attempts in this window, this one included when taken. */
  readonly count: number
  /** End of the window; 0 for a counter without a window. */
  readonly windowEndsAt: number
}

export interface AttemptLimit {
  /** Largest count that is still taken, at least 1. */
  readonly max: number
  /** Length of the window; 0 counts until cleared. */
  readonly windowSeconds: number
}

/** One counter and its limit. */
export interface AttemptRequest extends AttemptLimit {
  readonly key: string
}

/** Some counters that are taken together, once it is their turn. */
export interface AttemptStep {
  /** At least one; keys differ from those of the other steps. */
  readonly requests: readonly AttemptRequest[]
  /** Passed over unless this counter, which the step before took, began its window with that. */
  readonly onlyAfterFirst?: string
  /** Passed over while this counter is above 0. No step takes it. */
  readonly unless?: string
}

/** What a step of counters came to. */
export interface AttemptStepCount {
  readonly isPassedOver: boolean
  /** In the order of the requests; empty when the step was passed over. */
  readonly counts: readonly AttemptCount[]
}

export interface Page<T> {
  readonly items: readonly T[]
  /** Pass as `after` for the next page; absent on the last. */
  readonly next?: string
}

export interface Storage extends ManagementStorage, TransferStorage, MessageStorage, ProcessStorage {
  /**
   * Runs `run` in one transaction, on a storage that writes to it. Commits when it resolves (durably, RL-02) and rolls back when it throws.
   * Nothing slow belongs inside: SQLite has one writer and everybody waits. Calls do not nest.
   *
   * `run` may be run again, a few times and in the time that the transaction has, when the database undid all of it because of others that ran beside it: deadlocks, and conflicts where
   * transactions are serialisable. So it changes nothing but `tx`: who is woken, told, counted or forgotten is so after it, and what it makes (IDs, random values) is made anew or of before.
   */
  transaction<T>(run: (tx: Storage) => Promise<T>): Promise<T>
  /**
   * Runs `run` on a storage that sees the database as it is at the first query, whatever others write meanwhile; it cannot write. May take long: nobody waits for
   * it, but the database keeps what it would otherwise clean up.
   */
  snapshot<T>(run: (view: Storage) => Promise<T>): Promise<T>
  /** Lets the database count its users anew after many were written, so that it does not go on as if there were few. Changes nothing else. */
  analyze(): Promise<void>
  /** Throws when the database cannot answer a query now. */
  ping(): Promise<void>
  /** What the database says of itself: its version, and settings that matter, by the names that it has for them. For people; nothing of it is secret. */
  describe(): Promise<Readonly<Record<string, string>>>
  close(): Promise<void>

  readonly projects: {
    insert(project: ProjectRecord): Promise<void>
    byId(id: string): Promise<ProjectRecord | undefined>
    /** Other changes of the roles and permissions of the project, all of which begin with this, wait until the end of the transaction. False when there is no such project. */
    lock(id: string): Promise<boolean>
    /** All projects, oldest first. */
    list(): Promise<readonly ProjectRecord[]>
    /** Replaces the settings if their version is still `expectedVersion`. False means that another write won. Atomic. */
    saveSettings(id: string, settings: unknown, expectedVersion: number): Promise<boolean>
    /** Changes the named fields. False when there is no such project. */
    update(id: string, changes: ProjectChanges): Promise<boolean>
    /**
     * Deletes the project and everything in it, the audit trail too; call inside a transaction. From then on it is in no answer, its keys are gone and its mails do not leave;
     * the many other rows go little by little with `purge`, so that nobody has to wait. False when there is no such project.
     */
    delete(id: string, now: number): Promise<boolean>
  }

  readonly users: {
    /** Inserts a user with its login IDs. False when a login ID is taken in this project; roll back then. Exactly one of any number of racers gets true. */
    insert(user: UserRecord, loginIds: readonly LoginIdRecord[]): Promise<boolean>
    byId(projectId: string, userId: string): Promise<UserWithLoginIds | undefined>
    /** The users of these IDs, in no particular order; those that are not there are missing from the answer. */
    byIds(projectId: string, userIds: readonly string[]): Promise<readonly UserWithLoginIds[]>
    byLoginId(projectId: string, canonicalLoginId: string): Promise<UserWithLoginIds | undefined>
    /** One look-up for sign-in: the user and its credential of a kind (with `lookup` `''`). */
    forSignIn(
      projectId: string,
      canonicalLoginId: string,
      credentialKind: string,
    ): Promise<(UserWithLoginIds & { readonly credential: CredentialRecord | undefined }) | undefined>
    /**
     * Locks the user until the end of the transaction and answers them, or `undefined` when there is no such user. The first statement of every transaction that touches
     * sessions, challenges or credentials of a user: all of them wait in one line then, and none sees half of another.
     */
    lock(projectId: string, userId: string): Promise<UserRecord | undefined>
    /**
     * Notes a sign-in: the time of it, and that whoever was invited has come. Locks the user as `lock` does. False, and nothing is written, when the user is disabled or not there.
     */
    noteSignIn(projectId: string, userId: string, at: number): Promise<boolean>
    /** Changes the named fields. False when there is no such user. */
    update(projectId: string, userId: string, changes: UserChanges): Promise<boolean>
    /** Adds a login ID after the others. False when it is taken in this project, also by this user. Exactly one of any number of racers gets true. */
    addLoginId(projectId: string, userId: string, loginId: LoginIdRecord): Promise<boolean>
    /** Takes a login ID of this user away. False when it was not theirs. */
    removeLoginId(projectId: string, userId: string, canonicalLoginId: string): Promise<boolean>
    /** Deletes the user and everything that is theirs but the audit trail; call inside a transaction. False when there is no such user. */
    delete(projectId: string, userId: string): Promise<boolean>
    /** IDs of test users, at most `limit`. */
    listTestIds(projectId: string, limit: number): Promise<readonly string[]>
    /** Users in the order of their IDs (which is that of their making); `loginIdPrefix` is canonical and matched literally. */
    list(
      projectId: string,
      query: { readonly loginIdPrefix?: string; readonly after?: string; readonly limit: number },
    ): Promise<Page<UserWithLoginIds>>
    /** Users that match every filter, anonymous ones never. Same users, same order, same total on every database. The total may be of a moment later than the page. */
    search(projectId: string, query: UserQuery): Promise<Found<UserWithLoginIds>>
  }

  readonly credentials: {
    get(projectId: string, userId: string, kind: string, lookup: string): Promise<CredentialRecord | undefined>
    /** Inserts a credential with version 1. False when there is one of this name already. */
    insert(credential: CredentialRecord): Promise<boolean>
    /** Replaces `data` if the version is still `expectedVersion`. False means that another write won (PW-02). Atomic. */
    swap(credential: CredentialRecord, expectedVersion: number): Promise<boolean>
    /** Credentials of a kind that a user has. */
    list(projectId: string, userId: string, kind: string): Promise<readonly CredentialRecord[]>
    /** Deletes the user's credentials of a kind, or one of them by its `lookup`; tells how many. */
    delete(projectId: string, userId: string, kind: string, lookup?: string): Promise<number>
    /** Imported credentials, counted by the kind of hash they came with; answered from an index. */
    countImported(projectId: string): Promise<readonly ImportedCount[]>
  }

  readonly challenges: {
    insert(challenge: ChallengeRecord): Promise<void>
    byId(projectId: string, id: string): Promise<ChallengeRecord | undefined>
    /** The newest challenge of somebody who is no user yet, by canonical login ID and purpose, expired or not. */
    newestForLoginId(projectId: string, loginId: string, purpose: string): Promise<ChallengeRecord | undefined>
    /** Removes those of somebody who is no user yet, of some purposes (RC-05). */
    deleteForLoginId(projectId: string, loginId: string, purposes: readonly string[]): Promise<void>
    /** The newest challenge of a user for a purpose, expired or not. */
    newestForUser(projectId: string, userId: string, purpose: string): Promise<ChallengeRecord | undefined>
    /** Replaces `data` of a challenge that is not expired at `now`. False when it is not there. Atomic. */
    setData(projectId: string, id: string, data: unknown, now: number): Promise<boolean>
    /** Removes the challenge if it is there and not expired at `now`. True for exactly one caller (RC-03). */
    spend(projectId: string, id: string, now: number): Promise<boolean>
    /** Removes all challenges of a user and of their login IDs from before there was the user, or those of some purposes (RC-05). */
    deleteForUser(projectId: string, userId: string, purposes?: readonly string[]): Promise<void>
  }

  readonly sessions: {
    insert(session: SessionRecord): Promise<void>
    /** The session, ended or not, with its user, in one look-up. */
    withUser(projectId: string, id: string): Promise<(UserWithLoginIds & { readonly session: SessionRecord }) | undefined>
    /** Moves to the next generation if `generation` still matches and the session is live. False means another refresh won. Atomic. */
    rotate(projectId: string, id: string, generation: number, now: number): Promise<boolean>
    /** Notes a refresh without rotation. False when the session is not live any more. Atomic. */
    touch(projectId: string, id: string, now: number): Promise<boolean>
    /** Marks that the password that a reset session owed has been set. */
    settlePasswordDue(projectId: string, id: string): Promise<void>
    /** Replaces the claims of a live session, and its absolute end if `expiresAt` is given. False when it is not live. Atomic. */
    setClaims(
      projectId: string,
      id: string,
      changes: { readonly claims: SessionRecord['claims']; readonly expiresAt?: number },
      now: number,
    ): Promise<boolean>
    /** Ends a live session. False when it was not live. */
    end(projectId: string, id: string, reason: string, now: number): Promise<boolean>
    /** Ends all live sessions of a user but `exceptId`; tells how many. */
    endAllForUser(projectId: string, userId: string, reason: string, now: number, exceptId?: string): Promise<number>
    /** Live sessions of a user, newest first. */
    listForUser(projectId: string, userId: string, now: number): Promise<readonly SessionRecord[]>
    /** Ends, in every project, all sessions of the users whose reset session is past its `passwordDueAt`; tells how many. */
    endOverdueResets(now: number): Promise<number>
    /** Whether a session is live at `now` whose refresh token was issued before a time. */
    hasLiveIssuedBefore(projectId: string, before: number, now: number): Promise<boolean>
    /** Number of live sessions in the whole database, for metrics. */
    countLive(now: number): Promise<number>
  }

  readonly attempts: {
    /**
     * Counts an attempt before it is evaluated, unless the limit is reached. One statement: of N racers at most `max` are taken (BF-06).
     * A window that has ended starts anew.
     */
    take(projectId: string, key: string, limit: AttemptLimit, now: number): Promise<AttemptCount>
    /**
     * Takes a place in each of several counters, as `take` does, in one statement; answers in the order of the requests. The counters do not look at one another: some may
     * be taken and others not. Keys must differ.
     */
    takeEach(projectId: string, requests: readonly AttemptRequest[], now: number): Promise<readonly AttemptCount[]>
    /**
     * Takes places step by step, each step as `takeEach` does, and stops after one in which a place was refused: what comes later is not touched. Answers the steps that had their turn. One
     * statement where the database is far away.
     */
    takeInSteps(projectId: string, steps: readonly AttemptStep[], now: number): Promise<readonly AttemptStepCount[]>
    /** The count of a live window; 0 when none. */
    current(projectId: string, key: string, now: number): Promise<number>
    /** Takes one attempt back, never below 0: for counters of failures when the attempt succeeded. */
    giveBack(projectId: string, key: string): Promise<void>
    clear(projectId: string, keys: readonly string[]): Promise<void>
  }

  readonly signingKeys: {
    insert(key: SigningKeyRecord): Promise<void>
    /** Keys of a project that are not revoked, newest first. */
    list(projectId: string): Promise<readonly SigningKeyRecord[]>
    revoke(projectId: string, id: string, now: number): Promise<boolean>
  }

  readonly managementKeys: {
    insert(key: ManagementKeyRecord): Promise<void>
    byId(projectId: string, id: string): Promise<ManagementKeyRecord | undefined>
    /** Keys that are not revoked, oldest first. */
    list(projectId: string): Promise<readonly ManagementKeyRecord[]>
    /** As `list`, and locks these keys until the end of the transaction: whoever decides about one key by looking at others does it alone. */
    lock(projectId: string): Promise<readonly ManagementKeyRecord[]>
    /** Changes the named fields. False when there is no such key, or it is revoked. */
    update(
      projectId: string,
      id: string,
      changes: Partial<Pick<ManagementKeyRecord, 'name' | 'description' | 'rights' | 'expiresAt' | 'isActive'>>,
    ): Promise<boolean>
    revoke(projectId: string, id: string, now: number): Promise<boolean>
  }

  readonly events: {
    insert(event: EventRecord): Promise<void>
    /** As `insert`, unless the event is about a test user: what these do is not kept. */
    insertUnlessOfTestUser(event: EventRecord): Promise<void>
    /** Events of a user, newest first; `types` narrows. `limit` is at most 200. */
    forUser(
      projectId: string,
      userId: string,
      query: { readonly types?: readonly string[]; readonly outcome?: EventRecord['outcome']; readonly limit: number },
    ): Promise<readonly EventRecord[]>
    /**
     * Events that match every filter, by time and then by ID; the same on every database. Looks at them part by part and lets others in between. `undefined` when there is
     * more in the time than is looked at (a million events), unless `filter.userIds` says of whom.
     */
    search(projectId: string, query: EventQuery): Promise<Found<EventRecord> | undefined>
    /** Deletes the oldest events of before a time, `limit` at most, and answers how many. */
    purge(projectId: string, before: { readonly milliseconds: number; readonly limit: number }): Promise<number>
  }

  readonly meta: {
    get(key: string): Promise<string | undefined>
    /** Writes the value if the key has none; returns the value that is there afterwards. Atomic. */
    putIfAbsent(key: string, value: string): Promise<string>
  }

  /** Deletes up to `limit` rows that nobody can use any more (expired challenges, counters, long-ended sessions, finished messages, what is in deleted projects); tells how many. */
  purge(now: number, limit: number): Promise<number>
}
