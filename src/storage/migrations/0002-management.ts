import { type ColumnDataType, type Kysely, sql } from 'kysely'
import type { Dialect } from '../connection.ts'
import type { Migration } from '../migrate.ts'
import type { Tables } from '../tables.ts'

/** What an administrator manages: tenants, roles, permissions, access keys, attributes; more facts about users, projects and keys. */
export const management: Migration = {
  number: 2,
  name: 'management',
  async up({ db, dialect }) {
    const text = dialect === 'postgres' ? sql`text collate "C"` : 'text'
    await newColumns(db, dialect === 'postgres' ? 'text collate "C"' : 'text')
    await tenants(db, text)
    await access(db, text)
    await keys(db, text)
    await indexes(db, dialect)
  },
}

type Text = ColumnDataType | ReturnType<typeof sql>
type Database = Kysely<Tables>

/** Columns of tables that have rows already, with the value that those rows get. */
async function newColumns(db: Database, text: string): Promise<void> {
  for (const column of [
    `users add column recovery_email ${text} not null default ''`,
    'users add column is_recovery_email_verified integer not null default 0',
    `users add column recovery_phone ${text} not null default ''`,
    'users add column is_recovery_phone_verified integer not null default 0',
    'users add column is_anonymous integer not null default 0',
    `projects add column environment ${text} not null default ''`,
    "projects add column tags text not null default '[]'",
    'projects add column deleted_at bigint not null default 0',
    `credentials add column origin ${text} not null default ''`,
    'credentials add column is_foreign integer not null default 0',
    "management_keys add column description text not null default ''",
    'management_keys add column is_active integer not null default 1',
    `management_keys add column created_by ${text} not null default ''`,
  ]) {
    await sql.raw(`alter table ${column}`).execute(db)
  }
}

async function tenants(db: Database, text: Text): Promise<void> {
  await db.schema
    .createTable('tenants')
    .addColumn('project_id', text, (c) => c.notNull().references('projects.id').onDelete('cascade'))
    .addColumn('id', text, (c) => c.notNull())
    .addColumn('name', text, (c) => c.notNull())
    .addColumn('parent_id', text, (c) => c.notNull())
    .addColumn('self_provisioning_domains', 'text', (c) => c.notNull())
    .addColumn('custom_attributes', 'text', (c) => c.notNull())
    .addColumn('is_disabled', 'integer', (c) => c.notNull())
    .addColumn('is_sso_enforced', 'integer', (c) => c.notNull())
    .addColumn('sso_exclusions', 'text', (c) => c.notNull())
    .addColumn('role_inheritance', text, (c) => c.notNull())
    .addColumn('default_role_names', 'text', (c) => c.notNull())
    .addColumn('session_settings', 'text', (c) => c.notNull())
    .addColumn('password_settings', 'text', (c) => c.notNull())
    .addColumn('created_at', 'bigint', (c) => c.notNull())
    .addColumn('modified_at', 'bigint', (c) => c.notNull())
    .addPrimaryKeyConstraint('tenants_pk', ['project_id', 'id'])
    .execute()
  // A subject is a user or an access key, so it has no foreign key; both take theirs along when they go.
  await db.schema
    .createTable('memberships')
    .addColumn('project_id', text, (c) => c.notNull())
    .addColumn('subject_id', text, (c) => c.notNull())
    .addColumn('tenant_id', text, (c) => c.notNull())
    .addPrimaryKeyConstraint('memberships_pk', ['project_id', 'subject_id', 'tenant_id'])
    .addForeignKeyConstraint('memberships_tenant', ['project_id', 'tenant_id'], 'tenants', ['project_id', 'id'], (c) =>
      c.onDelete('cascade'),
    )
    .execute()
}

async function access(db: Database, text: Text): Promise<void> {
  await db.schema
    .createTable('permissions')
    .addColumn('project_id', text, (c) => c.notNull().references('projects.id').onDelete('cascade'))
    .addColumn('id', text, (c) => c.notNull())
    .addColumn('name', text, (c) => c.notNull())
    .addColumn('description', 'text', (c) => c.notNull())
    .addColumn('created_at', 'bigint', (c) => c.notNull())
    .addPrimaryKeyConstraint('permissions_pk', ['project_id', 'id'])
    .addUniqueConstraint('permissions_name', ['project_id', 'name'])
    .execute()
  await db.schema
    .createTable('roles')
    .addColumn('project_id', text, (c) => c.notNull().references('projects.id').onDelete('cascade'))
    .addColumn('id', text, (c) => c.notNull())
    .addColumn('tenant_id', text)
    .addColumn('name', text, (c) => c.notNull())
    .addColumn('description', 'text', (c) => c.notNull())
    .addColumn('permission_names', 'text', (c) => c.notNull())
    .addColumn('is_default', 'integer', (c) => c.notNull())
    .addColumn('is_private', 'integer', (c) => c.notNull())
    .addColumn('created_at', 'bigint', (c) => c.notNull())
    .addPrimaryKeyConstraint('roles_pk', ['project_id', 'id'])
    .addForeignKeyConstraint('roles_tenant', ['project_id', 'tenant_id'], 'tenants', ['project_id', 'id'], (c) => c.onDelete('cascade'))
    .execute()
  // `tenant_id` is '' where the role holds for the whole project, so that it can be part of the key.
  await db.schema
    .createTable('role_assignments')
    .addColumn('project_id', text, (c) => c.notNull())
    .addColumn('subject_id', text, (c) => c.notNull())
    .addColumn('tenant_id', text, (c) => c.notNull())
    .addColumn('role_id', text, (c) => c.notNull())
    .addPrimaryKeyConstraint('role_assignments_pk', ['project_id', 'subject_id', 'tenant_id', 'role_id'])
    .addForeignKeyConstraint('role_assignments_role', ['project_id', 'role_id'], 'roles', ['project_id', 'id'], (c) =>
      c.onDelete('cascade'),
    )
    .execute()
}

