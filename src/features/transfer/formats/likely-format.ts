/** What only the records of one system have. Said of names alone, and of few: a file is refused by it. */
const marks: Readonly<Record<string, (record: Readonly<Record<string, unknown>>) => boolean>> = {
  postern: (record) => record.kind === 'header' && 'version' in record,
  descope: (record) => 'userId' in record && 'loginIds' in record && !('kind' in record),
  auth0: (record) => 'user_id' in record && 'identities' in record,
  firebase: (record) => 'localId' in record,
  keycloak: (record) => ['credentials', 'createdTimestamp', 'serviceAccountClientId'].some((name) => name in record),
  supabase: (record) => 'encrypted_password' in record,
  cognito: (record) => ('Username' in record && 'Attributes' in record) || 'cognito:username' in record,
}

/** Name of another format that a record bears the mark of, when it does not bear that of the format `named`. */
export function otherFormat(named: string, value: unknown): string | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined
  const record = value as Readonly<Record<string, unknown>>
  if (marks[named]?.(record)) return undefined
  return Object.keys(marks).find((name) => name !== named && marks[name]?.(record))
}
