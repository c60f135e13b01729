import { sql } from 'kysely'
import type { Migration } from '../migrate.ts'

/** Messages of several channels: their templates, what is found in the delivery log, and one-time secrets of people who are no users yet. */
export const messages: Migration = {
  number: 4,
  name: 'messages',
  async up({ db, dialect }) {
    const text = dialect === 'postgres' ? sql`text collate "C"` : 'text'
    const empty = { channel: 'email', recipient_digest: '', reason: '' }
    for (const [column, initial] of Object.entries(empty)) {
      await db.schema
        .alterTable('outbox')
        .addColumn(column, text, (c) => c.notNull().defaultTo(initial))
        .execute()
    }
    await db.schema
      .alterTable('challenges')
      .addColumn('login_id', text, (c) => c.notNull().defaultTo(''))
      .execute()
    await db.schema
      .createTable('message_templates')
      .addColumn('project_id', text, (c) => c.notNull().references('projects.id').onDelete('cascade'))
      .addColumn('id', text, (c) => c.notNull())
      .addColumn('kind', text, (c) => c.notNull())
      .addColumn('channel', text, (c) => c.notNull())
      .addColumn('name', text, (c) => c.notNull())
      .addColumn('is_active', 'bigint', (c) => c.notNull())
      .addColumn('is_public', 'bigint', (c) => c.notNull())
      .addColumn('options', 'text', (c) => c.notNull())
      .addColumn('versions', 'text', (c) => c.notNull())
      .addColumn('created_at', 'bigint', (c) => c.notNull())
      .addColumn('modified_at', 'bigint', (c) => c.notNull())
      .addPrimaryKeyConstraint('message_templates_pk', ['project_id', 'id'])
      .execute()
    for (const statement of [
      "create index challenges_login_id on challenges (project_id, login_id) where login_id <> ''",
      'create index outbox_of_project on outbox (project_id, created_at, id)',
      'drop index outbox_user_index',
      'create index outbox_of_user on outbox (project_id, user_id, created_at, id) where user_id is not null',
      "create index outbox_state on outbox (project_id, state, created_at, id, channel) where recipient_digest <> ''",
      "create index outbox_failed on outbox (channel, created_at) where state = 'failed'",
      "create index outbox_recipient on outbox (project_id, recipient_digest, created_at, id) where recipient_digest <> ''",
      'create unique index message_templates_name on message_templates (project_id, kind, channel, name)',
      'create unique index message_templates_active on message_templates (project_id, kind, channel) where is_active = 1',
    ]) {
      await sql.raw(statement).execute(db)
    }
  },
}
