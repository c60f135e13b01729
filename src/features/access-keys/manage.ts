import { assertAttributes } from '../../core/attributes.ts'
import { assertCustomClaims } from '../../core/claims.ts'
import type { Deps } from '../../core/deps.ts'
import { coreErrors } from '../../core/errors.ts'
import { type Actor, adminEvent, recordEvent } from '../../core/events.ts'
import { findGrants, joinTenant, storeGrants } from '../../core/grants.ts'
import { findManagedUser } from '../../core/managed-users.ts'
import { assertRights, type Rights } from '../../core/management-keys.ts'
import { digest, newId, newSecret } from '../../core/secrets.ts'
import type { AccessKeyRecord, AccessKeyStatus, Grants, Storage } from '../../core/storage.ts'
import { accessKeyErrors } from './errors.ts'

/** A key with what it holds. */
export type AccessKey = AccessKeyRecord & Grants

/** Who asks, and in which project. */
export interface KeyCaller {
  readonly projectId: string
  readonly actor: Actor
  readonly rights: Rights
}

/** What can be said of a key. What is absent stays as it was, or takes its default. */
export interface KeyFacts {
  readonly description?: string | undefined
  /** Roles of the whole project, by name. */
  readonly roleNames?: readonly string[] | undefined
  readonly tenants?: readonly { readonly tenantId: string; readonly roleNames: readonly string[] }[] | undefined
  readonly customClaims?: Readonly<Record<string, unknown>> | undefined
  readonly customAttributes?: Readonly<Record<string, unknown>> | undefined
  readonly permittedIps?: readonly string[] | undefined
}

/** A key and its text, which is told here and never again (MG-01). */
export interface ShownKey {
  readonly key: AccessKey
  readonly cleartext: string
}

/**
 * Makes an access key. A key that is bound to a user holds what the user holds, whatever roles are named (as the SDKs say), and speaks for the user, so the caller needs the
 * right to impersonate. Throws `ManagedUserNotFound`, `RoleNotFound`, `TenantNotFound`, `InvalidArguments`, `InvalidRequest` for attributes,
 * `ManagementForbidden`.
 */
export async function createAccessKey(
  deps: Deps,
  input: KeyCaller & KeyFacts & { readonly name: string; readonly expiresAt?: number | undefined; readonly userId?: string | undefined },
): Promise<ShownKey> {
  const { projectId, actor, expiresAt = 0, userId = '' } = input
  const now = deps.clock.nowSeconds()
  if (expiresAt > 0 && expiresAt <= now) throw coreErrors.InvalidArguments({ message: 'The expiry is in the past' })
  const claims = assertCustomClaims(input.customClaims)
  await assertAttributes(deps.storage, projectId, 'accessKey', input.customAttributes ?? {})
  if (userId) assertMayImpersonate(input.rights)
  const owner = userId ? (await findManagedUser(deps, { projectId, userId })).user.id : ''
  const { roleNames = [], tenants = [] } = owner ? {} : input
  const grants = await findGrants(deps.storage, projectId, { roleNames, tenants })
  const secret = newSecret(deps)
  const record: AccessKeyRecord = {
    projectId,
    id: newId(deps, 'AK'),
    name: input.name,
    description: input.description ?? '',
    secretDigest: digest(secret),
    status: 'active',
    userId: owner,
    customClaims: claims,
    customAttributes: input.customAttributes ?? {},
    permittedIps: input.permittedIps ?? [],
    createdBy: actor.id,
    createdAt: now,
    modifiedAt: now,
    expiresAt,
  }
  await deps.storage.transaction(async (tx) => {
    // The user must not go between the look-up and here.
    if (owner && !(await tx.users.lock(projectId, owner))) throw coreErrors.ManagedUserNotFound()
    await tx.accessKeys.insert(record)
    await storeGrants(tx, projectId, record.id, grants)
    const data = { accessKeyId: record.id }
    await recordEvent(deps, tx, adminEvent({ projectId, actor, type: 'accessKey.create', userId: owner, data }))
  })
  return { key: { ...record, roles: grants.roles, tenants: grants.tenants }, cleartext: `${record.id}.${secret}` }
}

/** The key, or `AccessKeyNotFound`. */
export async function loadAccessKey(deps: Deps, input: { readonly projectId: string; readonly id: string }): Promise<AccessKey> {
  const key = await deps.storage.accessKeys.byId(input.projectId, input.id)
  if (!key) throw accessKeyErrors.AccessKeyNotFound()
  return key
}

