import { accessClaims, areAllClosed, currentTenant, isBarred, maxAccessBytes } from '../../core/access.ts'
import { takeLimited } from '../../core/attempts.ts'
import type { Deps } from '../../core/deps.ts'
import { coreErrors } from '../../core/errors.ts'
import { type Actor, adminEvent, recordEvent, type Source } from '../../core/events.ts'
import { keySessionSeconds } from '../../core/lifetimes.ts'
import { isPermittedAddress } from '../../core/networks.ts'
import type { Project } from '../../core/projects.ts'
import { digest, equalDigests, splitToken } from '../../core/secrets.ts'
import type { AccessKeyRecord, Grants } from '../../core/storage.ts'
import { signToken } from '../../core/tokens.ts'
import { accessKeyErrors } from './errors.ts'

export interface Exchange {
  readonly project: Project
  /** What the caller showed; `undefined` when nothing of that form. */
  readonly key: string | undefined
  readonly source: Source
  /** Claims of the caller; they go under `nsec` (SE-09). */
  readonly customClaims?: Readonly<Record<string, unknown>> | undefined
  /** The tenant that becomes `dct`. */
  readonly selectedTenant?: string | undefined
}

export interface ExchangedKey {
  readonly keyId: string
  readonly sessionJwt: string
  /** Epoch seconds. */
  readonly expiresAt: number
}

/** A key that may be used now, and what its tokens are to say. */
interface Holder {
  readonly record: AccessKeyRecord
  /** What the key holds, or the user it is bound to. */
  readonly grants: Grants
}

/**
 * Answers a session token for an access key (`protocol/core.md` 6.2). There is no session behind it: the token lives for `keySessionTokenExpiration`, not
 * longer than the key, and no endpoint of this server takes it. Unknown, wrong, foreign, inactive, expired and misplaced keys are `InvalidAccessKey` alike.
 *
 * Failures are counted after the fact, by source: a secret of 256 bits cannot be guessed, so the limit is there to bound the audit trail, and must not keep out
 * the good keys that share an address with a bad one. Throws `RateLimited` instead when there were too many.
 */
export async function exchangeAccessKey(deps: Deps, input: Exchange): Promise<ExchangedKey> {
  const { project, key, source, selectedTenant } = input
  if (key === undefined) throw accessKeyErrors.MissingAccessKey()
  const found = await prove(deps, project, key, source)
  if (!('grants' in found)) return refuse(deps, input, found)
  const { record, grants } = found
  if (selectedTenant && currentTenant(grants, selectedTenant) !== selectedTenant)
    throw coreErrors.InvalidArguments({ message: 'The access key does not belong to the selected tenant' })
  const issued = await issue(deps, input, found)
  const actor: Actor = { kind: 'accessKey', id: record.id, source }
  await recordEvent(deps, deps.storage, adminEvent({ projectId: project.id, actor, type: 'accessKey.exchange', userId: record.userId }))
  return issued
}

/** Why a key is not taken, for the log and the audit trail; `keyId` where the secret was right. */
interface Refusal {
  readonly reason: 'unknown' | 'secret' | 'inactive' | 'expired' | 'address' | 'user' | 'tenant'
  readonly keyId: string
}

async function prove(deps: Deps, project: Project, key: string, source: Source): Promise<Holder | Refusal> {
  const parts = splitToken(key)
  const record = parts && (await deps.storage.accessKeys.byId(project.id, parts.id))
  // An unknown key costs a comparison too (MG-01).
  const matches = equalDigests(digest(parts?.secret ?? ''), record?.secretDigest ?? digest('no key'))
  if (!record) return { reason: 'unknown', keyId: '' }
  if (!matches) return { reason: 'secret', keyId: '' }
  const refusal = (reason: Refusal['reason']): Refusal => ({ reason, keyId: record.id })
  if (record.status !== 'active') return refusal('inactive')
  if (record.expiresAt > 0 && record.expiresAt <= deps.clock.nowSeconds()) return refusal('expired')
  if (!isPermittedAddress(record.permittedIps, source.address ?? '')) return refusal('address')
  if (!record.userId) return areAllClosed(record) ? refusal('tenant') : { record, grants: record }
  const account = await deps.storage.users.byId(project.id, record.userId)
  if (!account || isBarred(account)) return refusal('user')
  return { record, grants: account }
}

async function refuse(deps: Deps, { project, source }: Exchange, { reason, keyId }: Refusal): Promise<never> {
  if (!source.isTrusted) {
    const limited = { projectId: project.id, name: 'accessKey.source', parts: [source.ip], limit: deps.limits.sourceFailures }
    const place = await takeLimited(deps, limited)
    if (!place.isTaken) throw coreErrors.RateLimited({ retryAfterSeconds: place.retryAfterSeconds })
  }
  const actor: Actor = keyId ? { kind: 'accessKey', id: keyId, source } : { kind: 'anonymous', id: '', source }
  const event = adminEvent({ projectId: project.id, actor, type: 'accessKey.exchange', outcome: 'failure', data: { reason } })
  await recordEvent(deps, deps.storage, event)
  throw accessKeyErrors.InvalidAccessKey({ log: reason })
}

async function issue(
  deps: Deps,
  { project, customClaims = {}, selectedTenant }: Exchange,
  { record, grants }: Holder,
): Promise<ExchangedKey> {
  const now = deps.clock.nowSeconds()
  const expiresAt = Math.min(now + keySessionSeconds(project.settings), record.expiresAt || Number.MAX_SAFE_INTEGER)
  const custom = { ...record.customClaims, ...(Object.keys(customClaims).length > 0 ? { nsec: customClaims } : {}) }
  const claims = {
    ...custom,
    // Roles and tenants take what the rest leaves: a token must fit into a header.
    ...accessClaims(grants, selectedTenant, maxAccessBytes - Buffer.byteLength(JSON.stringify(custom))),
    iss: project.id,
    sub: record.userId || record.id,
    drn: 'DS',
    iat: now,
    exp: expiresAt,
    // Nothing refreshes it: the end of the token is the end of all.
    rexp: new Date(expiresAt * 1000).toISOString().replace('.000Z', 'Z'),
    jti: Buffer.from(deps.random.bytes(16)).toString('base64url'),
    amr: ['accessKey'],
  }
  const sessionJwt = await signToken(await deps.signingKeys.current(project.id), claims)
  return { keyId: record.id, sessionJwt, expiresAt }
}
