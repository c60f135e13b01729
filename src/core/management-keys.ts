import { z } from 'zod'
import type { Deps } from './deps.ts'
import { coreErrors } from './errors.ts'
import { isNetworkWithin, isPermittedAddress } from './networks.ts'
import type { Clock, Random } from './ports.ts'
import type { Project } from './projects.ts'
import { digest, equalDigests, newId, newSecret, splitToken } from './secrets.ts'
import type { ManagementKeyRecord } from './storage.ts'

/** What a key may be denied although it is not read only (MG-05). */
export const deniableRights = ['impersonation', 'embeddedLinks', 'activePasswords', 'testCodes', 'managementKeys', 'projects'] as const

/** What a key may not do unless that is given to it: the contract does not know these. */
export const extraRights = ['hashExport', 'allProjects'] as const

/** A right that a route asks for, beside reading and writing. */
export type RightName = (typeof deniableRights)[number] | (typeof extraRights)[number]

/** What a management key may do. A key without limits (`{}`) does all that the contract says. */
export const Rights = z
  .strictObject({
    isReadOnly: z.boolean().default(false),
    denied: z.array(z.enum(deniableRights)).max(deniableRights.length).default([]),
    extra: z.array(z.enum(extraRights)).max(extraRights.length).default([]),
    /** Only these tenants, and only routes that know how to keep to them; empty is no such limit. */
    tenantIds: z.array(z.string().min(1).max(64)).max(100).default([]),
    /** Addresses and CIDR ranges that it is taken from; empty is everywhere. */
    networks: z.array(z.string().min(1).max(64)).max(100).default([]),
  })
  .readonly()
export type Rights = z.infer<typeof Rights>

/** A management key that was proven. */
export interface ProvenKey {
  readonly id: string
  readonly rights: Rights
}

/** What a route asks of the rights of a key. */
export interface NeededRights {
  readonly effect: 'read' | 'write'
  readonly right?: RightName | undefined
  /** Whether the route keeps to the tenants of a key that is limited to some. */
  readonly isTenantAware: boolean
}

/** Throws `ManagementForbidden` unless the rights are enough. What is not known to be allowed is refused (MG-03). */
export function assertRights(rights: Rights, needed: NeededRights): void {
  const { effect, right } = needed
  const isDenied = right !== undefined && rights.denied.some((name) => name === right)
  const isExtra = right !== undefined && extraRights.some((name) => name === right)
  const isMissing = isExtra && !rights.extra.some((name) => name === right)
  const isTooWide = rights.tenantIds.length > 0 && !needed.isTenantAware
  if (isDenied || isMissing || isTooWide || (effect === 'write' && rights.isReadOnly)) throw coreErrors.ManagementForbidden()
}

/** Whether `inner` allows nothing that `outer` does not: a key makes keys like itself or narrower ones. */
export function areWithin(inner: Rights, outer: Rights): boolean {
  const holds = <T>(names: readonly T[], needed: readonly T[]) => needed.every((name) => names.includes(name))
  return (
    (inner.isReadOnly || !outer.isReadOnly) &&
    holds(inner.denied, outer.denied) &&
    holds(outer.extra, inner.extra) &&
    (outer.tenantIds.length === 0 || (inner.tenantIds.length > 0 && holds(outer.tenantIds, inner.tenantIds))) &&
    (outer.networks.length === 0 ||
      (inner.networks.length > 0 && inner.networks.every((network) => isNetworkWithin(network, outer.networks))))
  )
}

/** Makes a management key: `K…` ID, a dot, 256 random bits. The whole key is shown once; its digest is kept (MG-01). */
export function newManagementKey(
  deps: { readonly clock: Clock; readonly random: Random },
  input: {
    readonly projectId: string
    readonly name: string
    readonly description?: string
    /** ID of the key that makes it; `''` or absent for the command line. */
    readonly createdBy?: string
    readonly rights?: Rights
    readonly expiresAt?: number
    /** Now if absent. */
    readonly createdAt?: number
  },
): { readonly record: ManagementKeyRecord; readonly key: string } {
  const id = newId(deps, 'K')
  const secret = newSecret(deps)
  const { projectId, name, description = '', createdBy = '', rights = {}, expiresAt = 0, createdAt = deps.clock.nowSeconds() } = input
  const record = { projectId, id, name, description, createdBy, secretDigest: digest(secret) }
  return { record: { ...record, isActive: true, rights, createdAt, expiresAt, revokedAt: 0 }, key: `${id}.${secret}` }
}

/** Whether a key is taken at all: not revoked, not switched off, not expired. */
export function isUsable({ isActive, revokedAt, expiresAt }: ManagementKeyRecord, now: number): boolean {
  return isActive && revokedAt === 0 && (expiresAt === 0 || expiresAt > now)
}

/**
 * Proves a management key of the project, from an address that it is permitted from. Unknown, wrong, expired, inactive, revoked and misplaced keys look alike (MG-02):
 * `ManagementUnauthorized`.
 */
export async function verifyManagementKey(
  deps: Pick<Deps, 'storage' | 'clock'>,
  project: Project,
  key: string,
  address: string,
): Promise<ProvenKey> {
  const parts = splitToken(key)
  const record = parts && (await deps.storage.managementKeys.byId(project.id, parts.id))
  const matches = equalDigests(digest(parts?.secret ?? ''), record?.secretDigest ?? digest('no key'))
  if (!record || !matches || !isUsable(record, deps.clock.nowSeconds())) throw coreErrors.ManagementUnauthorized()
  const rights = Rights.parse(record.rights)
  if (!isPermittedAddress(rights.networks, address)) throw coreErrors.ManagementUnauthorized({ log: 'address not permitted' })
  return { id: record.id, rights }
}
