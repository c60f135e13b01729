import { defaultGrants, giveDefaultRoles, newAccount, noGrants } from '../../core/access.ts'
import { type AttributeCheck, attributeCheck } from '../../core/attributes.ts'
import type { Deps } from '../../core/deps.ts'
import { coreErrors } from '../../core/errors.ts'
import { adminEvent, recordEvent } from '../../core/events.ts'
import { type FoundGrants, findGrants, storeGrants, withTenantDefaults } from '../../core/grants.ts'
import type { HashCaller } from '../../core/password/hash.ts'
import { newId } from '../../core/secrets.ts'
import type { CredentialRecord, LoginIdRecord, UserRecord, UserWithLoginIds } from '../../core/storage.ts'
import { isTestLoginId } from '../../core/testers.ts'
import { newUserRecord } from '../../core/users.ts'
import type { Administration } from './change.ts'
import { changesOf, type UserFields } from './fields.ts'
import { type FirstCredentials, firstCredentials } from './first-credentials.ts'
import { assertGivable } from './grants.ts'
import { type Invitation, prepareInvite, storeInvite } from './invite.ts'
import { clearGuesses, newLoginIds } from './login-ids.ts'

/** A user who is to be made. Absent fields are empty; an address as login ID fills the e-mail address, a number the phone number, unless these are given. */
export interface NewUser extends Omit<UserFields, 'recoveryEmail' | 'recoveryPhone'>, FirstCredentials {
  readonly loginId: string
  /** Made a test user also where the login ID is of the test pattern. */
  readonly isTest?: boolean | undefined
  /** Of a user who moves in; absent is now. */
  readonly createdAt?: number | undefined
}

export interface CreateUser extends Administration {
  readonly user: NewUser
  readonly invitation?: Invitation | undefined
  readonly caller: HashCaller
  /** For batches: the definitions are read once. */
  readonly checkAttributes?: AttributeCheck | undefined
}

/** Everything about a user who is about to be stored. */
interface PreparedUser {
  readonly account: UserWithLoginIds
  readonly grants: FoundGrants
  readonly credentials: readonly CredentialRecord[]
  readonly getsDefaults: boolean
}

/**
 * Makes a user, without a session: `invited` until the first sign-in unless a status is given. User, credentials, roles, event and invitation commit together; of racers with
 * one login ID exactly one wins, and the rest get `UserAlreadyExists` (RL-03). A user who is given no role by name gets the default roles. A key that is limited to tenants must
 * put the user into one of them, and gives no roles of the project. Throws `InvalidRequest`, `RoleNotFound`, `TenantNotFound`, `PolicyViolation`, `ManagementForbidden`, and
 * what `prepareInvite` throws.
 */
export async function createUser(deps: Deps, input: CreateUser): Promise<UserWithLoginIds> {
  const { project, actor, invitation } = input
  const { account, grants, credentials, getsDefaults } = await prepareUser(deps, input)
  const { user, loginIds } = account
  const invite = invitation && (await prepareInvite(deps, { project, user, invitation }))
  const data = { status: user.status, isTest: user.isTest, isInvited: invitation !== undefined, isMailed: invite !== undefined }
  await deps.storage.transaction(async (tx) => {
    if (!(await tx.users.insert(user, loginIds))) throw coreErrors.UserAlreadyExists()
    for (const credential of credentials) await tx.credentials.insert(credential)
    await storeGrants(tx, project.id, user.id, grants)
    if (getsDefaults) await giveDefaultRoles(tx, project, user.id)
    await clearGuesses(tx, project.id, loginIds)
    await recordEvent(deps, tx, adminEvent({ projectId: project.id, actor, userId: user.id, type: 'user.create', data }))
    if (invite) await storeInvite(deps, tx, { project, user, invite })
  })
  if (invite) deps.outbox.wake()
  return account
}

async function prepareUser(deps: Deps, input: CreateUser): Promise<PreparedUser> {
  const { project, rights, user: wanted } = input
  const { roleNames = [], tenants = [] } = wanted
  assertGivable(rights, roleNames, tenants)
  if (rights && rights.tenantIds.length > 0 && tenants.length === 0) {
    throw coreErrors.ManagementForbidden({ message: 'The key makes users in its own tenants only; name one in userTenants' })
  }
  const loginIds = newLoginIds([wanted.loginId, ...(wanted.additionalLoginIds ?? [])])
  const user = newRecord(deps, input, loginIds)
  if (Object.keys(user.customAttributes).length > 0) {
    const check = input.checkAttributes ?? (await attributeCheck(deps.storage, project.id, 'user'))
    check(user.customAttributes)
  }
  const given = await withTenantDefaults(deps.storage, project.id, tenants)
  const grants = await findGrants(deps.storage, project.id, { roleNames, tenants: given })
  const getsDefaults = roleNames.length === 0 && tenants.every((tenant) => tenant.roleNames.length === 0)
  const { roles } = getsDefaults ? defaultGrants(project) : noGrants
  const account = newAccount({ user, loginIds, roles: [...grants.roles, ...roles], tenants: grants.tenants })
  const credentials = await firstCredentials(deps, { project, account, rights, given: wanted, caller: input.caller })
  const credentialKinds = credentials.map(({ kind }) => kind)
  return { account: { ...account, credentialKinds }, grants, credentials, getsDefaults }
}

function newRecord(deps: Deps, { project, user: given }: CreateUser, loginIds: readonly LoginIdRecord[]): UserRecord {
  const [loginId] = loginIds
  if (!loginId) throw coreErrors.InvalidRequest({ message: 'The loginId field is required' })
  const now = deps.clock.nowSeconds()
  const { email, phone } = given
  const made = newUserRecord({ projectId: project.id, id: newId(deps, 'U'), loginId, details: { email, phone }, now })
  // What is said to be an address of the user is taken as proven, unless the caller says otherwise.
  const fields = { ...given, email: made.email, phone: made.phone, status: given.status ?? 'invited' }
  const flags = { isEmailVerified: given.isEmailVerified ?? true, isPhoneVerified: given.isPhoneVerified ?? true }
  return {
    ...made,
    ...changesOf(made, { ...fields, ...flags }),
    customAttributes: given.customAttributes ?? {},
    isTest: given.isTest === true || isTestLoginId(project, loginIds),
    createdAt: given.createdAt || now,
  }
}
