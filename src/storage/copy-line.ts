/** A row of texts, integers and nulls in the text format of PostgreSQL's `copy` (https://www.postgresql.org/docs/current/sql-copy.html, Text Format). */
export function copyLine(row: readonly unknown[]): string {
  return `${row.map(fieldOf).join('\t')}\n`
}

const special = /[\\\t\n\r]/
const escapes = new Map([
  ['\\', '\\\\'],
  ['\t', '\\t'],
  ['\n', '\\n'],
  ['\r', '\\r'],
])

function fieldOf(value: unknown): string {
  if (value === null) return '\\N'
  const text = String(value)
  return special.test(text) ? text.replace(/[\\\t\n\r]/g, (one) => escapes.get(one) ?? one) : text
}
