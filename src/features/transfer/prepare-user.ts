import type { AttributeCheck } from '../../core/attributes.ts'
import type { Deps } from '../../core/deps.ts'
import { AuthError } from '../../core/errors.ts'
import { isPlainText } from '../../core/plain-text.ts'
import { newId } from '../../core/secrets.ts'
import type { Assignment, LoginIdRecord, NewAccount, UserRecord } from '../../core/storage.ts'
import { newLoginId, parseEmail, parsePhone } from '../../core/users.ts'
import type { SourceUser } from './imported-user.ts'
import { preparePassword } from './prepare-password.ts'
import type { ProjectDirectory } from './project-directory.ts'

/** How users are prepared in one import. */
export interface PrepareRules {
  readonly projectId: string
  readonly now: number
  readonly directory: ProjectDirectory
  checkAttributes: AttributeCheck
  /** Roles of users who are given none by name. */
  readonly defaultAssignments: readonly Assignment[]
  /** For our own export: everything must fit, and nothing is made up or left out. */
  readonly isExact: boolean
  /** Makes roles and tenants that are named and not there. */
  readonly createsMissing: boolean
  /** Takes users without their passwords when the hash is of no use. */
  readonly dropsBadHashes: boolean
  /** Whether a reset of the password goes to proven addresses alone. */
  readonly resetRequiresVerifiedEmail: boolean
}

/** A user ready to be inserted, or why not. Notes say what was left out. */
export type Prepared =
  | { readonly account: NewAccount; readonly scheme: string; readonly keepsId: boolean; readonly notes: readonly string[] }
  | { readonly problems: readonly string[] }

/** Collects what is wrong and what was left out of one user. */
export interface Findings {
  problem(text: string): void
  note(text: string): void
}

/**
 * Brings a translated user into the form that is stored, with the rules that hold for everybody: login IDs and addresses are canonical and plain, attributes of their type
 * and bounded, hashes within their bounds (PW-11). What identifies or secures a user must be right, else the user is refused; a name, a picture or a telephone number
 * that does not fit is left out and noted, unless the import is exact. Never throws for what is in the user.
 */
export function prepareUser(deps: Pick<Deps, 'clock' | 'random' | 'hasher'>, rules: PrepareRules, given: SourceUser): Prepared {
  const problems: string[] = []
  const notes: string[] = []
  const findings: Findings = {
    problem: (text) => void problems.push(text),
    note: (text) => void (rules.isExact ? problems : notes).push(text),
  }
  const loginIds = readLoginIds(given.loginIds ?? [], findings)
  const keptId = readId(given.userId ?? '', findings)
  const user = readUser(rules, { given, loginIds, findings, id: keptId || newId(deps, 'U') })
  const grants = readGrants(rules, given, findings)
  const password = preparePassword(deps.hasher, { rules, given: given.password, user, findings })
  if (problems.length > 0) return { problems: [...new Set(problems)] }
  if (rules.resetRequiresVerifiedEmail && !password && user.email !== '' && !user.isEmailVerified) notes.push(cannotReset)
  const credentials = password ? [password.credential] : []
  return { account: { user, loginIds, credentials, ...grants }, scheme: password?.scheme ?? 'none', keepsId: keptId !== '', notes }
}

const cannotReset =
  'no password and no proven e-mail address, so a reset mail will not be sent: set verifiedEmail where the other system proved it, or run postern settings set password.resetRequiresVerifiedEmail=false'

const maxLoginIds = 50

function readLoginIds(texts: readonly string[], findings: Findings): readonly LoginIdRecord[] {
  if (texts.length === 0) findings.problem('there is no login ID')
  if (texts.length > maxLoginIds) findings.problem(`there are more than ${maxLoginIds} login IDs`)
  const found = new Map<string, LoginIdRecord>()
  for (const text of texts.slice(0, maxLoginIds)) {
    try {
      const loginId = newLoginId(text)
      if (!found.has(loginId.canonical)) found.set(loginId.canonical, loginId)
    } catch (error) {
      if (!(error instanceof AuthError)) throw error
      findings.problem(error.message)
    }
  }
  return [...found.values()]
}

