import { z } from 'zod'
import type { ImportedPassword } from '../imported-user.ts'
import { csvRecords } from '../reading/csv-records.ts'
import { type Format, type Mapped, shapeProblems } from './format.ts'
import { distinct, SourceFlag, SourceJsonObject, SourceText, SourceTime } from './source-fields.ts'

/** CSV with a header of our own names, described in `docs/moving/csv.md`: for whatever can write a table. */
export const csv: Format = {
  name: 'csv',
  records: (source) => csvRecords(source, { columns: 'header', headerProblem }),
  map: mapRow,
}

const CsvUser = z.object({
  userId: SourceText,
  loginId: SourceText,
  additionalLoginIds: SourceText,
  status: SourceText.pipe(z.enum(['enabled', 'disabled', 'invited', ''])),
  email: SourceText,
  verifiedEmail: SourceFlag,
  phone: SourceText,
  verifiedPhone: SourceFlag,
  name: SourceText,
  givenName: SourceText,
  middleName: SourceText,
  familyName: SourceText,
  picture: SourceText,
  recoveryEmail: SourceText,
  verifiedRecoveryEmail: SourceFlag,
  recoveryPhone: SourceText,
  verifiedRecoveryPhone: SourceFlag,
  test: SourceFlag,
  customAttributes: SourceJsonObject,
  roleNames: SourceText,
  tenantIds: SourceText,
  createdTime: SourceTime,
  modifiedTime: SourceTime,
  lastSignInTime: SourceTime,
  passwordHash: SourceText,
  hashedPassword: SourceJsonObject,
  mustChangePassword: SourceFlag,
  passwordSetTime: SourceTime,
})
type CsvUser = z.output<typeof CsvUser>

/** Names of columns; `customAttributes.NAME` is one attribute. */
const attributePrefix = 'customAttributes.'
const known = new Set(Object.keys(CsvUser.shape))

function headerProblem(names: readonly string[]): string | undefined {
  const unknown = names.find((name) => !known.has(name) && !name.startsWith(attributePrefix))?.slice(0, 60)
  return unknown === undefined ? undefined : `${unknown}: there is no such column; an attribute is customAttributes.<name>`
}

function mapRow(value: unknown): Mapped {
  const read = CsvUser.safeParse(value)
  if (!read.success) return { problems: shapeProblems(read.error) }
  const row = Object.entries(value as Readonly<Record<string, string>>)
  const {
    loginId,
    additionalLoginIds,
    roleNames,
    tenantIds,
    passwordHash,
    hashedPassword,
    mustChangePassword,
    passwordSetTime,
    ...fields
  } = read.data
  const attributes = row.filter(([name, text]) => name.startsWith(attributePrefix) && text !== '')
  return {
    user: {
      ...fields,
      status: fields.status || 'enabled',
      loginIds: [...distinct(loginId, ...parts(additionalLoginIds))],
      customAttributes: {
        ...fields.customAttributes,
        ...Object.fromEntries(attributes.map(([name, text]) => [name.slice(attributePrefix.length), text])),
      },
      roleNames: [...parts(roleNames)],
      userTenants: parts(tenantIds).map((tenantId) => ({ tenantId })),
      password: passwordOf({ passwordHash, hashedPassword, mustChangePassword, passwordSetTime }),
    },
  }
}

/** Several values in one field. */
function parts(text: string): readonly string[] {
  return distinct(...text.split(';'))
}

type PasswordColumns = Pick<CsvUser, 'passwordHash' | 'hashedPassword' | 'mustChangePassword' | 'passwordSetTime'>

function passwordOf(columns: PasswordColumns): ImportedPassword | undefined {
  const { passwordHash, hashedPassword, mustChangePassword, passwordSetTime } = columns
  if (passwordHash === '' && Object.keys(hashedPassword).length === 0) return undefined
  return { hash: passwordHash, hashedPassword, mustChange: mustChangePassword, setTime: passwordSetTime }
}
