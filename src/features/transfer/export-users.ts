import { accessIn } from '../../core/access.ts'
import type { Deps } from '../../core/deps.ts'
import { type Actor, adminEvent, recordEvent } from '../../core/events.ts'
import { assertRights, type Rights } from '../../core/management-keys.ts'
import { passwordKind, readPassword } from '../../core/password/credential.ts'
import { projectById } from '../../core/projects.ts'
import type { AttributeRecord, CredentialRecord, Storage, TenantRecord, UserWithLoginIds } from '../../core/storage.ts'
import { type Definition, fileVersion, type Header } from './formats/postern-lines.ts'
import { ImportedUser } from './imported-user.ts'

const usersPerPage = 200
const tenantsPerPage = 200

/**
 * Writes everything about the users of a project as JSON lines, one line at a time: a header, what users refer to, and the users in the order of their IDs. All of it is one
 * state of the database, however long it takes and whatever happens meanwhile. The same state gives the same bytes; `import` of the format `postern` reads
 * them. Hashes of passwords are in it only when asked for. Answers how many users there were.
 */
export async function exportUsers(
  deps: Deps,
  input: {
    readonly projectId: string
    readonly actor: Actor
    readonly withHashes: boolean
    /** Takes text with whole lines; resolves when there is room for more. */
    write(text: string): Promise<void>
    onProgress?(users: number, all: number): void
  },
): Promise<{ readonly users: number }> {
  const { projectId, withHashes, actor } = input
  const project = await projectById(deps, projectId)
  const users = await deps.storage.snapshot(async (view) => {
    const definitions = await definitionsOf(view, project.id)
    const all = await view.accounts.count(project.id)
    await input.write([headerOf(definitions, all, withHashes), ...definitions].map(lineOf).join(''))
    let written = 0
    for (let after: string | undefined; ; ) {
      const page = await view.accounts.page(project.id, { limit: usersPerPage, credentialKind: passwordKind, ...(after && { after }) })
      if (page.length === 0) return written
      await input.write(page.map((account) => lineOf({ kind: 'user', ...exportedUser(account, withHashes) })).join(''))
      written += page.length
      after = page.at(-1)?.user.id
      input.onProgress?.(written, all)
    }
  })
  await recordEvent(deps, deps.storage, adminEvent({ projectId, actor, type: 'transfer.export', data: { users, withHashes } }))
  return { users }
}

/**
 * A page of users as the export has them, by the API. Hashes need the right `hashExport`, which no key has unless it was given; throws `ManagementForbidden`
 * without it.
 */
export async function exportPage(
  deps: Deps,
  input: {
    readonly projectId: string
    readonly actor: Actor
    readonly rights: Rights
    readonly withHashes: boolean
    readonly after?: string | undefined
    readonly limit: number
  },
): Promise<{ readonly users: readonly ImportedUser[]; readonly next: string | undefined }> {
  const { projectId, actor, withHashes, after, limit } = input
  if (withHashes) assertRights(input.rights, { effect: 'read', right: 'hashExport', isTenantAware: false })
  const page = await deps.storage.accounts.page(projectId, { limit: limit + 1, credentialKind: passwordKind, ...(after && { after }) })
  const shown = page.slice(0, limit)
  const data = { users: shown.length, withHashes }
  await recordEvent(deps, deps.storage, adminEvent({ projectId, actor, type: 'transfer.export', data }))
  const next = page.length > limit ? shown.at(-1)?.user.id : undefined
  return { users: shown.map((account) => exportedUser(account, withHashes)), next }
}

type Exported = UserWithLoginIds & { readonly credential: CredentialRecord | undefined }

/** A user in the fields and the order of `ImportedUser`, without what is empty. */
function exportedUser(account: Exported, withHashes: boolean): ImportedUser {
  const { user, loginIds, tenants, credential } = account
  return withoutEmpty({
    ...{ userId: user.id, loginIds: loginIds.map(({ shown }) => shown), status: user.status },
    ...{ email: user.email, verifiedEmail: user.isEmailVerified, phone: user.phone, verifiedPhone: user.isPhoneVerified },
    ...{ name: user.name, givenName: user.givenName, middleName: user.middleName, familyName: user.familyName, picture: user.picture },
    ...{ recoveryEmail: user.recoveryEmail, verifiedRecoveryEmail: user.isRecoveryEmailVerified },
    ...{ recoveryPhone: user.recoveryPhone, verifiedRecoveryPhone: user.isRecoveryPhoneVerified },
    ...{ test: user.isTest, customAttributes: { ...user.customAttributes } },
    roleNames: [...accessIn(account, '').roleNames],
    userTenants: tenants.map(({ tenantId }) => withoutEmpty({ tenantId, roleNames: [...accessIn(account, tenantId).roleNames] })),
    ...{ createdTime: user.createdAt, modifiedTime: user.modifiedAt, lastSignInTime: user.lastSignInAt },
    password: withHashes ? exportedPassword(credential) : {},
  })
}

function exportedPassword(credential: CredentialRecord | undefined): NonNullable<ImportedUser['password']> {
  const stored = readPassword(credential)
  if (!stored || !credential) return {}
  const { hash, mustChange, setAt, previous } = stored
  return withoutEmpty({ hash, mustChange, setTime: setAt, previous, origin: credential.origin })
}

function withoutEmpty<T extends object>(members: T): T {
  const isEmpty = (value: unknown) => !value || (typeof value === 'object' && Object.keys(value).length === 0)
  return Object.fromEntries(Object.entries(members).filter(([, value]) => !isEmpty(value))) as T
}

async function definitionsOf(view: Storage, projectId: string): Promise<readonly Definition[]> {
  const subjects = ['user', 'tenant', 'accessKey'] as const
  const attributes: AttributeRecord[] = []
  for (const subject of subjects) attributes.push(...(await view.attributes.list(projectId, subject)))
  const facts = <T extends { readonly projectId: string }>({ projectId: _projectId, ...rest }: T) => rest
  return [
    ...(await view.permissions.list(projectId)).map((one) => ({ kind: 'permission', ...facts(one) })),
    ...(await allTenants(view, projectId)).map((one) => ({ kind: 'tenant', ...facts(one) })),
    ...(await view.roles.list(projectId)).map((one) => ({ kind: 'role', ...facts(one) })),
    ...attributes.map((one) => ({ kind: 'attribute', ...facts(one) })),
  ] as readonly Definition[]
}

async function allTenants(view: Storage, projectId: string): Promise<readonly TenantRecord[]> {
  const found: TenantRecord[] = []
  for (;;) {
    const page = await view.tenants.list(projectId, { limit: tenantsPerPage, offset: found.length })
    found.push(...page)
    if (page.length < tenantsPerPage) return found
  }
}

function headerOf(definitions: readonly Definition[], users: number, withHashes: boolean): Header {
  const count = (kind: Definition['kind']) => definitions.filter((one) => one.kind === kind).length
  const counts = {
    ...{ permissions: count('permission'), tenants: count('tenant'), roles: count('role'), attributes: count('attribute') },
    users,
  }
  return { kind: 'header', format: 'postern', version: fileVersion, withHashes, counts, userFields: Object.keys(ImportedUser.shape) }
}

function lineOf(value: object): string {
  return `${JSON.stringify(value)}\n`
}