async function keys(db: Database, text: Text): Promise<void> {
  await db.schema
    .createTable('access_keys')
    .addColumn('project_id', text, (c) => c.notNull().references('projects.id').onDelete('cascade'))
    .addColumn('id', text, (c) => c.notNull())
    .addColumn('name', text, (c) => c.notNull())
    .addColumn('description', 'text', (c) => c.notNull())
    .addColumn('secret_digest', text, (c) => c.notNull())
    .addColumn('status', text, (c) => c.notNull())
    .addColumn('user_id', text)
    .addColumn('custom_claims', 'text', (c) => c.notNull())
    .addColumn('custom_attributes', 'text', (c) => c.notNull())
    .addColumn('permitted_ips', 'text', (c) => c.notNull())
    .addColumn('created_by', text, (c) => c.notNull())
    .addColumn('created_at', 'bigint', (c) => c.notNull())
    .addColumn('modified_at', 'bigint', (c) => c.notNull())
    .addColumn('expires_at', 'bigint', (c) => c.notNull())
    .addPrimaryKeyConstraint('access_keys_pk', ['project_id', 'id'])
    .addForeignKeyConstraint('access_keys_user', ['project_id', 'user_id'], 'users', ['project_id', 'id'], (c) => c.onDelete('cascade'))
    .execute()
  await db.schema
    .createTable('attributes')
    .addColumn('project_id', text, (c) => c.notNull().references('projects.id').onDelete('cascade'))
    .addColumn('subject', text, (c) => c.notNull())
    .addColumn('name', text, (c) => c.notNull())
    .addColumn('definition', 'text', (c) => c.notNull())
    .addColumn('created_at', 'bigint', (c) => c.notNull())
    .addPrimaryKeyConstraint('attributes_pk', ['project_id', 'subject', 'name'])
    .execute()
}

/** PostgreSQL keeps equal entries as one, so that totals are read from a few pages; and it looks into the attributes. SQLite reads all of them, but not all of the users. */
const indexesOf: Readonly<Record<Dialect, readonly string[]>> = {
  postgres: [
    'create index users_kinds on users (project_id, is_test, status, is_email_verified, is_phone_verified) where is_anonymous = 0',
    "create index users_attributes on users using gin ((custom_attributes::jsonb) jsonb_path_ops) where custom_attributes <> '{}'",
  ],
  // By ID, which grow with time, so that new users come last.
  sqlite: ["create index users_attributes on users (project_id, id, custom_attributes) where custom_attributes <> '{}'"],
}

async function indexes(db: Database, dialect: Dialect): Promise<void> {
  for (const statement of [
    ...indexesOf[dialect],
    'create unique index tenants_name on tenants (project_id, name)',
    'create index tenants_parent on tenants (project_id, parent_id)',
    'create index memberships_tenant_index on memberships (project_id, tenant_id, subject_id)',
    "create unique index roles_name on roles (project_id, coalesce(tenant_id, ''), name)",
    'create index roles_tenant_index on roles (project_id, tenant_id)',
    'create index role_assignments_tenant_index on role_assignments (project_id, tenant_id)',
    'create index role_assignments_role_index on role_assignments (project_id, role_id, tenant_id, subject_id)',
    'create index access_keys_user_index on access_keys (project_id, user_id) where user_id is not null',
    // Holds all that the usual questions about many users ask for, so that pages and totals are read from it alone.
    'create index users_listing on users (project_id, created_at, id, is_test, status, is_email_verified, is_phone_verified) where is_anonymous = 0',
    'create index users_modified on users (project_id, modified_at, id)',
    "create index users_email on users (project_id, lower(email)) where email <> ''",
    "create index users_name on users (project_id, lower(name)) where name <> ''",
    "create index users_given_name on users (project_id, lower(given_name)) where given_name <> ''",
    "create index users_family_name on users (project_id, lower(family_name)) where family_name <> ''",
    "create index users_phone on users (project_id, phone) where phone <> ''",
    'create index users_test on users (project_id, id) where is_test = 1',
    'create index users_anonymous on users (created_at) where is_anonymous = 1',
    "create index credentials_imported on credentials (project_id, origin, is_foreign) where origin <> ''",
    'create index events_time on events (project_id, occurred_at_milliseconds, id)',
  ]) {
    await sql.raw(statement).execute(db)
  }
}
