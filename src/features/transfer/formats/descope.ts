import { z } from 'zod'
import type { ImportedPassword } from '../imported-user.ts'
import { jsonRecords } from '../reading/json-records.ts'
import { type Format, type Mapped, shapeProblems } from './format.ts'
import { distinct, firstText, SourceFlag, SourceObject, SourceText, SourceTexts, SourceTime } from './source-fields.ts'

/**
 * Descope: users as its search answers them, `{"users": [...]}` (https://docs.descope.com/api/management/users/search-users), and the body of its batch create, which may
 * have hashes (`protocol/core.md` 4.1, 7.1 and 7.7); also as an array or as lines. A search holds no hashes.
 */
export const descope: Format = {
  name: 'descope',
  records: (source) => jsonRecords(source, ['users']),
  map: mapDescope,
}

const DescopeUser = z.object({
  userId: SourceText,
  loginId: SourceText,
  identifier: SourceText,
  loginIds: SourceTexts,
  additionalLoginIds: SourceTexts,
  additionalIdentifiers: SourceTexts,
  status: SourceText,
  email: SourceText,
  verifiedEmail: SourceFlag,
  phone: SourceText,
  verifiedPhone: SourceFlag,
  name: SourceText,
  displayName: SourceText,
  givenName: SourceText,
  middleName: SourceText,
  familyName: SourceText,
  picture: SourceText,
  recoveryEmail: SourceText,
  verifiedRecoveryEmail: SourceFlag,
  recoveryPhone: SourceText,
  verifiedRecoveryPhone: SourceFlag,
  test: SourceFlag,
  customAttributes: SourceObject,
  roleNames: SourceTexts,
  userTenants: z
    .array(z.object({ tenantId: SourceText, tenantName: SourceText, roleNames: SourceTexts }))
    .nullish()
    .transform((tenants) => tenants ?? []),
  createdTime: SourceTime,
  modifiedTime: SourceTime,
  password: z.union([z.boolean(), z.string()]).nullish(),
  hashedPassword: z.unknown().optional(),
  seed: SourceText,
  TOTP: SourceFlag,
  webauthn: SourceFlag,
  SAML: SourceFlag,
  OIDC: SourceFlag,
  OAuth: SourceObject,
})
type DescopeUser = z.output<typeof DescopeUser>

function mapDescope(value: unknown): Mapped {
  const read = DescopeUser.safeParse(value)
  if (!read.success) return { problems: shapeProblems(read.error) }
  const user = read.data
  const { status } = user
  if (!isStatus(status)) return { problems: ['status: is not one of enabled, disabled, invited'] }
  return {
    notes: notesOf(user),
    user: {
      ...fieldsOf(user),
      status,
      loginIds: [...distinct(user.loginId, user.identifier, ...user.loginIds, ...user.additionalLoginIds, ...user.additionalIdentifiers)],
      userTenants: user.userTenants,
      password: passwordOf(user),
    },
  }
}

/** What has the same name and meaning there and here. */
function fieldsOf(user: DescopeUser) {
  const { userId, email, verifiedEmail, phone, verifiedPhone, givenName, middleName, familyName, picture, test } = user
  const { recoveryEmail, verifiedRecoveryEmail, recoveryPhone, verifiedRecoveryPhone } = user
  const { customAttributes, roleNames, createdTime, modifiedTime } = user
  return {
    ...{ userId, email, verifiedEmail, phone, verifiedPhone, name: firstText(user.displayName, user.name) },
    ...{ givenName, middleName, familyName, picture, test },
    ...{ recoveryEmail, verifiedRecoveryEmail, recoveryPhone, verifiedRecoveryPhone },
    ...{ customAttributes, roleNames, createdTime, modifiedTime },
  }
}

function isStatus(status: string): status is 'enabled' | 'disabled' | 'invited' {
  return ['enabled', 'disabled', 'invited', ''].includes(status)
}

function passwordOf({ hashedPassword, password }: DescopeUser): ImportedPassword | undefined {
  if (typeof password === 'string' && password !== '') return { unreadable: 'has a password in plain text; only hashes are taken over' }
  return hashedPassword === undefined || hashedPassword === null ? undefined : { hashedPassword }
}

function notesOf(user: DescopeUser): readonly string[] {
  const has = {
    'the file holds no hashes: these users must set a password by a reset': user.password === true && !user.hashedPassword,
    'second factors were not taken over': user.TOTP || user.seed !== '',
    'passkeys were not taken over': user.webauthn,
    'sign-in with another provider was not taken over': user.SAML || user.OIDC || Object.values(user.OAuth).includes(true),
  }
  return Object.entries(has).flatMap(([note, isTrue]) => (isTrue ? [note] : []))
}
