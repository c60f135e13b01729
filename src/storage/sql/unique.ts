import { sql } from 'kysely'
import type { Connection } from '../connection.ts'

/**
 * Runs an update that may break a unique name. False when it did; nothing is changed then. Inside a transaction of PostgreSQL a broken constraint would doom
 * everything, so it happens behind a savepoint.
 */
export async function unlessTaken({ db, dialect }: Connection, run: (connection: Connection) => Promise<unknown>): Promise<boolean> {
  try {
    if (!db.isTransaction || dialect === 'sqlite') {
      await run({ db, dialect })
      return true
    }
    await sql`savepoint unless_taken`.execute(db)
    try {
      await run({ db, dialect })
      await sql`release savepoint unless_taken`.execute(db)
      return true
    } catch (error) {
      await sql`rollback to savepoint unless_taken`.execute(db)
      throw error
    }
  } catch (error) {
    if (isUniqueViolation(error)) return false
    throw error
  }
}

/** SQLSTATE 23505 of PostgreSQL; extended result codes 2067 and 1555 of SQLite. */
function isUniqueViolation(error: unknown): boolean {
  if (!(error instanceof Error)) return false
  const { code, errcode } = error as { readonly code?: unknown; readonly errcode?: unknown }
  return code === '23505' || errcode === 2067 || errcode === 1555
}
