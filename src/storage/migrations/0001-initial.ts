import { type ColumnDataType, type Kysely, sql } from 'kysely'
import type { Migration } from '../migrate.ts'
import type { Tables } from '../tables.ts'

/** Everything that the first release keeps. */
export const initial: Migration = {
  number: 1,
  name: 'initial',
  async up({ db, dialect }) {
    // Texts compare by their bytes on both databases (IN-02); only PostgreSQL has to be told.
    const text = dialect === 'postgres' ? sql`text collate "C"` : 'text'
    await accounts(db, text)
    await sessions(db, text)
    await projectThings(db, text)
    await indexes(db)
  },
}

type Text = ColumnDataType | ReturnType<typeof sql>
type Database = Kysely<Tables>

async function accounts(db: Database, text: Text): Promise<void> {
  await db.schema
    .createTable('projects')
    .addColumn('id', text, (c) => c.primaryKey().notNull())
    .addColumn('name', text, (c) => c.notNull())
    .addColumn('settings', 'text', (c) => c.notNull())
    .addColumn('settings_version', 'bigint', (c) => c.notNull())
    .addColumn('created_at', 'bigint', (c) => c.notNull())
    .execute()
  await db.schema
    .createTable('users')
    .addColumn('project_id', text, (c) => c.notNull().references('projects.id').onDelete('cascade'))
    .addColumn('id', text, (c) => c.notNull())
    .addColumn('status', text, (c) => c.notNull())
    .addColumn('email', text, (c) => c.notNull())
    .addColumn('is_email_verified', 'integer', (c) => c.notNull())
    .addColumn('phone', text, (c) => c.notNull())
    .addColumn('is_phone_verified', 'integer', (c) => c.notNull())
    .addColumn('name', text, (c) => c.notNull())
    .addColumn('given_name', text, (c) => c.notNull())
    .addColumn('middle_name', text, (c) => c.notNull())
    .addColumn('family_name', text, (c) => c.notNull())
    .addColumn('picture', text, (c) => c.notNull())
    .addColumn('is_test', 'integer', (c) => c.notNull())
    .addColumn('custom_attributes', 'text', (c) => c.notNull())
    .addColumn('created_at', 'bigint', (c) => c.notNull())
    .addColumn('modified_at', 'bigint', (c) => c.notNull())
    .addColumn('last_sign_in_at', 'bigint', (c) => c.notNull())
    .addPrimaryKeyConstraint('users_pk', ['project_id', 'id'])
    .execute()
  await db.schema
    .createTable('login_ids')
    .addColumn('project_id', text, (c) => c.notNull())
    .addColumn('canonical', text, (c) => c.notNull())
    .addColumn('shown', text, (c) => c.notNull())
    .addColumn('user_id', text, (c) => c.notNull())
    .addColumn('position', 'bigint', (c) => c.notNull())
    .addPrimaryKeyConstraint('login_ids_pk', ['project_id', 'canonical'])
    .addForeignKeyConstraint('login_ids_user', ['project_id', 'user_id'], 'users', ['project_id', 'id'], (c) => c.onDelete('cascade'))
    .execute()
  await db.schema
    .createTable('credentials')
    .addColumn('project_id', text, (c) => c.notNull())
    .addColumn('user_id', text, (c) => c.notNull())
    .addColumn('kind', text, (c) => c.notNull())
    .addColumn('lookup', text, (c) => c.notNull())
    .addColumn('data', 'text', (c) => c.notNull())
    .addColumn('version', 'bigint', (c) => c.notNull())
    .addColumn('created_at', 'bigint', (c) => c.notNull())
    .addColumn('modified_at', 'bigint', (c) => c.notNull())
    .addPrimaryKeyConstraint('credentials_pk', ['project_id', 'user_id', 'kind', 'lookup'])
    .addForeignKeyConstraint('credentials_user', ['project_id', 'user_id'], 'users', ['project_id', 'id'], (c) => c.onDelete('cascade'))
    .execute()
}

