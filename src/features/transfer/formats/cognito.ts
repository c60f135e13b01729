import { z } from 'zod'
import { byContent } from '../reading/by-content.ts'
import { csvRecords } from '../reading/csv-records.ts'
import { jsonRecords } from '../reading/json-records.ts'
import { type Format, type Mapped, shapeProblems } from './format.ts'
import { distinct, SourceFlag, SourceText, SourceTime } from './source-fields.ts'

/**
 * Amazon Cognito user pools: what `aws cognito-idp list-users` prints
 * (https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_ListUsers.html), and CSV with the columns of
 * `get-csv-header` (https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pools-using-import-tool.html). Cognito gives out no
 * hashes: the users come without passwords.
 */
export const cognito: Format = {
  name: 'cognito',
  records: (source) =>
    byContent(source, {
      json: (rest) => jsonRecords(rest, ['Users']),
      csv: (rest) => csvRecords(rest, { columns: 'header' }),
    }),
  map: mapCognito,
}

const Listed = z.object({
  Username: SourceText,
  Attributes: z
    .array(z.object({ Name: z.string(), Value: SourceText }))
    .nullish()
    .transform((attributes) => attributes ?? []),
  UserCreateDate: SourceTime,
  UserLastModifiedDate: SourceTime,
  Enabled: z.boolean().nullish(),
  UserStatus: SourceText,
  MFAOptions: z.array(z.unknown()).nullish(),
})

const Row = z.record(z.string(), z.string())

const Attributes = z.object({
  sub: SourceText,
  email: SourceText,
  email_verified: SourceFlag,
  phone_number: SourceText,
  phone_number_verified: SourceFlag,
  preferred_username: SourceText,
  name: SourceText,
  given_name: SourceText,
  middle_name: SourceText,
  family_name: SourceText,
  picture: SourceText,
})

/** What both forms say. */
interface CognitoUser {
  readonly username: string
  readonly attributes: Readonly<Record<string, string>>
  readonly isEnabled: boolean
  readonly status: string
  readonly createdAt: number
  readonly modifiedAt: number
  readonly hasSecondFactor: boolean
}

function mapCognito(value: unknown): Mapped {
  const isListed = typeof value === 'object' && value !== null && 'Username' in value
  const read = isListed ? readListed(value) : readRow(value)
  if ('problems' in read) return read
  const attributes = Attributes.safeParse(read.attributes)
  if (!attributes.success) return { problems: shapeProblems(attributes.error) }
  return { notes: notesOf(read), user: userOf(read, attributes.data) }
}

function readListed(value: unknown): CognitoUser | { readonly problems: readonly string[] } {
  const read = Listed.safeParse(value)
  if (!read.success) return { problems: shapeProblems(read.error) }
  const { data } = read
  return {
    username: data.Username,
    attributes: Object.fromEntries(data.Attributes.map(({ Name, Value }) => [Name, Value])),
    isEnabled: data.Enabled !== false,
    status: data.UserStatus,
    createdAt: data.UserCreateDate,
    modifiedAt: data.UserLastModifiedDate,
    hasSecondFactor: (data.MFAOptions?.length ?? 0) > 0,
  }
}

function readRow(value: unknown): CognitoUser | { readonly problems: readonly string[] } {
  const read = Row.safeParse(value)
  if (!read.success) return { problems: shapeProblems(read.error) }
  const { 'cognito:username': username = '', 'cognito:mfa_enabled': secondFactor = '', updated_at, ...attributes } = read.data
  const modifiedAt = SourceTime.safeParse(updated_at)
  return {
    ...{ username, attributes, isEnabled: true, status: '', createdAt: 0 },
    modifiedAt: modifiedAt.success ? modifiedAt.data : 0,
    hasSecondFactor: secondFactor.toLowerCase() === 'true',
  }
}

const uuid = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i
const customPrefix = 'custom:'

function userOf(user: CognitoUser, read: z.output<typeof Attributes>) {
  const rest = Object.entries(user.attributes).filter(
    ([name, text]) => text !== '' && !(name in Attributes.shape) && !name.startsWith('cognito:'),
  )
  // Pools that sign in by address or number make up a name.
  const names = distinct(uuid.test(user.username) ? '' : user.username, read.email, read.phone_number, read.preferred_username)
  return {
    userId: read.sub,
    loginIds: names.length > 0 ? [...names] : [...distinct(user.username)],
    status: statusOf(user),
    email: read.email,
    verifiedEmail: read.email_verified,
    phone: read.phone_number,
    verifiedPhone: read.phone_number_verified,
    name: read.name,
    givenName: read.given_name,
    middleName: read.middle_name,
    familyName: read.family_name,
    picture: read.picture,
    customAttributes: Object.fromEntries(rest.map(([name, text]) => [withoutPrefix(name), text])),
    createdTime: user.createdAt,
    modifiedTime: user.modifiedAt,
  }
}

function withoutPrefix(name: string): string {
  return name.startsWith(customPrefix) ? name.slice(customPrefix.length) : name
}

function statusOf({ isEnabled, status }: CognitoUser): 'enabled' | 'disabled' | 'invited' {
  if (!isEnabled) return 'disabled'
  return status === 'FORCE_CHANGE_PASSWORD' || status === 'UNCONFIRMED' ? 'invited' : 'enabled'
}

function notesOf({ status, hasSecondFactor }: CognitoUser): readonly string[] {
  return [
    'Cognito gives out no passwords: these users must set one by a reset',
    ...(hasSecondFactor ? ['second factors were not taken over'] : []),
    ...(status === 'EXTERNAL_PROVIDER' ? ['sign-in with another provider was not taken over'] : []),
  ]
}
