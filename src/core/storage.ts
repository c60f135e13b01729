/**
 * The storage port. `undefined` means "not there". Comments are promises, kept by every database and
 * checked by `test/storage-contract.test.ts`. Times are epoch seconds unless the name says otherwise.
 * All rows belong to a project, and no function reaches across projects unless it says so (JW-08).
 */

export interface ProjectRecord {
  readonly id: string
  readonly name: string
  /** As stored; parsed by `core/settings.ts`. */
  readonly settings: unknown
  /** Goes up by one with every write of the settings. */
  readonly settingsVersion: number
  readonly createdAt: number
}

export type UserStatus = 'enabled' | 'disabled' | 'invited'

/** A user. Texts are `''` when unset, as on the wire. */
export interface UserRecord {
  readonly projectId: string
  readonly id: string
  readonly status: UserStatus
  readonly email: string
  readonly isEmailVerified: boolean
  readonly phone: string
  readonly isPhoneVerified: boolean
  readonly name: string
  readonly givenName: string
  readonly middleName: string
  readonly familyName: string
  readonly picture: string
  readonly isTest: boolean
  readonly customAttributes: Readonly<Record<string, unknown>>
  readonly createdAt: number
  readonly modifiedAt: number
  /** 0 until the first sign-in. */
  readonly lastSignInAt: number
}

/** A login ID: `canonical` is what look-ups compare and the unique constraint covers, `shown` is what answers carry. */
export interface LoginIdRecord {
  readonly canonical: string
  readonly shown: string
}

/** A user with what nearly every answer needs: the login IDs in the order of their making, and the kinds of credentials. */
export interface UserWithLoginIds {
  readonly user: UserRecord
  readonly loginIds: readonly LoginIdRecord[]
  readonly credentialKinds: readonly string[]
}

export type UserChanges = Partial<Omit<UserRecord, 'projectId' | 'id' | 'createdAt'>>

/** A credential: a generic row that its feature parses. `kind` and `lookup` name it within a user (`lookup` is `''` for passwords). */
export interface CredentialRecord {
  readonly projectId: string
  readonly userId: string
  readonly kind: string
  readonly lookup: string
  readonly data: unknown
  /** Goes up by one with every write; what compare-and-swap compares. */
  readonly version: number
  readonly createdAt: number
  readonly modifiedAt: number
}

/** A one-time secret that was sent to somebody. Only the digest of the secret is here (RC-02). */
export interface ChallengeRecord {
  readonly projectId: string
  readonly id: string
  /** What it may be used for; see `core/challenges.ts`. */
  readonly purpose: string
  readonly userId: string
  /** The address the secret went to; redeeming it proves that mailbox and no other (RC-05). */
  readonly address: string
  readonly secretDigest: string
  readonly data: unknown
  readonly createdAt: number
  readonly expiresAt: number
}

/** A session family: one sign-in and all refreshes that follow from it. */
export interface SessionRecord {
  readonly projectId: string
  readonly id: string
  readonly userId: string
  /** Number of the live refresh token; 1 at sign-in, one more with each rotation. */
  readonly generation: number
  /** When the live generation was issued; the previous one stays usable for the grace from here on. */
  readonly rotatedAt: number
  /** Last refresh, for inactivity. */
  readonly refreshedAt: number
  /** When the user last proved who they are in this session (`auth_time`). */
  readonly authenticatedAt: number
  readonly createdAt: number
  /** Absolute end. Rotation never moves it (SE-08). */
  readonly expiresAt: number
  /** Non-zero for a session made by a reset link: a password must be set before this time, or all sessions of the user end. */
  readonly passwordDueAt: number
  /** 0 while live. */
  readonly endedAt: number
  readonly endedReason: string
  /** Authentication methods, RFC 8176 style, for example `pwd`. */
  readonly amr: readonly string[]
  /** Claims that go into every token of the family: `nsec`, for example. */
  readonly claims: Readonly<Record<string, unknown>>
  readonly ip: string
  readonly userAgent: string
}

