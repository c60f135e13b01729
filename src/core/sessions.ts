import type { JWTPayload } from 'jose'
import { accessClaims, isBarred, maxAccessBytes, openTenants } from './access.ts'
import type { Deps } from './deps.ts'
import { AuthError, coreErrors } from './errors.ts'
import { recordEvent, type Source, userEvent } from './events.ts'
import { assertImpersonator } from './impersonation.ts'
import type { Project } from './projects.ts'
import { newId } from './secrets.ts'
import type { SessionRecord, Storage, UserWithLoginIds } from './storage.ts'
import { lifetimesFor } from './tenant-settings.ts'
import { together } from './together.ts'
import { signToken, type TokenClaims, type TokenKind, verifyToken } from './tokens.ts'

/** A session that was proven by one of its tokens and is live in the database, of a user who is enabled. */
export interface LiveSession extends UserWithLoginIds {
  readonly session: SessionRecord
  /** Claims of the token, signature verified. */
  readonly claims: TokenClaims
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

/** Seconds that a session made by a reset link has to set a password. */
export const resetSessionSeconds = 600

/** How a session comes to be. */
export interface SessionStart {
  readonly project: Project
  readonly account: UserWithLoginIds
  readonly source: Source
  /** Methods that were just proven, for example `pwd`. */
  readonly amr: readonly string[]
  /** Claims from an unprivileged caller; they go under `nsec` and can replace nothing (SE-09). */
  readonly customClaims?: Readonly<Record<string, unknown>> | undefined
  /** Claims from a privileged caller, at the top level (`protocol/core.md` 3.2). Reserved names must have been refused before (`core/claims.ts`). */
  readonly claims?: Readonly<Record<string, unknown>> | undefined
  /** The tenant that was chosen, which counts if the user is in it; without a choice the only one that the user has is the current one. */
  readonly tenantId?: string | undefined
  /** Lifetime of the family, if it is not that of the settings. */
  readonly refreshSeconds?: number | undefined
  readonly isStepUp?: boolean
  /** The session is only there to set a password. */
  readonly isReset?: boolean
}

/** A session with its tokens signed, not stored yet. */
export interface PreparedSession {
  readonly record: SessionRecord
  readonly issued: IssuedSession
}

/**
 * Makes a session with a new ID and signs its first tokens. Signing comes before the transaction, so that nothing slow happens inside;
 * until `storeSession` commits, the tokens are worth nothing here. Throws `InvalidSession` for somebody who is barred (`core/access.ts`); callers that owe a better answer
 * look before.
 */
export async function prepareSession(deps: Deps, start: SessionStart): Promise<PreparedSession> {
  if (isBarred(start.account)) throw coreErrors.InvalidSession({ log: 'user or tenant disabled' })
  const now = deps.clock.nowSeconds()
  const refreshSeconds = start.refreshSeconds ?? lifetimesFor(start.project, start.account, start.tenantId).refreshSeconds
  const chosen = openTenants(start.account).find(({ tenantId }) => tenantId === start.tenantId)
  const claims = {
    ...start.claims,
    ...(start.customClaims && Object.keys(start.customClaims).length > 0 ? { nsec: start.customClaims } : {}),
    ...(chosen ? { dct: chosen.tenantId } : {}),
  }
  const record: SessionRecord = {
    projectId: start.project.id,
    id: newId(deps, 'S'),
    userId: start.account.user.id,
    generation: 1,
    rotatedAt: now,
    refreshedAt: now,
    authenticatedAt: now,
    createdAt: now,
    expiresAt: now + refreshSeconds,
    passwordDueAt: start.isReset ? now + resetSessionSeconds : 0,
    endedAt: 0,
    endedReason: '',
    amr: start.amr,
    claims,
    ip: start.source.ip,
    userAgent: start.source.userAgent,
  }
  const firstSeen = start.account.user.lastSignInAt === 0
  const account = { ...start.account, user: { ...start.account.user, lastSignInAt: now, status: 'enabled' as const } }
  const issued = await issueTokens(deps, {
    project: start.project,
    account,
    session: record,
    now,
    firstSeen,
    isStepUp: start.isStepUp ?? false,
  })
  return { record, issued }
}

/**
 * Stores a session and what goes with every sign-in: the time of it, the end of an invitation, the event. Part of the caller's transaction. Its first
 * statement locks the user, so that a change of the password or the status either comes before and is seen, or comes after and ends this
 * session too. Throws `InvalidSession` when the user was disabled or deleted meanwhile.
 */
export async function storeSession(deps: Deps, tx: Storage, prepared: PreparedSession): Promise<void> {
  const { record } = prepared
  const { projectId, userId } = record
  const source = { ip: record.ip, userAgent: record.userAgent, isTrusted: false }
  const { dct } = prepared.issued.sessionClaims
  const data = { sessionId: record.id, amr: record.amr.join(' '), ...(dct === undefined ? {} : { tenantId: dct }) }
  await together(
    noteSignIn(tx, record),
    tx.sessions.insert(record),
    recordEvent(deps, tx, userEvent({ projectId, type: 'session.start', outcome: 'success', userId, source, data })),
  )
}

async function noteSignIn(tx: Storage, { projectId, userId, createdAt }: SessionRecord): Promise<void> {
  if (!(await tx.users.noteSignIn(projectId, userId, createdAt))) throw coreErrors.InvalidSession({ log: 'user disabled or gone' })
}

interface TokensFor {
  readonly project: Project
  readonly account: UserWithLoginIds
  readonly session: SessionRecord
  readonly now: number
  readonly firstSeen: boolean
  readonly isStepUp: boolean
  /** The refresh token of the live generation, if the caller holds it: it is not signed again. */
  readonly refreshJwt?: string | undefined
  /** A time that the session token does not outlive. */
  readonly notAfter?: number | undefined
}

/**
 * Signs the tokens of the session's live generation. The refresh token is a function of the session row alone, so that a lost answer can be
 * made again, and no token has to be stored (SE-02).
 */
async function issueTokens(deps: Deps, input: TokensFor): Promise<IssuedSession> {
  const { project, account, session, now } = input
  // `dct` in the session is the choice that was made; what is current follows from it and from the tenants of today (SE-06).
  const { dct: chosen, ...claims } = session.claims
  const { sessionSeconds, stepUpSeconds, inactivitySeconds } = lifetimesFor(project, account, chosen)
  const key = await deps.signingKeys.current(project.id)
  const shared = {
    ...claims,
    iss: project.id,
    sub: session.userId,
    sid: session.id,
    gen: session.generation,
    amr: session.amr,
    auth_time: session.authenticatedAt,
  }
  const refreshClaims = {
    ...shared,
    tenants: {},
    ...(chosen === undefined ? {} : { dct: chosen }),
    drn: 'DSR',
    iat: session.rotatedAt,
    exp: session.expiresAt,
    jti: `${session.id}-${session.generation}`,
  }
  // A session that owes a password is worth nothing after its time, also where nobody asks the server.
  const longest = Math.min(session.passwordDueAt || session.expiresAt, input.notAfter ?? session.expiresAt)
  const sessionExpiresAt = Math.min(now + (input.isStepUp ? stepUpSeconds : sessionSeconds), longest)
  const sessionClaims = {
    ...shared,
    ...accessClaims(account, chosen, accessBytes(project, claims)),
    drn: 'DS',
    iat: now,
    exp: sessionExpiresAt,
    jti: Buffer.from(deps.random.bytes(16)).toString('base64url'),
    rexp: isoSeconds(session.expiresAt),
    ...(input.isStepUp ? { su: true } : {}),
  }
  const [sessionJwt, refreshJwt] = await Promise.all([
    signToken(key, asPayload(sessionClaims)),
    input.refreshJwt ?? signToken(key, asPayload(refreshClaims)),
  ])
  return {
    ...account,
    sessionJwt,
    refreshJwt,
    sessionClaims: asPayload(sessionClaims),
    sessionExpiresAt,
    refreshExpiresAt: session.expiresAt,
    issuedAt: now,
    firstSeen: input.firstSeen,
    nextRefreshSeconds: inactivitySeconds && Math.max(60, Math.floor(Math.min(inactivitySeconds, sessionSeconds) / 2)),
  }
}

/** What is left for roles and tenants beside the custom claims; cookies hold less (4 096 bytes, signature and attributes included). */
function accessBytes({ settings }: Project, customClaims: object): number {
  const most = settings.project.sessionTokenResponseMethod === 'cookie' ? 2_000 : maxAccessBytes
  return most - Buffer.byteLength(JSON.stringify(customClaims))
}

function asPayload(claims: object): JWTPayload {
  return claims as JWTPayload
}

/** ISO 8601 in whole seconds, the form of `rexp` that Java's date parser and the documented samples share. */
function isoSeconds(epochSeconds: number): string {
  return new Date(epochSeconds * 1000).toISOString().replace('.000Z', 'Z')
}

/**
 * The live session of a token. Throws `SessionEnded` for one that ended, and `InvalidSession` for anything else that is not live: bad token,
 * expired, idle for too long, a generation that is past its grace, a user who is disabled or gone.
 */
export async function liveSession(deps: Deps, input: { project: Project; token: string; kind: TokenKind }): Promise<LiveSession> {
  const claims = await verifyToken(deps, { projectId: input.project.id, token: input.token, kind: input.kind })
  const found = await deps.storage.sessions.withUser(input.project.id, claims.sid)
  if (!found || found.session.userId !== claims.sub) throw coreErrors.InvalidSession({ log: 'unknown session' })
  await assertUsable(deps, input.project, found)
  const { session } = found
  const isCurrent = claims.gen === session.generation || (claims.gen === session.generation - 1 && isInGrace(deps, input.project, session))
  if (input.kind === 'DSR' && !isCurrent) throw coreErrors.InvalidSession({ log: 'old generation' })
  return { ...found, claims }
}

/** Throws unless the session may be used now, by whoever acts in it. */
export async function assertUsable(
  deps: Pick<Deps, 'clock' | 'storage'>,
  project: Project,
  found: { readonly session: SessionRecord } & UserWithLoginIds,
): Promise<void> {
  assertLive(deps, project, found)
  await assertImpersonator(deps, project, found)
}

/** Whether it may be used. */
export async function isUsable(...given: Parameters<typeof assertUsable>): Promise<boolean> {
  try {
    await assertUsable(...given)
    return true
  } catch (error) {
    if (error instanceof AuthError) return false
    throw error
  }
}

function assertLive(
  deps: Pick<Deps, 'clock'>,
  project: Project,
  { session, user, tenants }: { readonly session: SessionRecord } & UserWithLoginIds,
): void {
  const now = deps.clock.nowSeconds()
  const { inactivitySeconds } = lifetimesFor(project, { tenants }, session.claims.dct)
  if (session.endedAt > 0) {
    const message = session.endedReason === 'logout' ? 'Expired due to logout' : 'The session has ended'
    throw coreErrors.SessionEnded({ message, log: session.endedReason })
  }
  if (isBarred({ user, tenants })) throw coreErrors.InvalidSession({ log: 'user or tenant disabled' })
  if (session.expiresAt <= now) throw coreErrors.InvalidSession({ log: 'session expired' })
  if (session.passwordDueAt > 0 && session.passwordDueAt <= now) throw coreErrors.InvalidSession({ log: 'reset not finished' })
  if (inactivitySeconds && session.refreshedAt + inactivitySeconds < now) throw coreErrors.InvalidSession({ log: 'idle' })
}

/** Whether the generation before the live one still gets the same successor (SE-02). */
export function isInGrace(deps: Pick<Deps, 'clock'>, project: Project, session: SessionRecord): boolean {
  return deps.clock.nowSeconds() <= session.rotatedAt + project.settings.project.rotationGraceSeconds
}

/** Signs tokens for a session that goes on: a fresh session token, and the live generation's refresh token unless the caller has it. */
export function reissue(
  deps: Deps,
  input: {
    readonly project: Project
    readonly account: UserWithLoginIds
    readonly session: SessionRecord
    readonly refreshJwt?: string | undefined
    readonly isStepUp?: boolean
    readonly notAfter?: number | undefined
  },
): Promise<IssuedSession> {
  return issueTokens(deps, { isStepUp: false, ...input, now: deps.clock.nowSeconds(), firstSeen: false })
}
