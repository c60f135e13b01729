import type { MessageWriter } from './message-writer.ts'
import type { Outbox } from './messages.ts'
import type { Hasher } from './password/hash.ts'
import type { PasswordRules } from './password/policy.ts'
import type { Clock, Log, Metrics, Random } from './ports.ts'
import type { Projects } from './projects.ts'
import type { Sealer } from './secrets.ts'
import type { SigningKeys } from './signing-keys.ts'
import type { Storage } from './storage.ts'
import type { KeyPair } from './tokens.ts'

/** What use cases work with. One frozen value, made in `auth.ts`, passed to every use case. */
export interface Deps {
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
  readonly metrics: Metrics
  readonly storage: Storage
  readonly projects: Projects
  readonly hasher: Hasher
  readonly passwordRules: PasswordRules
  readonly sealer: Sealer
  /** Makes what tokens are signed with: a new pair at every call. */
  readonly generateKeyPair: () => Promise<KeyPair>
  readonly signingKeys: SigningKeys
  readonly outbox: Outbox
  readonly messageWriter: MessageWriter
  /** Where the world reaches this server, without a slash at the end. Links are built from it and from nothing else (RC-06). */
  readonly publicUrl: () => string
  /** Whether the server is about to end and wants no more requests. */
  readonly isDraining: () => boolean
  /** Limits that count tries; see `options.ts`. */
  readonly limits: Limits
}

/** Counted limits. A `max` of 0 switches the limit off. */
export interface Limits {
  /** Evaluated failures per account and source (BF-02). */
  readonly accountSource: CountedLimit
  /** Consecutive failures per account until only a reset helps (BF-01). */
  readonly accountFailures: number
  /** Failures per source address (BF-04). */
  readonly sourceFailures: CountedLimit
  /** Different accounts that failed, per source address (BF-04). */
  readonly sourceAccounts: CountedLimit
  /** Sign-ups of taken login IDs per source address (EN-04). */
  readonly sourceSignUps: CountedLimit
  /** Messages per recipient, short and long window (BF-09). */
  readonly recipientMessages: CountedLimit
  readonly recipientMessagesDaily: CountedLimit
  /** Messages asked for per source address (BF-09). */
  readonly sourceMessages: CountedLimit
  /** Mails, and text and spoken messages, of a project that users ask for. */
  readonly projectMails: CountedLimit
  readonly projectTexts: CountedLimit
}

export interface CountedLimit {
  readonly max: number
  readonly perSeconds: number
}