/** What can be a user ID here: UUIDs, IDs of Firebase and Auth0; nothing that could be an address or a telephone number. */
const userIdPattern = /^[A-Za-z0-9][A-Za-z0-9._|:-]{0,63}$/

function readId(text: string, findings: Findings): string {
  if (text === '' || userIdPattern.test(text)) return text
  findings.note('the user ID cannot be one here: a new one was given')
  return ''
}

interface Reading {
  readonly given: SourceUser
  readonly loginIds: readonly LoginIdRecord[]
  readonly findings: Findings
  readonly id: string
}

function readUser(rules: PrepareRules, { given, loginIds, findings, id }: Reading): UserRecord {
  const { projectId, now, isExact } = rules
  const email = readEmail('email', given.email || (isExact ? '' : addressAmong(loginIds)), { loginIds, findings })
  const phone = readPhone('phone', given.phone ?? '', findings)
  const recoveryEmail = readEmail('recoveryEmail', given.recoveryEmail ?? '', { loginIds, findings })
  const recoveryPhone = readPhone('recoveryPhone', given.recoveryPhone ?? '', findings)
  return {
    ...{ projectId, id, status: given.status || 'enabled', email, isEmailVerified: email !== '' && (given.verifiedEmail ?? false) },
    ...{ phone, isPhoneVerified: phone !== '' && (given.verifiedPhone ?? false) },
    name: readText('name', given.name, maxNameLength, findings),
    givenName: readText('givenName', given.givenName, maxNameLength, findings),
    middleName: readText('middleName', given.middleName, maxNameLength, findings),
    familyName: readText('familyName', given.familyName, maxNameLength, findings),
    picture: readText('picture', given.picture, maxPictureLength, findings),
    ...{ recoveryEmail, isRecoveryEmailVerified: recoveryEmail !== '' && (given.verifiedRecoveryEmail ?? false) },
    ...{ recoveryPhone, isRecoveryPhoneVerified: recoveryPhone !== '' && (given.verifiedRecoveryPhone ?? false) },
    ...{ isTest: given.test ?? false, isAnonymous: false },
    customAttributes: readAttributes(rules, given.customAttributes ?? {}, findings),
    createdAt: readTime('createdTime', given.createdTime, isExact ? 0 : now, findings),
    modifiedAt: readTime('modifiedTime', given.modifiedTime, isExact ? 0 : now, findings),
    lastSignInAt: readTime('lastSignInTime', given.lastSignInTime, 0, findings),
  }
}

/** As for users who are made by the API. */
const maxNameLength = 256
const maxPictureLength = 2048

/** As for users who are made one by one: a login ID that is an address is the address of a user who has no other. */
function addressAmong(loginIds: readonly LoginIdRecord[]): string {
  return loginIds.map(({ shown }) => shown).find((shown) => shown.includes('@')) ?? ''
}

/** Links for recovery go to addresses: a wrong one is no detail. */
function readEmail(field: string, text: string, { loginIds, findings }: Pick<Reading, 'loginIds' | 'findings'>): string {
  // Nearly always it is a login ID, and those were read already.
  if (text === '' || (text.includes('@') && loginIds.some(({ shown }) => shown === text))) return text
  const email = parseEmail(text)
  if (email === undefined) findings.problem(`${field}: is not a valid e-mail address`)
  return email ?? ''
}

function readPhone(field: string, text: string, findings: Findings): string {
  if (text === '') return ''
  const phone = parsePhone(text)
  if (phone === undefined) findings.note(`${field}: was left out where it is no international telephone number (+1…)`)
  return phone ?? ''
}

