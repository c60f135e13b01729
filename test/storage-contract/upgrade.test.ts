import assert from 'node:assert/strict'
import { DatabaseSync } from 'node:sqlite'
import pg from 'pg'
import type { Storage } from '../../src/core/storage.ts'
import { migrations } from '../../src/storage/migrations/index.ts'
import { openStorage } from '../../src/storage/open.ts'
import { openPostgres } from '../../src/storage/postgres.ts'
import { openSqlite } from '../../src/storage/sqlite.ts'
import { contractAlone, credential, now, user } from './records.ts'

/** What a database of schema 1 holds: one row of each kind that later steps add columns to. */
const rowsOfSchema1 = [
  `insert into projects (id, name, settings, settings_version, created_at) values ('P1', 'Old', '{"password":{"minLength":12}}', 3, ${now})`,
  `insert into users (project_id, id, status, email, is_email_verified, phone, is_phone_verified, name, given_name, middle_name, family_name, picture, is_test,
     custom_attributes, created_at, modified_at, last_sign_in_at)
   values ('P1', 'U1', 'enabled', '', 0, '', 0, '', '', '', '', '', 0, '{}', ${now}, ${now}, 0)`,
  "insert into login_ids (project_id, canonical, shown, user_id, position) values ('P1', 'ada', 'Ada', 'U1', 0)",
  `insert into credentials (project_id, user_id, kind, lookup, data, version, created_at, modified_at) values ('P1', 'U1', 'password', '', '{"hash":1}', 1, ${now}, ${now})`,
  `insert into management_keys (project_id, id, name, secret_digest, rights, created_at, expires_at, revoked_at) values ('P1', 'K1', 'first key', 'd', '{}', ${now}, 0, 0)`,
]

async function execute(url: string, statements: readonly string[]): Promise<void> {
  if (url.startsWith('sqlite:')) {
    const database = new DatabaseSync(url.slice('sqlite:'.length))
    for (const statement of statements) database.exec(statement)
    database.close()
    return
  }
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  for (const statement of statements) await client.query(statement)
  await client.end()
}

/** An empty database with schema 1, in place of the one at `url`; answers where it is. */
async function openSchema1(url: string): Promise<{ readonly storage: Storage; readonly url: string }> {
  const first = migrations.slice(0, 1)
  if (url.startsWith('sqlite:')) {
    const old = `${url}.old`
    return { storage: await openSqlite({ file: old.slice('sqlite:'.length), migrations: first }), url: old }
  }
  await execute(url, ['drop schema public cascade', 'create schema public'])
  return { storage: await openPostgres({ url, migrations: first }), url }
}

contractAlone('RL-10: a database of schema 1 is brought up to date with its rows', async ({ url: fresh }) => {
  const { storage: old, url } = await openSchema1(fresh)
  await old.close()
  await execute(url, rowsOfSchema1)
  const storage = await openStorage({ database: url })
  try {
    assert.deepEqual(await storage.projects.byId('P1'), {
      ...{ id: 'P1', name: 'Old', settings: { password: { minLength: 12 } }, settingsVersion: 3 },
      ...{ createdAt: now, environment: '', tags: [] },
    })
    assert.deepEqual(await storage.users.byLoginId('P1', 'ada'), {
      user: user('P1', 'U1'),
      loginIds: [{ canonical: 'ada', shown: 'Ada' }],
      credentialKinds: ['password'],
      roles: [],
      tenants: [],
    })
    assert.deepEqual(await storage.credentials.get('P1', 'U1', 'password', ''), credential('P1', 'U1'))
    const key = await storage.managementKeys.byId('P1', 'K1')
    assert.deepEqual([key?.description, key?.createdBy, key?.rights, key?.isActive], ['', '', {}, true])
    assert.equal((await storage.sessions.listForUser('P1', 'U1', now)).length, 0)
  } finally {
    await storage.close()
  }
})
