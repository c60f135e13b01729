import type { Deps } from '../../core/deps.ts'
import { membershipOf } from '../../core/grants.ts'
import { newId } from '../../core/secrets.ts'
import type {
  AttributeRecord,
  NewAccount,
  PermissionRecord,
  RoleRecord,
  Storage,
  TenantRecord,
  UserWithLoginIds,
} from '../../core/storage.ts'

/**
 * The roles, tenants, permissions and attributes of a project while an import runs: those that are there, and those that are to be made with the next users. Reads
 * once and looks up in memory.
 */
export interface ProjectDirectory {
  /** The role that a name means in a tenant, or with `''` for the whole project; one of the tenant goes before one of the project. */
  findRole(tenantId: string, name: string): RoleRecord | undefined
  /** A tenant by its ID, or else by its name. */
  findTenant(id: string, name: string): TenantRecord | undefined
  /** The account as answers show it, with everything looked up. */
  accountOf(account: NewAccount): UserWithLoginIds
  /** Adds what is not there yet, by name. Answers what is there afterwards. */
  addRole(role: Pick<RoleRecord, 'name'> & Partial<RoleRecord>): RoleRecord
  addTenant(tenant: Pick<TenantRecord, 'id' | 'name'> & Partial<TenantRecord>): TenantRecord
  addPermission(permission: Pick<PermissionRecord, 'name'> & Partial<PermissionRecord>): void
  addAttribute(attribute: Pick<AttributeRecord, 'subject' | 'name' | 'definition'> & Partial<AttributeRecord>): void
  /** Every attribute of users, those that are to be made too. */
  userAttributes(): readonly AttributeRecord[]
  /** How many things were added since the beginning. */
  added(): AddedCounts
  /** Takes what was added since the last time, and answers what writes it: part of the caller's transaction, which may be run again. */
  takeNews(): (tx: Storage) => Promise<void>
  /** Whether there is anything to write. */
  hasNews(): boolean
}

export interface AddedCounts {
  readonly roles: number
  readonly tenants: number
  readonly permissions: number
  readonly attributes: number
}

interface News {
  readonly tenants: TenantRecord[]
  readonly permissions: PermissionRecord[]
  readonly roles: RoleRecord[]
  readonly attributes: AttributeRecord[]
}

const noNews = (): News => ({ tenants: [], permissions: [], roles: [], attributes: [] })
const tenantsAtOnce = 1000
const roleKey = (tenantId: string, name: string) => `${tenantId}\n${name}`

