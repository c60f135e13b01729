import type { Grants } from './management-records.ts'

/** Rows as the storage port knows them: plain data. Times are epoch seconds unless the name says otherwise. */

export interface ProjectRecord {
  readonly id: string
  readonly name: string
  /** As stored; parsed by `core/settings.ts`. */
  readonly settings: unknown
  /** Goes up by one with every write of the settings. */
  readonly settingsVersion: number
  readonly createdAt: number
  /** `production` marks one whose users are real; `''` otherwise. */
  readonly environment: string
  readonly tags: readonly string[]
}

export type ProjectChanges = Partial<Pick<ProjectRecord, 'name' | 'environment' | 'tags'>>

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
  readonly recoveryEmail: string
  readonly isRecoveryEmailVerified: boolean
  readonly recoveryPhone: string
  readonly isRecoveryPhoneVerified: boolean
  readonly isTest: boolean
  /** Made for a session of somebody unknown: has no login ID, is in no list, and goes when its sessions have. */
  readonly isAnonymous: boolean
  /** Neither NUL nor broken Unicode in it (IN-03): the JSON of PostgreSQL has no room for them. */
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

/** A user with what nearly every answer needs: the login IDs in the order of their making, the kinds of credentials, tenants and roles. */
export interface UserWithLoginIds extends Grants {
  readonly user: UserRecord
  readonly loginIds: readonly LoginIdRecord[]
  readonly credentialKinds: readonly string[]
}

/** A user with everything that is stored with them, to be inserted as one. Tenants and roles are there already. */
export interface NewAccount {
  readonly user: UserRecord
  readonly loginIds: readonly LoginIdRecord[]
  readonly credentials: readonly CredentialRecord[]
  readonly tenantIds: readonly string[]
  readonly assignments: readonly { readonly tenantId: string; readonly roleId: string }[]
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
  /** The kind of hash that it was imported with, for good; `''` when it was made here. */
  readonly origin: string
  /** Whether it still is what was imported: false once it was made anew here. */
  readonly isForeign: boolean
}

/** How many imported credentials of a kind of hash there are: not made anew yet, or made anew. */
export interface ImportedCount {
  readonly origin: string
  readonly isForeign: boolean
  readonly count: number
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
  /** Canonical login ID of somebody who is no user yet, `''` otherwise. */
  readonly loginId: string
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
  readonly description: string
  /** ID of the key that made it, `''` for the command line. */
  readonly createdBy: string
  readonly secretDigest: string
  /** False while somebody has switched it off; it can be switched on again. */
  readonly isActive: boolean
  /** What the key may do; parsed by `core/management-keys.ts`. */
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
  /** How it leaves; see `core/messages.ts`. */
  readonly channel: string
  readonly userId: string
  /** Finds the messages to an address without saying it: a keyed digest; `''` for none. */
  readonly recipientDigest: string
  readonly sealedContent: string
  readonly state: OutboxState
  readonly attempts: number
  readonly nextAttemptAt: number
  readonly createdAt: number
  /** A message that has not left by then is dropped: its link would be dead. */
  readonly expiresAt: number
  readonly finishedAt: number
  /** Why the latest attempt failed, in words of ours: neither addresses nor secrets. `''` while none did. */
  readonly reason: string
  /** Whether a peer had the whole message once and never answered: it may have been delivered. */
  readonly isUnanswered: boolean
}

/** A message as an administrator wrote it; `core/message-templates.ts` parses `versions`. */
export interface MessageTemplateRecord {
  readonly projectId: string
  readonly id: string
  /** Kind of message and channel that it is for, for example `password.reset` and `email`. */
  readonly kind: string
  readonly channel: string
  /** Told apart by it within kind and channel. */
  readonly name: string
  /** At most one of a kind and channel is. */
  readonly isActive: boolean
  /** Whether callers without a management key may choose it by `templateId` (IN-06). */
  readonly isPublic: boolean
  /** Names of the `templateOptions` that it uses. */
  readonly options: readonly string[]
  /** Texts by language. */
  readonly versions: unknown
  readonly createdAt: number
  readonly modifiedAt: number
}

/** How far an import of users is. */
export interface ImportRecord {
  readonly projectId: string
  /** Tells the file and the options apart from others. */
  readonly fingerprint: string
  /** Parsed by its feature. */
  readonly progress: unknown
  readonly modifiedAt: number
}
