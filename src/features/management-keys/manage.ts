import { z } from 'zod'
import type { Deps } from '../../core/deps.ts'
import { coreErrors } from '../../core/errors.ts'
import { type Actor, adminEvent, recordEvent } from '../../core/events.ts'
import { areWithin, deniableRights, extraRights, isUsable, newManagementKey, Rights } from '../../core/management-keys.ts'
import { isNetwork } from '../../core/networks.ts'
import type { ManagementKeyRecord, Storage } from '../../core/storage.ts'
import { managementKeyErrors } from './errors.ts'

/** Who asks, and in which project. A key is bound by its own rights; the command line is bound by nothing. */
export interface KeyAdministrator {
  readonly projectId: string
  readonly actor: Actor
}

/** A management key as it may be shown: without the digest. */
export type ManagementKey = Omit<ManagementKeyRecord, 'secretDigest' | 'rights'> & { readonly rights: Rights }

/** Rights as somebody typed them. */
export type TypedRights = { readonly [Name in keyof Rights]?: Rights[Name] extends boolean ? boolean : readonly string[] }

/** Checks typed rights. Throws `InvalidArguments` with every problem. */
export function readRights(typed: TypedRights): Partial<Rights> {
  const parsed = RightsChanges.safeParse(typed)
  if (parsed.success) return Object.fromEntries(Object.entries(parsed.data).filter(([, value]) => value !== undefined))
  throw coreErrors.InvalidArguments({ message: parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`).join('; ') })
}

const RightsChanges = z
  .strictObject({
    isReadOnly: z.boolean(),
    denied: z.array(z.enum(deniableRights)).max(deniableRights.length),
    extra: z.array(z.enum(extraRights)).max(extraRights.length),
    tenantIds: z.array(z.string().min(1).max(64)).max(100),
    networks: z.array(z.string().max(64).refine(isNetwork, 'must be an address or a CIDR range')).max(100),
  })
  .partial()

/** More are refused, so that a list of them is never long. */
const maxKeys = 200

/** The key of the caller and the other keys of the project, locked. */
interface Locked {
  readonly keys: readonly ManagementKey[]
  /** `undefined` for the command line. */
  readonly own: ManagementKey | undefined
}

/**
 * Makes a management key, whose text is told here and never again (MG-01). Rights that are not given are those of the maker, without what was given to it in
 * addition; a key cannot be wider than its maker nor outlive it. Throws `ManagementForbidden`, `TenantNotFound`, `InvalidArguments` when there are too many.
 */
export async function createManagementKey(
  deps: Deps,
  input: KeyAdministrator & {
    readonly name: string
    readonly description?: string | undefined
    /** 0 or absent is as long as can be. */
    readonly expiresInSeconds?: number | undefined
    readonly rights: Partial<Rights>
  },
): Promise<{ readonly key: ManagementKey; readonly cleartext: string }> {
  const { projectId, actor, name, description, expiresInSeconds = 0 } = input
  const now = deps.clock.nowSeconds()
  if (name.trim() === '') throw coreErrors.InvalidRequest({ message: 'The name field is required' })
  return inLock(deps, input, async (tx, { keys, own }) => {
    if (keys.length >= maxKeys) throw coreErrors.InvalidArguments({ message: `The project has ${maxKeys} management keys already` })
    const rights = Rights.parse({ ...own?.rights, extra: [], ...input.rights })
    const latest = own?.expiresAt ?? 0
    const expiresAt = expiresInSeconds === 0 ? latest : now + expiresInSeconds
    assertWithin(rights, own)
    if (latest > 0 && expiresAt > latest) throw coreErrors.ManagementForbidden({ message: 'A key cannot outlive its maker' })
    await assertTenants(tx, projectId, rights)
    const made = newManagementKey(deps, {
      projectId,
      name,
      description: description ?? '',
      createdBy: actor.id,
      rights,
      expiresAt,
      createdAt: now,
    })
    await tx.managementKeys.insert(made.record)
    await note(deps, tx, input, { type: 'managementKey.create', id: made.record.id })
    return { key: shown(made.record), cleartext: made.key }
  })
}

/** Keys that are not revoked, oldest first; expired and inactive ones too. */
export async function listManagementKeys(deps: Deps, input: { readonly projectId: string }): Promise<readonly ManagementKey[]> {
  return (await deps.storage.managementKeys.list(input.projectId)).map(shown)
}

/** The key, or `ManagementKeyNotFound`. */
export async function loadManagementKey(deps: Deps, input: { readonly projectId: string; readonly id: string }): Promise<ManagementKey> {
  const record = await deps.storage.managementKeys.byId(input.projectId, input.id)
  if (!record || record.revokedAt > 0) throw managementKeyErrors.ManagementKeyNotFound()
  return shown(record)
}

/**
 * Changes what is given of another key. It must be within the rights of the caller before and after; one that has more in addition may be narrowed and switched off, so that
 * a lost key can be stopped by whoever is there. Throws `ManagementForbidden`, `ManagementKeyNotFound`, `TenantNotFound`.
 */
export async function updateManagementKey(
  deps: Deps,
  input: KeyAdministrator & {
    readonly id: string
    readonly name?: string | undefined
    readonly description?: string | undefined
    readonly isActive?: boolean | undefined
    readonly rights: Partial<Rights>
  },
): Promise<ManagementKey> {
  const { projectId, id } = input
  return inLock(deps, input, async (tx, locked) => {
    const before = findOther(locked, id)
    const { name = before.name, description = before.description, isActive = before.isActive } = input
    const rights = Rights.parse({ ...before.rights, ...input.rights })
    const isNarrowing = areWithin(rights, before.rights) && (before.isActive || !isActive)
    assertWithin(isNarrowing ? { ...before.rights, extra: [] } : before.rights, locked.own)
    if (!isNarrowing) assertWithin(rights, locked.own)
    await assertTenants(tx, projectId, rights)
    await tx.managementKeys.update(projectId, id, { name, description, isActive, rights })
    await note(deps, tx, input, { type: 'managementKey.update', id })
    return { ...before, name, description, isActive, rights }
  })
}

/**
 * Revokes other keys, all of them or, when one is not there (`ManagementKeyNotFound`), none. From the commit on they open nothing, in any process. A key revokes neither
 * itself nor a wider one, so the project never loses its last key without limits this way; what a key was given in addition does not protect it.
 */
export async function revokeManagementKeys(deps: Deps, input: KeyAdministrator & { readonly ids: readonly string[] }): Promise<number> {
  const { projectId } = input
  const ids = [...new Set(input.ids)]
  await inLock(deps, input, async (tx, locked) => {
    for (const id of ids) {
      const { rights } = findOther(locked, id)
      assertWithin({ ...rights, extra: [] }, locked.own)
      await tx.managementKeys.revoke(projectId, id, deps.clock.nowSeconds())
      await note(deps, tx, input, { type: 'managementKey.revoke', id })
    }
  })
  return ids.length
}

/** Runs work while nobody else changes keys of the project. A caller whose own key ended meanwhile is `ManagementUnauthorized`. */
function inLock<T>(deps: Deps, { projectId, actor }: KeyAdministrator, work: (tx: Storage, locked: Locked) => Promise<T>): Promise<T> {
  return deps.storage.transaction(async (tx) => {
    const records = await tx.managementKeys.lock(projectId)
    const own = actor.kind === 'managementKey' ? records.find(({ id }) => id === actor.id) : undefined
    const isProven = actor.kind === 'commandLine' || (own && isUsable(own, deps.clock.nowSeconds()))
    if (!isProven) throw coreErrors.ManagementUnauthorized()
    return work(tx, { keys: records.map(shown), own: own && shown(own) })
  })
}

/** A key of the project that is not the caller's own: nobody widens or ends themselves. */
function findOther({ keys, own }: Locked, id: string): ManagementKey {
  const found = keys.find((key) => key.id === id)
  if (!found) throw managementKeyErrors.ManagementKeyNotFound()
  if (id === own?.id) throw coreErrors.ManagementForbidden({ message: 'A management key cannot change or revoke itself' })
  return found
}

function assertWithin(rights: Rights, own: ManagementKey | undefined): void {
  if (own && !areWithin(rights, own.rights))
    throw coreErrors.ManagementForbidden({ message: 'The other management key has rights that this one lacks' })
}

async function assertTenants(tx: Storage, projectId: string, { tenantIds }: Rights): Promise<void> {
  const unique = [...new Set(tenantIds)]
  if ((await tx.tenants.byIds(projectId, unique)).length < unique.length) throw coreErrors.TenantNotFound()
}

function note(deps: Deps, tx: Storage, { projectId, actor }: KeyAdministrator, { type, id }: { type: string; id: string }): Promise<void> {
  return recordEvent(deps, tx, adminEvent({ projectId, actor, type, data: { managementKeyId: id } }))
}

function shown({ secretDigest: _, rights, ...record }: ManagementKeyRecord): ManagementKey {
  return { ...record, rights: Rights.parse(rights) }
}
