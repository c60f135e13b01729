import { z } from 'zod'
import type { ImportedPassword } from '../imported-user.ts'
import { jsonRecords } from '../reading/json-records.ts'
import { type Format, type Mapped, shapeProblems } from './format.ts'
import { distinct, SourceFlag, SourceMilliseconds, SourceText, SourceTexts } from './source-fields.ts'

/**
 * Keycloak: what `kc.sh export` writes, a realm with its users in one file or the `REALM-users-N.json` files (https://www.keycloak.org/server/importExport), and the
 * array of users that the admin API answers, which holds no hashes. Fields are those of `UserRepresentation` and `CredentialRepresentation`.
 */
export const keycloak: Format = {
  name: 'keycloak',
  records: (source) => jsonRecords(source, ['users']),
  map: mapKeycloak,
}

const Credential = z.object({
  type: SourceText,
  value: SourceText,
  secretData: SourceText,
  credentialData: SourceText,
  temporary: SourceFlag,
  createdDate: SourceMilliseconds,
  // Before version 8.
  hashedSaltedValue: SourceText,
})
type Credential = z.output<typeof Credential>

const KeycloakUser = z.object({
  id: SourceText,
  username: SourceText,
  email: SourceText,
  emailVerified: SourceFlag,
  firstName: SourceText,
  lastName: SourceText,
  enabled: z.boolean().nullish(),
  createdTimestamp: SourceMilliseconds,
  attributes: z
    .record(z.string(), z.union([z.string(), z.array(z.string())]))
    .nullish()
    .transform((attributes) => attributes ?? {}),
  credentials: z
    .array(Credential)
    .nullish()
    .transform((credentials) => credentials ?? []),
  requiredActions: SourceTexts,
  realmRoles: SourceTexts,
  clientRoles: z.record(z.string(), z.unknown()).nullish(),
  groups: SourceTexts,
  federationLink: SourceText,
  federatedIdentities: z.array(z.unknown()).nullish(),
  serviceAccountClientId: SourceText,
  totp: SourceFlag,
})
type KeycloakUser = z.output<typeof KeycloakUser>

/** Roles that Keycloak gives everybody for its own ends. */
const isOwnRole = (name: string) => name.startsWith('default-roles-') || name === 'offline_access' || name === 'uma_authorization'

/** Where realms keep telephone numbers: Keycloak has no field for them. */
const phoneAttributes = ['phoneNumber', 'phone_number', 'phone']

function mapKeycloak(value: unknown): Mapped {
  const read = KeycloakUser.safeParse(value)
  if (!read.success) return { problems: shapeProblems(read.error) }
  const user = read.data
  if (user.serviceAccountClientId !== '') return { problems: ['is the account of a service'] }
  const attributes = Object.entries(user.attributes).map(([name, texts]) => [name, oneOrMany(texts)] as const)
  const phone = attributes.find(([name, text]) => phoneAttributes.includes(name) && typeof text === 'string')
  return {
    notes: notesOf(user),
    user: {
      userId: user.id,
      loginIds: [...distinct(user.username, user.email)],
      status: user.enabled === false ? ('disabled' as const) : ('enabled' as const),
      email: user.email,
      verifiedEmail: user.emailVerified,
      phone: phone ? String(phone[1]) : '',
      verifiedPhone: user.attributes.phoneNumberVerified === 'true' || String(user.attributes.phoneNumberVerified) === 'true',
      givenName: user.firstName,
      familyName: user.lastName,
      name: distinct(`${user.firstName} ${user.lastName}`)[0] ?? '',
      customAttributes: Object.fromEntries(attributes.filter(([name]) => name !== phone?.[0] && name !== 'phoneNumberVerified')),
      roleNames: user.realmRoles.filter((name) => !isOwnRole(name)),
      createdTime: user.createdTimestamp,
      password: passwordOf(user),
    },
  }
}

function oneOrMany(texts: string | readonly string[]): unknown {
  return typeof texts === 'string' ? texts : texts.length === 1 ? texts[0] : texts
}

/** Keycloak's own form is kept as it is, as JSON text: `secretData` and `credentialData` are texts of JSON themselves. */
function passwordOf(user: KeycloakUser): ImportedPassword | undefined {
  const credential = user.credentials.find(({ type }) => type === 'password')
  if (!credential) return undefined
  if (credential.value !== '') return { unreadable: 'has a password in plain text; only hashes are taken over' }
  if (credential.hashedSaltedValue !== '' || credential.secretData === '') {
    return { unreadable: 'has a password of a form that is not known here' }
  }
  const mustChange = credential.temporary || user.requiredActions.includes('UPDATE_PASSWORD')
  return { hash: storedText(credential), mustChange, setTime: credential.createdDate }
}

function storedText({ secretData, credentialData }: Credential): string {
  return JSON.stringify({ type: 'password', secretData, credentialData })
}

function notesOf(user: KeycloakUser): readonly string[] {
  const kinds = new Set(user.credentials.map(({ type }) => type))
  const has = {
    'second factors were not taken over': kinds.has('otp') || kinds.has('totp') || user.totp,
    'passkeys were not taken over': kinds.has('webauthn') || kinds.has('webauthn-passwordless'),
    'earlier passwords were not taken over': kinds.has('password-history'),
    'roles of clients were not taken over': Object.keys(user.clientRoles ?? {}).some(
      (client) => !['account', 'realm-management'].includes(client),
    ),
    'groups were not taken over': user.groups.length > 0,
    'sign-in with another provider was not taken over': (user.federatedIdentities?.length ?? 0) > 0,
    'the password is in another directory': user.federationLink !== '',
  }
  return Object.entries(has).flatMap(([note, isTrue]) => (isTrue ? [note] : []))
}
