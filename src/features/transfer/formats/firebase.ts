import { z } from 'zod'
import type { ImportedPassword } from '../imported-user.ts'
import { byContent } from '../reading/by-content.ts'
import { csvRecords } from '../reading/csv-records.ts'
import { jsonRecords } from '../reading/json-records.ts'
import { type Format, type FormatContext, type Mapped, shapeProblems } from './format.ts'
import { readFirebaseHashConfig, standard } from './hash-config.ts'
import { distinct, SourceFlag, SourceJsonObject, SourceMilliseconds, SourceText } from './source-fields.ts'

/**
 * Firebase Authentication: what `firebase auth:export` writes, JSON with `users` or CSV without a header (https://firebase.google.com/docs/cli/auth and
 * `accountExporter.ts` of firebase-tools, which writes hashes of the project's scrypt and no others). The parameters of the hashes are in the console.
 */
export const firebase: Format = {
  name: 'firebase',
  // The exporter quotes a field for its commas and lets quotes within it be.
  records: (source) =>
    byContent(source, {
      json: (rest) => jsonRecords(rest, ['users']),
      csv: (rest) => csvRecords(rest, { columns: 'position', isLoose: true }),
    }),
  map: (value, context) => mapFirebase(Array.isArray(value) ? fromColumns(value) : value, context),
}

const FirebaseUser = z.object({
  localId: SourceText,
  email: SourceText,
  emailVerified: SourceFlag,
  passwordHash: SourceText,
  salt: SourceText,
  displayName: SourceText,
  photoUrl: SourceText,
  createdAt: SourceMilliseconds,
  lastSignedInAt: SourceMilliseconds,
  phoneNumber: SourceText,
  disabled: SourceFlag,
  customAttributes: SourceJsonObject,
  providerUserInfo: z.array(z.object({ providerId: SourceText })).nullish(),
  mfaInfo: z.array(z.unknown()).nullish(),
})
type FirebaseUser = z.output<typeof FirebaseUser>

/** Columns of the CSV form by their place; four each for Google, Facebook, Twitter and GitHub lie between. */
const columns = {
  ...{ localId: 0, email: 1, emailVerified: 2, passwordHash: 3, salt: 4, displayName: 5, photoUrl: 6 },
  ...{ createdAt: 23, lastSignedInAt: 24, phoneNumber: 25, disabled: 26, customAttributes: 27 },
}
const providerColumns = [7, 11, 15, 19]
const leastColumns = 26

function fromColumns(fields: readonly unknown[]): unknown {
  if (fields.length < leastColumns) return fields
  const user = Object.fromEntries(Object.entries(columns).map(([name, place]) => [name, fields[place]]))
  return { ...user, providerUserInfo: providerColumns.filter((place) => fields[place]).map(() => ({ providerId: 'other' })) }
}

function mapFirebase(value: unknown, { hashConfig }: FormatContext): Mapped {
  const read = FirebaseUser.safeParse(value)
  if (!read.success) return { problems: shapeProblems(read.error) }
  const user = read.data
  if (user.email === '' && user.phoneNumber === '') return { problems: ['has neither an e-mail address nor a telephone number'] }
  const notes = [
    ...(user.providerUserInfo?.some(({ providerId }) => !['password', 'phone'].includes(providerId))
      ? ['sign-in with another provider was not taken over']
      : []),
    ...(user.mfaInfo?.length ? ['second factors were not taken over'] : []),
  ]
  return {
    notes,
    user: {
      userId: user.localId,
      loginIds: [...distinct(user.email, user.phoneNumber)],
      status: user.disabled ? ('disabled' as const) : ('enabled' as const),
      email: user.email,
      verifiedEmail: user.emailVerified,
      phone: user.phoneNumber,
      // Firebase has a number only after a code sent to it came back.
      verifiedPhone: user.phoneNumber !== '',
      name: user.displayName,
      picture: user.photoUrl,
      customAttributes: user.customAttributes,
      createdTime: user.createdAt,
      lastSignInTime: user.lastSignedInAt,
      password: passwordOf(user, hashConfig),
    },
  }
}

function passwordOf(user: FirebaseUser, hashConfig: unknown): ImportedPassword | undefined {
  if (user.passwordHash === '') return undefined
  const config = readFirebaseHashConfig(hashConfig)
  return { hashedPassword: { firebase: { ...config, hash: standard(user.passwordHash), salt: standard(user.salt) } } }
}
