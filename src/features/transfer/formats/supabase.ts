import { z } from 'zod'
import type { ImportedPassword } from '../imported-user.ts'
import { byContent } from '../reading/by-content.ts'
import { csvRecords } from '../reading/csv-records.ts'
import { jsonRecords } from '../reading/json-records.ts'
import { type Format, type FormatContext, type Mapped, shapeProblems } from './format.ts'
import { distinct, firstText, SourceFlag, SourceJsonObject, SourceText, SourceTime, secondsOfDate } from './source-fields.ts'

/**
 * Supabase Auth: the table `auth.users`, as CSV with a header, as JSON lines or as an array (https://supabase.com/docs/guides/auth/users and the migrations of
 * `supabase/auth`). Hashes are bcrypt, Argon2, or Firebase's for users that came from there (`crypto/password.go` of the same).
 */
export const supabase: Format = {
  name: 'supabase',
  records: (source) =>
    byContent(source, {
      json: (rest) => jsonRecords(rest, ['users']),
      csv: (rest) => csvRecords(rest, { columns: 'header' }),
    }),
  map: mapSupabase,
}

const SupabaseUser = z.object({
  id: SourceText,
  email: SourceText,
  phone: SourceText,
  encrypted_password: SourceText,
  email_confirmed_at: SourceTime,
  phone_confirmed_at: SourceTime,
  invited_at: SourceTime,
  last_sign_in_at: SourceTime,
  created_at: SourceTime,
  updated_at: SourceTime,
  deleted_at: SourceTime,
  banned_until: SourceText,
  raw_app_meta_data: SourceJsonObject,
  raw_user_meta_data: SourceJsonObject,
  is_anonymous: SourceFlag,
  is_sso_user: SourceFlag,
})
type SupabaseUser = z.output<typeof SupabaseUser>

/** What Supabase itself and its providers write into the metadata, and what is a field here. */
const ownMetadata = new Set(['provider', 'providers', 'sub', 'email', 'email_verified', 'phone', 'phone_verified', 'iss', 'provider_id'])
const nameMetadata = ['full_name', 'name']
const pictureMetadata = ['avatar_url', 'picture']

function mapSupabase(value: unknown, { now }: FormatContext): Mapped {
  const read = SupabaseUser.safeParse(value)
  if (!read.success) return { problems: shapeProblems(read.error) }
  const user = read.data
  if (user.deleted_at > 0) return { problems: ['is deleted'] }
  if (user.is_anonymous) return { problems: ['is an anonymous user'] }
  const metadata = { ...user.raw_user_meta_data, ...user.raw_app_meta_data }
  const [nameFrom, pictureFrom] = [firstTextNamed(metadata, nameMetadata), firstTextNamed(metadata, pictureMetadata)]
  const left = Object.entries(metadata).filter(([name]) => !ownMetadata.has(name) && name !== nameFrom && name !== pictureFrom)
  const phone = user.phone === '' ? '' : `+${user.phone.replace(/^\+/, '')}`
  return {
    notes: user.is_sso_user || hasOtherProvider(user) ? ['sign-in with another provider was not taken over'] : [],
    user: {
      userId: user.id,
      loginIds: [...distinct(user.email, phone)],
      status: statusOf(user, now),
      email: user.email,
      verifiedEmail: user.email_confirmed_at > 0,
      phone,
      verifiedPhone: user.phone_confirmed_at > 0,
      name: nameFrom ? String(metadata[nameFrom]) : '',
      picture: pictureFrom ? String(metadata[pictureFrom]) : '',
      customAttributes: Object.fromEntries(left),
      createdTime: user.created_at,
      modifiedTime: user.updated_at,
      lastSignInTime: user.last_sign_in_at,
      password: passwordOf(user.encrypted_password),
    },
  }
}

function firstTextNamed(metadata: Readonly<Record<string, unknown>>, names: readonly string[]): string | undefined {
  return names.find((name) => Object.hasOwn(metadata, name) && typeof metadata[name] === 'string' && metadata[name] !== '')
}

function statusOf(user: SupabaseUser, now: number): 'enabled' | 'disabled' | 'invited' {
  const bannedUntil = user.banned_until === 'infinity' ? Number.POSITIVE_INFINITY : (secondsOfDate(user.banned_until) ?? 0)
  if (bannedUntil > now) return 'disabled'
  return user.invited_at > 0 && user.email_confirmed_at === 0 && user.last_sign_in_at === 0 ? 'invited' : 'enabled'
}

function hasOtherProvider({ raw_app_meta_data }: SupabaseUser): boolean {
  const { providers, provider } = raw_app_meta_data
  return [provider, ...(Array.isArray(providers) ? providers : [])].some(
    (name) => typeof name === 'string' && name !== 'email' && name !== 'phone',
  )
}

const firebaseForm =
  /^\$fbscrypt\$v=1,n=(\d{1,2}),r=(\d{1,2}),p=1(?:,ss=([A-Za-z0-9+/=]*))?(?:,sk=([A-Za-z0-9+/=]+))?\$([A-Za-z0-9+/=]+)\$([A-Za-z0-9+/=]+)$/

function passwordOf(stored: string): ImportedPassword | undefined {
  const hash = firstText(stored)
  if (hash === '') return undefined
  if (!hash.startsWith('$fbscrypt$')) return { hash }
  const [, memory, rounds, saltSeparator = '', signerKey = '', salt = '', key = ''] = firebaseForm.exec(hash) ?? []
  if (signerKey === '') return { unreadable: 'encrypted_password: Firebase scrypt of a form that is not known here' }
  const firebase = { hash: key, salt, saltSeparator, signerKey, memory: Number(memory), rounds: Number(rounds) }
  return { hashedPassword: { firebase } }
}
