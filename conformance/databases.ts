/** The databases that every check runs on. The end of a check's name says which it was; the compatibility table has a column for each. */
export const databaseKinds = ['embedded', 'PostgreSQL'] as const
export type DatabaseKind = (typeof databaseKinds)[number]

/** The name of a check on a database. */
export function checkName(operation: string, kind: DatabaseKind): string {
  return `${operation} [${kind}]`
}

/** Takes such a name apart; `undefined` for anything else. */
export function parseCheckName(name: string): { readonly operation: string; readonly database: DatabaseKind } | undefined {
  const database = databaseKinds.find((kind) => name.endsWith(` [${kind}]`))
  return database && { operation: name.slice(0, -` [${database}]`.length), database }
}