export interface SigningKeyRecord {
  readonly projectId: string
  /** The `kid`. */
  readonly id: string
  readonly algorithm: string
  readonly publicJwk: Readonly<Record<string, unknown>>
  /** The private JWK, sealed (CR-01). */
  readonly sealedPrivateJwk: string
  readonly createdAt: number
  /** Published from its making on, used for signing from here on (JW-06). */
  readonly activeAt: number
  /** 0 while it is in the key set; afterwards nothing it signed is accepted. */
  readonly revokedAt: number
}

export interface ManagementKeyRecord {
  readonly projectId: string
  readonly id: string
  readonly name: string
  readonly secretDigest: string
  /** What the key may do; parsed by its feature. */
  readonly rights: unknown
  readonly createdAt: number
  /** 0 = never. */
  readonly expiresAt: number
  /** 0 while usable. */
  readonly revokedAt: number
}

/** One line of the audit trail. */
export interface EventRecord {
  readonly projectId: string
  readonly id: string
  readonly occurredAtMilliseconds: number
  /** For example `password.signIn`; each feature lists its own. */
  readonly type: string
  readonly outcome: 'success' | 'failure'
  readonly actorKind: string
  readonly actorId: string
  /** The user it is about, `''` if none. */
  readonly userId: string
  readonly ip: string
  readonly userAgent: string
  readonly data: Readonly<Record<string, unknown>>
}

export type OutboxState = 'pending' | 'sent' | 'kept' | 'failed' | 'expired'

/** A message on its way out. Its content is sealed: it holds a link (RC-02, CR-01). */
export interface OutboxRecord {
  readonly projectId: string
  readonly id: string
  /** For example `password.reset`; each feature lists its own. */
  readonly kind: string
  readonly userId: string
  readonly sealedContent: string
  readonly state: OutboxState
  readonly attempts: number
  readonly nextAttemptAt: number
  readonly createdAt: number
  /** A message that has not left by then is dropped: its link would be dead. */
  readonly expiresAt: number
  readonly finishedAt: number
}

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

export interface Page<T> {
  readonly items: readonly T[]
  /** Pass as `after` for the next page; absent on the last. */
  readonly next?: string
}

export interface Storage {
  /**
   * Runs `run` in one transaction, on a storage that writes to it. Commits when it resolves (durably, RL-02) and rolls back when it throws.
   * Nothing slow belongs inside: SQLite has one writer and everybody waits. Calls do not nest.
   */
  transaction<T>(run: (tx: Storage) => Promise<T>): Promise<T>
  /** Throws when the database cannot answer a query now. */
  ping(): Promise<void>
  close(): Promise<void>

  readonly projects: {
    insert(project: ProjectRecord): Promise<void>
    byId(id: string): Promise<ProjectRecord | undefined>
    /** All projects, oldest first. */
    list(): Promise<readonly ProjectRecord[]>
    /** Replaces the settings if their version is still `expectedVersion`. False means that another write won. Atomic. */
    saveSettings(id: string, settings: unknown, expectedVersion: number): Promise<boolean>
  }

  readonly users: {
    /** Inserts a user with its login IDs. False when a login ID is taken in this project; roll back then. Exactly one of any number of racers gets true. */
    insert(user: UserRecord, loginIds: readonly LoginIdRecord[]): Promise<boolean>
    byId(projectId: string, userId: string): Promise<UserWithLoginIds | undefined>
    byLoginId(projectId: string, canonicalLoginId: string): Promise<UserWithLoginIds | undefined>
    /** One look-up for sign-in: the user and its credential of a kind (with `lookup` `''`). */
    forSignIn(
      projectId: string,
      canonicalLoginId: string,
      credentialKind: string,
    ): Promise<(UserWithLoginIds & { readonly credential: CredentialRecord | undefined }) | undefined>
    /** Changes the named fields. False when there is no such user. */
    update(projectId: string, userId: string, changes: UserChanges): Promise<boolean>
    /** Deletes the user and everything that is theirs but the audit trail. False when there is no such user. */
    delete(projectId: string, userId: string): Promise<boolean>
    /** Users in the order of their IDs (which is that of their making); `loginIdPrefix` is canonical and matched literally. */
    list(
      projectId: string,
      query: { readonly loginIdPrefix?: string; readonly after?: string; readonly limit: number },
    ): Promise<Page<UserWithLoginIds>>
  }

