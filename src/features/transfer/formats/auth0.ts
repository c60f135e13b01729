import { z } from 'zod'
import { jsonRecords } from '../reading/json-records.ts'
import { auth0Password } from './auth0-hash.ts'
import { type Format, type FormatContext, type Mapped, shapeProblems } from './format.ts'
import { distinct, firstText, SourceFlag, SourceObject, SourceText, SourceTime } from './source-fields.ts'

/**
 * Auth0: the export of users as JSON lines (https://auth0.com/docs/manage-users/user-migration/bulk-user-exports), the array that its own import takes
 * (https://auth0.com/docs/manage-users/user-migration/bulk-user-import-schema), and the hashes that its support hands out, JSON lines with `passwordHash`
 * and `_id.$oid`. The last is a file of users too, with addresses and nothing else; given beside an export it adds the passwords.
 */
export const auth0: Format = {
  name: 'auth0',
  records: (source) => jsonRecords(source, ['users']),
  map: mapAuth0,
  hashes: { records: (source) => jsonRecords(source, ['users']), read: auth0Hash },
}

const MongoId = z
  .object({ $oid: SourceText })
  .nullish()
  .transform((id) => id?.$oid ?? '')

const MongoDate = z.union([z.object({ $date: SourceTime }).transform((date) => date.$date), SourceTime])

const Auth0User = z.object({
  user_id: SourceText,
  email: SourceText,
  email_verified: SourceFlag,
  username: SourceText,
  phone_number: SourceText,
  phone_verified: SourceFlag,
  name: SourceText,
  given_name: SourceText,
  family_name: SourceText,
  nickname: SourceText,
  picture: SourceText,
  blocked: SourceFlag,
  created_at: SourceTime,
  updated_at: SourceTime,
  last_login: SourceTime,
  user_metadata: SourceObject,
  app_metadata: SourceObject,
  identities: z
    .array(z.object({ provider: SourceText }))
    .nullish()
    .transform((identities) => identities ?? []),
  password_hash: SourceText,
  custom_password_hash: z.unknown().optional(),
  passwordHash: SourceText,
  password_set_date: MongoDate,
  _id: MongoId,
  _ID: MongoId,
  alt_id: SourceText,
  mfa_factors: z.array(z.unknown()).nullish(),
  multifactor: z.array(z.unknown()).nullish(),
})
type Auth0User = z.output<typeof Auth0User>

function mapAuth0(value: unknown, context: FormatContext): Mapped {
  const read = Auth0User.safeParse(value)
  if (!read.success) return { problems: shapeProblems(read.error) }
  const user = read.data
  const found = firstText(user.passwordHash, context.hashOf(...keysOf(user)) ?? '')
  const password = found === '' ? auth0Password(user) : { hash: found }
  const loginIds = distinct(user.email, user.username)
  const notes = [
    ...(user.mfa_factors?.length || user.multifactor?.length ? ['second factors were not taken over'] : []),
    ...(user.identities.some(({ provider }) => !['auth0', 'email', 'sms', ''].includes(provider))
      ? ['sign-in with another provider was not taken over']
      : []),
  ]
  return {
    notes,
    user: {
      userId: user.user_id || withStrategy(firstText(user.alt_id, user._id, user._ID)),
      // A telephone number signs in where there is nothing else; beside an address Auth0 has it as a fact about the user.
      loginIds: loginIds.length > 0 ? [...loginIds] : [...distinct(user.phone_number)],
      status: user.blocked ? ('disabled' as const) : ('enabled' as const),
      email: user.email,
      verifiedEmail: user.email_verified,
      phone: user.phone_number,
      verifiedPhone: user.phone_verified,
      // Auth0 gives users without a name their address for one.
      name: user.name === user.email ? '' : user.name,
      givenName: user.given_name,
      familyName: user.family_name,
      picture: user.picture,
      customAttributes: { ...(user.nickname && { nickname: user.nickname }), ...user.user_metadata, ...user.app_metadata },
      createdTime: user.created_at,
      modifiedTime: user.updated_at,
      lastSignInTime: user.last_login,
      password: { ...password, setTime: user.password_set_date },
    },
  }
}

/** The file of hashes has IDs without what Auth0 puts in front of them everywhere else. */
function withStrategy(id: string): string {
  return id === '' ? '' : `auth0|${id}`
}

/** By what a user is found in the file of hashes, and a hash among the users: IDs without the strategy in front of them, and the address. */
function keysOf(user: Pick<Auth0User, 'user_id' | '_id' | '_ID' | 'alt_id' | 'email'>): readonly string[] {
  const ids = [user.user_id.replace(/^auth0\|/, ''), user.alt_id, user._id, user._ID].filter((id) => id !== '')
  return [...ids.map((id) => `id:${id}`), ...(user.email === '' ? [] : [`email:${user.email.toLowerCase()}`])]
}

/** A line of the file of hashes, with the keys that find it. */
function auth0Hash(value: unknown): { readonly keys: readonly string[]; readonly hash: string } | undefined {
  const read = Auth0User.safeParse(value)
  if (!read.success || read.data.passwordHash === '') return undefined
  return { keys: keysOf(read.data), hash: read.data.passwordHash }
}
