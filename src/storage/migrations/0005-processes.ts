import { sql } from 'kysely'
import type { Migration } from '../migrate.ts'

/** Leases, by which processes agree who does a piece of background work. Older versions do not know them and do their work without, which does no harm: all of it is idempotent. */
export const processes: Migration = {
  number: 5,
  name: 'processes',
  async up({ db, dialect }) {
    const text = dialect === 'postgres' ? sql`text collate "C"` : 'text'
    await db.schema
      .createTable('leases')
      .addColumn('name', text, (c) => c.primaryKey().notNull())
      .addColumn('holder', text, (c) => c.notNull())
      .addColumn('expires_at', 'bigint', (c) => c.notNull())
      .execute()
  },
}