/** Changes what is given. Roles and tenants of a key that is bound to a user are not its own, so they are not changed. Throws as `createAccessKey` does. */
export async function updateAccessKey(
  deps: Deps,
  input: KeyCaller & KeyFacts & { readonly id: string; readonly name: string },
): Promise<AccessKey> {
  const { projectId, actor, id, name, description, customAttributes, permittedIps } = input
  const customClaims = input.customClaims && assertCustomClaims(input.customClaims)
  await assertAttributes(deps.storage, projectId, 'accessKey', customAttributes ?? {})
  const { userId } = await loadAccessKey(deps, input)
  if (userId) assertMayImpersonate(input.rights)
  const { roleNames, tenants } = userId ? {} : input
  const found = await findGrants(deps.storage, projectId, { roleNames: roleNames ?? [], tenants: tenants ?? [] })
  await deps.storage.transaction(async (tx) => {
    const given = { name, description, customClaims, customAttributes, permittedIps }
    // Locks the key, so that of two updates at once the later one's roles are what stays.
    await updateOrThrow(deps, tx, { projectId, id }, Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)))
    if (roleNames) await tx.grants.takeAll(projectId, id, '')
    if (tenants) {
      for (const { tenantId } of (await tx.grants.of(projectId, id)).tenants) await tx.grants.leave(projectId, id, tenantId)
      for (const { tenantId } of found.tenants) await joinTenant(tx, projectId, id, tenantId)
    }
    await tx.grants.give(projectId, id, found.assignments)
    await recordEvent(deps, tx, adminEvent({ projectId, actor, type: 'accessKey.update', userId, data: { accessKeyId: id } }))
  })
  return loadAccessKey(deps, input)
}

/** Sets the status of keys, all of them or, when one is not there (`AccessKeyNotFound`), none. */
export async function setAccessKeyStatus(
  deps: Deps,
  input: KeyCaller & { readonly ids: readonly string[]; readonly status: AccessKeyStatus },
): Promise<void> {
  const { projectId, actor, status } = input
  const type = status === 'active' ? 'accessKey.activate' : 'accessKey.deactivate'
  await deps.storage.transaction(async (tx) => {
    for (const id of inOrder(input.ids)) {
      await updateOrThrow(deps, tx, { projectId, id }, { status })
      await recordEvent(deps, tx, adminEvent({ projectId, actor, type, data: { accessKeyId: id } }))
    }
  })
}

/** Deletes keys, all of them or, when one is not there (`AccessKeyNotFound`), none. */
export async function deleteAccessKeys(deps: Deps, input: KeyCaller & { readonly ids: readonly string[] }): Promise<void> {
  const { projectId, actor } = input
  const ids = inOrder(input.ids)
  await deps.storage.transaction(async (tx) => {
    if ((await tx.accessKeys.delete(projectId, ids)) < ids.length) throw accessKeyErrors.AccessKeyNotFound()
    for (const id of ids) await recordEvent(deps, tx, adminEvent({ projectId, actor, type: 'accessKey.delete', data: { accessKeyId: id } }))
  })
}

/** Gives the key another secret; the old one is worth nothing from now on. */
export async function rotateAccessKey(deps: Deps, input: KeyCaller & { readonly id: string }): Promise<ShownKey> {
  const { projectId, actor, id } = input
  const { userId } = await loadAccessKey(deps, input)
  if (userId) assertMayImpersonate(input.rights)
  const secret = newSecret(deps)
  await deps.storage.transaction(async (tx) => {
    await updateOrThrow(deps, tx, { projectId, id }, { secretDigest: digest(secret) })
    await recordEvent(deps, tx, adminEvent({ projectId, actor, type: 'accessKey.rotate', userId, data: { accessKeyId: id } }))
  })
  return { key: await loadAccessKey(deps, input), cleartext: `${id}.${secret}` }
}

/** Who knows the text of a key that is bound to a user has tokens of that user (MG-05). */
function assertMayImpersonate(rights: Rights): void {
  assertRights(rights, { effect: 'write', right: 'impersonation', isTenantAware: true })
}

async function updateOrThrow(
  deps: Deps,
  tx: Storage,
  { projectId, id }: { readonly projectId: string; readonly id: string },
  changes: Parameters<Storage['accessKeys']['update']>[2],
): Promise<void> {
  const isThere = await tx.accessKeys.update(projectId, id, { ...changes, modifiedAt: deps.clock.nowSeconds() })
  if (!isThere) throw accessKeyErrors.AccessKeyNotFound()
}

/** Each ID once, in one order for all, so that two batches never wait for each other. */
function inOrder(ids: readonly string[]): readonly string[] {
  return [...new Set(ids)].toSorted()
}
