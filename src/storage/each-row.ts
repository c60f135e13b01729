/**
 * Stands for the parameters of a statement that takes many rows. SQLite runs the statement once for each; what it answers are the places of the rows that it did not
 * write, as `refused`. To PostgreSQL the statement is a `copy` from the client, which writes all or none.
 */
export interface EachRow {
  /** JSON with an array for each row for SQLite, the text format of `copy` for PostgreSQL: a text is a tenth of what rows weigh, and of what it costs to hand them over. */
  readonly eachRow: string
}

export function forEachRow(eachRow: string): EachRow {
  return { eachRow }
}

export function isEachRow(parameter: unknown): parameter is EachRow {
  return typeof parameter === 'object' && parameter !== null && 'eachRow' in parameter
}