async function sessions(db: Database, text: Text): Promise<void> {
  await db.schema
    .createTable('challenges')
    .addColumn('project_id', text, (c) => c.notNull().references('projects.id').onDelete('cascade'))
    .addColumn('id', text, (c) => c.notNull())
    .addColumn('purpose', text, (c) => c.notNull())
    .addColumn('user_id', text)
    .addColumn('address', text, (c) => c.notNull())
    .addColumn('secret_digest', text, (c) => c.notNull())
    .addColumn('data', 'text', (c) => c.notNull())
    .addColumn('created_at', 'bigint', (c) => c.notNull())
    .addColumn('expires_at', 'bigint', (c) => c.notNull())
    .addPrimaryKeyConstraint('challenges_pk', ['project_id', 'id'])
    .addForeignKeyConstraint('challenges_user', ['project_id', 'user_id'], 'users', ['project_id', 'id'], (c) => c.onDelete('cascade'))
    .execute()
  await db.schema
    .createTable('sessions')
    .addColumn('project_id', text, (c) => c.notNull())
    .addColumn('id', text, (c) => c.notNull())
    .addColumn('user_id', text, (c) => c.notNull())
    .addColumn('generation', 'bigint', (c) => c.notNull())
    .addColumn('rotated_at', 'bigint', (c) => c.notNull())
    .addColumn('refreshed_at', 'bigint', (c) => c.notNull())
    .addColumn('authenticated_at', 'bigint', (c) => c.notNull())
    .addColumn('created_at', 'bigint', (c) => c.notNull())
    .addColumn('expires_at', 'bigint', (c) => c.notNull())
    .addColumn('password_due_at', 'bigint', (c) => c.notNull())
    .addColumn('ended_at', 'bigint', (c) => c.notNull())
    .addColumn('ended_reason', text, (c) => c.notNull())
    .addColumn('amr', 'text', (c) => c.notNull())
    .addColumn('claims', 'text', (c) => c.notNull())
    .addColumn('ip', text, (c) => c.notNull())
    .addColumn('user_agent', text, (c) => c.notNull())
    .addPrimaryKeyConstraint('sessions_pk', ['project_id', 'id'])
    .addForeignKeyConstraint('sessions_user', ['project_id', 'user_id'], 'users', ['project_id', 'id'], (c) => c.onDelete('cascade'))
    .execute()
  await db.schema
    .createTable('attempts')
    .addColumn('project_id', text, (c) => c.notNull().references('projects.id').onDelete('cascade'))
    .addColumn('key', text, (c) => c.notNull())
    .addColumn('count', 'bigint', (c) => c.notNull())
    .addColumn('window_ends_at', 'bigint', (c) => c.notNull())
    .addPrimaryKeyConstraint('attempts_pk', ['project_id', 'key'])
    .execute()
}

