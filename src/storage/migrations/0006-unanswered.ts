import type { Migration } from '../migrate.ts'

/** Messages that a peer took and never answered for. Older versions do not know of them and give such a message up after its next attempt, as they always did. */
export const unanswered: Migration = {
  number: 6,
  name: 'unanswered',
  async up({ db }) {
    await db.schema
      .alterTable('outbox')
      .addColumn('is_unanswered', 'bigint', (c) => c.notNull().defaultTo(0))
      .execute()
  },
}