  readonly credentials: {
    get(projectId: string, userId: string, kind: string, lookup: string): Promise<CredentialRecord | undefined>
    /** Inserts a credential with version 1. False when there is one of this name already. */
    insert(credential: CredentialRecord): Promise<boolean>
    /** Replaces `data` if the version is still `expectedVersion`. False means that another write won (PW-02). Atomic. */
    swap(credential: CredentialRecord, expectedVersion: number): Promise<boolean>
  }

  readonly challenges: {
    insert(challenge: ChallengeRecord): Promise<void>
    byId(projectId: string, id: string): Promise<ChallengeRecord | undefined>
    /** Removes the challenge if it is there and not expired at `now`. True for exactly one caller (RC-03). */
    spend(projectId: string, id: string, now: number): Promise<boolean>
    /** Removes all challenges of a user, or those of some purposes (RC-05). */
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
    /** Ends a live session. False when it was not live. */
    end(projectId: string, id: string, reason: string, now: number): Promise<boolean>
    /** Ends all live sessions of a user but `exceptId`; tells how many. */
    endAllForUser(projectId: string, userId: string, reason: string, now: number, exceptId?: string): Promise<number>
    /** Live sessions of a user, newest first. */
    listForUser(projectId: string, userId: string, now: number): Promise<readonly SessionRecord[]>
    /** Ends, in every project, all sessions of the users whose reset session is past its `passwordDueAt`; tells how many. */
    endOverdueResets(now: number): Promise<number>
    /** Number of live sessions in the whole database, for metrics. */
    countLive(now: number): Promise<number>
  }

  readonly attempts: {
    /**
     * Counts an attempt before it is evaluated, unless the limit is reached. One statement: of N racers at most `max` are taken (BF-06).
     * A window that has ended starts anew.
     */
    take(projectId: string, key: string, limit: AttemptLimit, now: number): Promise<AttemptCount>
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
    list(projectId: string): Promise<readonly ManagementKeyRecord[]>
    revoke(projectId: string, id: string, now: number): Promise<boolean>
  }

  readonly events: {
    insert(event: EventRecord): Promise<void>
    /** Events of a user, newest first; `types` narrows. `limit` is at most 200. */
    forUser(
      projectId: string,
      userId: string,
      query: { readonly types?: readonly string[]; readonly outcome?: EventRecord['outcome']; readonly limit: number },
    ): Promise<readonly EventRecord[]>
  }

  readonly outbox: {
    insert(message: OutboxRecord): Promise<void>
    /** Takes up to `limit` pending messages that are due, of all projects, and moves their next attempt to `leaseUntil`, so that no other worker takes them. */
    lease(now: number, leaseUntil: number, limit: number): Promise<readonly OutboxRecord[]>
    /** Writes the outcome of an attempt. */
    finish(
      projectId: string,
      id: string,
      outcome: { readonly state: OutboxState; readonly attempts: number; readonly nextAttemptAt: number; readonly finishedAt: number },
    ): Promise<void>
    /** Newest first, over all projects. */
    list(query: { readonly limit: number; readonly states?: readonly OutboxState[] }): Promise<readonly OutboxRecord[]>
    /** Number of messages that wait, over all projects, for metrics. */
    countPending(): Promise<number>
  }

  readonly meta: {
    get(key: string): Promise<string | undefined>
    /** Writes the value if the key has none; returns the value that is there afterwards. Atomic. */
    putIfAbsent(key: string, value: string): Promise<string>
  }

  /** Deletes up to `limit` rows that nobody can use any more (expired challenges, counters, long-ended sessions, finished messages); tells how many. */
  purge(now: number, limit: number): Promise<number>
}
