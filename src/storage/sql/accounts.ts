import { type ExpressionBuilder, sql } from 'kysely'
import type { LoginIdRecord, UserWithLoginIds } from '../../core/storage.ts'
import type { ResultRow } from '../columns.ts'
import { type Tables, userColumns } from '../tables.ts'

/**
 * A user together with its login IDs and kinds of credentials, as one row of one query. Both lists are texts with separators that no login ID
 * can hold: control characters are refused where login IDs are read, and again in `assertSeparable`.
 */
const unitSeparator = '\u001f'
const recordSeparator = '\u001e'

/** Selects what `readAccount` reads; for queries with `users` in their from clause. */
export function accountSelection(eb: ExpressionBuilder<Tables, 'users'>) {
  const pair = sql`login_ids.canonical || ${sql.lit(unitSeparator)} || login_ids.shown`
  return [
    ...userColumns.all,
    eb
      .selectFrom('login_ids')
      .whereRef('login_ids.project_id', '=', 'users.project_id')
      .whereRef('login_ids.user_id', '=', 'users.id')
      .select(sql<string | null>`string_agg(${pair}, ${sql.lit(recordSeparator)} order by login_ids.position)`.as('pairs'))
      .as('account.loginIds'),
    eb
      .selectFrom('credentials as own')
      .whereRef('own.project_id', '=', 'users.project_id')
      .whereRef('own.user_id', '=', 'users.id')
      .select(sql<string | null>`string_agg(own.kind, ${sql.lit(recordSeparator)} order by own.kind)`.as('kinds'))
      .as('account.credentialKinds'),
  ] as const
}

export function readAccount(row: ResultRow): UserWithLoginIds {
  return {
    user: userColumns.read(row),
    loginIds: split(row['account.loginIds'], recordSeparator).map(readPair),
    credentialKinds: [...new Set(split(row['account.credentialKinds'], recordSeparator))],
  }
}

function split(text: unknown, separator: string): string[] {
  return typeof text === 'string' ? text.split(separator) : []
}

function readPair(pair: string): LoginIdRecord {
  const [canonical = '', shown = ''] = pair.split(unitSeparator)
  return { canonical, shown }
}

/** Throws on a login ID that `readAccount` could not tell from two. A bug of the caller. */
export function assertSeparable(loginIds: readonly LoginIdRecord[]): void {
  for (const text of loginIds.flatMap((id) => [id.canonical, id.shown])) {
    if (text.includes(unitSeparator) || text.includes(recordSeparator)) throw new Error('A login ID holds a control character')
  }
}
