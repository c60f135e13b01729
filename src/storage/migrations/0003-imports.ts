import { sql } from 'kysely'
import type { Migration } from '../migrate.ts'

/** How far imports of users are, so that one that was broken off can go on. */
export const imports: Migration = {
  number: 3,
  name: 'imports',
  async up({ db, dialect }) {
    const text = dialect === 'postgres' ? sql`text collate "C"` : 'text'
    await db.schema
      .createTable('imports')
      .addColumn('project_id', text, (c) => c.notNull().references('projects.id').onDelete('cascade'))
      .addColumn('fingerprint', text, (c) => c.notNull())
      .addColumn('progress', 'text', (c) => c.notNull())
      .addColumn('modified_at', 'bigint', (c) => c.notNull())
      .addPrimaryKeyConstraint('imports_pk', ['project_id', 'fingerprint'])
      .execute()
  },
}