function readText(field: string, text: string | undefined, maxLength: number, findings: Findings): string {
  if (text === undefined || text === '') return ''
  if (text.length <= maxLength && isPlainText(text)) return text
  findings.note(`${field}: was left out where it is longer than ${maxLength} characters or holds control characters`)
  return ''
}

const latestSecond = 2_147_483_647

function readTime(field: string, seconds: number | undefined, otherwise: number, findings: Findings): number {
  if (seconds === undefined || seconds === 0) return otherwise
  if (seconds > 0 && seconds <= latestSecond) return seconds
  findings.note(`${field}: was left out where it is not between 1970 and 2038`)
  return otherwise
}

type Attributes = Readonly<Record<string, unknown>>

function readAttributes({ checkAttributes }: PrepareRules, values: Attributes, findings: Findings): Attributes {
  if (Object.keys(values).length === 0) return {}
  const fits = (some: Attributes) => {
    try {
      checkAttributes(some)
      return !holdsForbiddenName(some)
    } catch (error) {
      if (!(error instanceof AuthError)) throw error
      return false
    }
  }
  if (fits(values)) return values
  const fitting = Object.fromEntries(Object.entries(values).filter(([name, value]) => fits(Object.fromEntries([[name, value]]))))
  findings.note('customAttributes: were left out where they do not fit their definition or the bounds')
  return fits(fitting) ? fitting : {}
}

/** Names that would change what an object is (IN-04). Records are at most `maxRecordDepth` deep. */
function holdsForbiddenName(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false
  return Object.entries(value).some(
    ([name, member]) => name === '__proto__' || name === 'constructor' || name === 'prototype' || holdsForbiddenName(member),
  )
}

function readGrants(rules: PrepareRules, given: SourceUser, findings: Findings): Pick<NewAccount, 'tenantIds' | 'assignments'> {
  const { directory, createsMissing } = rules
  // Nearly always.
  if (!given.roleNames?.length && !given.userTenants?.length)
    return { tenantIds: [], assignments: rules.isExact ? [] : rules.defaultAssignments }
  const assignments: Assignment[] = []
  const assign = (tenantId: string, names: readonly string[]) => {
    for (const name of new Set(names)) {
      const canCreate = createsMissing && name.length <= maxRoleNameLength && isPlainText(name) && directory.added().roles < maxAddedRoles
      const role = directory.findRole(tenantId, name) ?? (canCreate ? directory.addRole({ name }) : undefined)
      if (role) assignments.push({ tenantId, roleId: role.id })
      else findings.problem('a role is not there (--create-missing makes it)')
    }
  }
  const named = [given.roleNames ?? [], given.userTenants ?? []].map((list) => list.length)
  if (Math.max(...named) > maxGrants) findings.problem(`there are more than ${maxGrants} roles or tenants`)
  assign('', (given.roleNames ?? []).slice(0, maxGrants))
  const tenantIds = new Set<string>()
  for (const { tenantId, tenantName = '', roleNames = [] } of (given.userTenants ?? []).slice(0, maxGrants)) {
    const canCreate =
      createsMissing && tenantIdPattern.test(tenantId) && isPlainText(tenantName) && directory.added().tenants < maxAddedTenants
    const tenant =
      directory.findTenant(tenantId, tenantName) ??
      (canCreate ? directory.addTenant({ id: tenantId, name: tenantName || tenantId }) : undefined)
    if (!tenant) findings.problem('a tenant is not there (--create-missing makes it)')
    else {
      tenantIds.add(tenant.id)
      assign(tenant.id, roleNames)
    }
  }
  const isWithoutRoles = assignments.length === 0 && !rules.isExact
  return { tenantIds: [...tenantIds], assignments: isWithoutRoles ? rules.defaultAssignments : assignments }
}

const maxGrants = 500
/** More than these by one import look like a mistake in the file. */
const maxAddedRoles = 1000
const maxAddedTenants = 20_000
const maxRoleNameLength = 256
const tenantIdPattern = /^[A-Za-z0-9][A-Za-z0-9._:-]{0,63}$/