export async function openDirectory(deps: Pick<Deps, 'clock' | 'random' | 'storage'>, projectId: string): Promise<ProjectDirectory> {
  const { storage, clock } = deps
  const roles = new Map((await storage.roles.list(projectId)).map((role) => [roleKey(role.tenantId, role.name), role]))
  const tenants = new Map((await allTenants(storage, projectId)).map((tenant) => [tenant.id, tenant]))
  const tenantsByName = new Map([...tenants.values()].map((tenant) => [tenant.name, tenant]))
  const permissions = new Set((await storage.permissions.list(projectId)).map(({ name }) => name))
  const attributes = new Map<string, AttributeRecord>()
  for (const subject of ['user', 'tenant', 'accessKey'] as const) {
    for (const one of await storage.attributes.list(projectId, subject)) attributes.set(`${subject}\n${one.name}`, one)
  }
  const counts = { roles: 0, tenants: 0, permissions: 0, attributes: 0 }
  let news = noNews()
  const createdAt = clock.nowSeconds()

  return {
    findRole: (tenantId, name) => roles.get(roleKey(tenantId, name)) ?? roles.get(roleKey('', name)),
    accountOf({ user, loginIds, credentials, tenantIds, assignments }) {
      const byId = new Map([...roles.values()].map((role) => [role.id, role]))
      const held = assignments.flatMap(({ tenantId, roleId }) => {
        const role = byId.get(roleId)
        return role ? [{ tenantId, name: role.name, permissionNames: role.permissionNames }] : []
      })
      const memberships = tenantIds.flatMap((id) => tenants.get(id) ?? []).map(membershipOf)
      return { user, loginIds, credentialKinds: credentials.map(({ kind }) => kind), roles: held, tenants: memberships }
    },
    findTenant: (id, name) => tenants.get(id) ?? tenantsByName.get(name === '' ? id : name),
    addRole(given) {
      const key = roleKey(given.tenantId ?? '', given.name)
      const known = roles.get(key)
      if (known) return known
      const role = { ...newRole, id: newId(deps, 'R'), createdAt, ...given, projectId }
      roles.set(key, role)
      news.roles.push(role)
      counts.roles++
      return role
    },
    addTenant(given) {
      const known = tenants.get(given.id) ?? tenantsByName.get(given.name)
      // From here on the ID that the file has means the tenant that is there.
      if (known) tenants.set(given.id, known)
      if (known) return known
      const tenant = { ...newTenant, createdAt, modifiedAt: createdAt, ...given, projectId }
      tenants.set(tenant.id, tenant)
      tenantsByName.set(tenant.name, tenant)
      news.tenants.push(tenant)
      counts.tenants++
      return tenant
    },
    addPermission(given) {
      if (permissions.has(given.name)) return
      permissions.add(given.name)
      news.permissions.push({ id: newId(deps, 'PERM'), description: '', createdAt, ...given, projectId })
      counts.permissions++
    },
    addAttribute(given) {
      const key = `${given.subject}\n${given.name}`
      if (attributes.has(key)) return
      const attribute = { createdAt, ...given, projectId }
      attributes.set(key, attribute)
      news.attributes.push(attribute)
      counts.attributes++
    },
    userAttributes: () => [...attributes.values()].filter(({ subject }) => subject === 'user'),
    added: () => ({ ...counts }),
    hasNews: () => Object.values(news).some((list) => list.length > 0),
    takeNews() {
      const taken = news
      news = noNews()
      return (tx) => storeNews(tx, taken)
    },
  }
}

const newRole = { tenantId: '', description: '', permissionNames: [], isDefault: false, isPrivate: false } as const
const newTenant: Omit<TenantRecord, 'projectId' | 'id' | 'name' | 'createdAt' | 'modifiedAt'> = {
  ...{ parentId: '', selfProvisioningDomains: [], customAttributes: {}, isDisabled: false, isSsoEnforced: false, ssoExclusions: [] },
  ...{ roleInheritance: '' as const, defaultRoleNames: [], sessionSettings: {}, passwordSettings: {} },
}

async function allTenants(storage: Storage, projectId: string): Promise<readonly TenantRecord[]> {
  const found: TenantRecord[] = []
  for (;;) {
    const page = await storage.tenants.list(projectId, { limit: tenantsAtOnce, offset: found.length })
    found.push(...page)
    if (page.length < tenantsAtOnce) return found
  }
}

/** Tenants before their roles. Throws when somebody else made one of the same name since the import began: the next run finds it. */
async function storeNews(tx: Storage, news: News): Promise<void> {
  const isStored = [
    ...(await oneByOne(news.tenants, (tenant) => tx.tenants.insert(tenant))),
    ...(await oneByOne(news.permissions, (permission) => tx.permissions.insert(permission))),
    ...(await oneByOne(news.roles, (role) => tx.roles.insert(role))),
  ]
  if (isStored.includes(false))
    throw new Error('A role, tenant or permission of the import was made by somebody else meanwhile; run it again')
  await oneByOne(news.attributes, (attribute) => tx.attributes.put(attribute))
}

async function oneByOne<T, R>(list: readonly T[], store: (one: T) => Promise<R>): Promise<R[]> {
  const answers: R[] = []
  for (const one of list) answers.push(await store(one))
  return answers
}
