import type { JWTPayload } from 'jose'
import type { SessionRecord, UserWithLoginIds } from './storage.ts'

/** A session that was proven by one of its tokens and is live in the database, of a user who is enabled. */
export interface LiveSession extends UserWithLoginIds {
  readonly session: SessionRecord
  /** Claims of the token, signature verified. */
  readonly claims: JWTPayload
}

/** What a sign-in or a refresh hands out. Times are epoch seconds. */
export interface IssuedSession extends UserWithLoginIds {
  readonly sessionJwt: string
  readonly refreshJwt: string
  readonly sessionClaims: JWTPayload
  readonly sessionExpiresAt: number
  readonly refreshExpiresAt: number
  readonly issuedAt: number
  readonly firstSeen: boolean
  /** Only with inactivity on: refresh at least this often. */
  readonly nextRefreshSeconds: number | undefined
}