async function projectThings(db: Database, text: Text): Promise<void> {
  await db.schema
    .createTable('signing_keys')
    .addColumn('project_id', text, (c) => c.notNull().references('projects.id').onDelete('cascade'))
    .addColumn('id', text, (c) => c.notNull())
    .addColumn('algorithm', text, (c) => c.notNull())
    .addColumn('public_jwk', 'text', (c) => c.notNull())
    .addColumn('sealed_private_jwk', 'text', (c) => c.notNull())
    .addColumn('created_at', 'bigint', (c) => c.notNull())
    .addColumn('active_at', 'bigint', (c) => c.notNull())
    .addColumn('revoked_at', 'bigint', (c) => c.notNull())
    .addPrimaryKeyConstraint('signing_keys_pk', ['project_id', 'id'])
    .execute()
  await db.schema
    .createTable('management_keys')
    .addColumn('project_id', text, (c) => c.notNull().references('projects.id').onDelete('cascade'))
    .addColumn('id', text, (c) => c.notNull())
    .addColumn('name', text, (c) => c.notNull())
    .addColumn('secret_digest', text, (c) => c.notNull())
    .addColumn('rights', 'text', (c) => c.notNull())
    .addColumn('created_at', 'bigint', (c) => c.notNull())
    .addColumn('expires_at', 'bigint', (c) => c.notNull())
    .addColumn('revoked_at', 'bigint', (c) => c.notNull())
    .addPrimaryKeyConstraint('management_keys_pk', ['project_id', 'id'])
    .execute()
  // The audit trail outlives the users it is about, so it has no foreign key to them.
  await db.schema
    .createTable('events')
    .addColumn('project_id', text, (c) => c.notNull().references('projects.id').onDelete('cascade'))
    .addColumn('id', text, (c) => c.notNull())
    .addColumn('occurred_at_milliseconds', 'bigint', (c) => c.notNull())
    .addColumn('type', text, (c) => c.notNull())
    .addColumn('outcome', text, (c) => c.notNull())
    .addColumn('actor_kind', text, (c) => c.notNull())
    .addColumn('actor_id', text, (c) => c.notNull())
    .addColumn('user_id', text, (c) => c.notNull())
    .addColumn('ip', text, (c) => c.notNull())
    .addColumn('user_agent', text, (c) => c.notNull())
    .addColumn('data', 'text', (c) => c.notNull())
    .addPrimaryKeyConstraint('events_pk', ['project_id', 'id'])
    .execute()
  await db.schema
    .createTable('outbox')
    .addColumn('project_id', text, (c) => c.notNull().references('projects.id').onDelete('cascade'))
    .addColumn('id', text, (c) => c.notNull())
    .addColumn('kind', text, (c) => c.notNull())
    .addColumn('user_id', text)
    .addColumn('sealed_content', 'text', (c) => c.notNull())
    .addColumn('state', text, (c) => c.notNull())
    .addColumn('attempts', 'bigint', (c) => c.notNull())
    .addColumn('next_attempt_at', 'bigint', (c) => c.notNull())
    .addColumn('created_at', 'bigint', (c) => c.notNull())
    .addColumn('expires_at', 'bigint', (c) => c.notNull())
    .addColumn('finished_at', 'bigint', (c) => c.notNull())
    .addPrimaryKeyConstraint('outbox_pk', ['project_id', 'id'])
    .addForeignKeyConstraint('outbox_user', ['project_id', 'user_id'], 'users', ['project_id', 'id'], (c) => c.onDelete('cascade'))
    .execute()
  await db.schema
    .createTable('meta')
    .addColumn('key', text, (c) => c.primaryKey().notNull())
    .addColumn('value', 'text', (c) => c.notNull())
    .execute()
}

/** One index for each question that is asked often or of a large table, and for each foreign key; partial ones stay small. */
async function indexes(db: Database): Promise<void> {
  for (const statement of [
    'create index login_ids_user_index on login_ids (project_id, user_id, position)',
    'create index challenges_user_index on challenges (project_id, user_id)',
    'create index challenges_expiry on challenges (expires_at)',
    'create index sessions_user_index on sessions (project_id, user_id)',
    'create index sessions_live on sessions (expires_at) where ended_at = 0',
    'create index sessions_ended on sessions (ended_at) where ended_at > 0',
    'create index sessions_password_due on sessions (password_due_at) where password_due_at > 0 and ended_at = 0',
    'create index attempts_window on attempts (window_ends_at) where window_ends_at > 0',
    'create index events_user_index on events (project_id, user_id, occurred_at_milliseconds)',
    'create index outbox_user_index on outbox (project_id, user_id) where user_id is not null',
    "create index outbox_due on outbox (next_attempt_at) where state = 'pending'",
    "create index outbox_finished on outbox (finished_at) where state <> 'pending'",
    'create index outbox_newest on outbox (created_at)',
  ]) {
    await sql.raw(statement).execute(db)
  }
}
