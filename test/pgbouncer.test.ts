import assert from 'node:assert/strict'
import { test } from 'node:test'
import pg from 'pg'
import { openPostgres } from '../src/storage/postgres.ts'
import { databases } from './databases.ts'
import { createKit, goodPassword } from './kit.ts'
import { loginId, project, user } from './storage-contract/records.ts'

/** What is different through PgBouncer in transaction mode. `npm run pgbouncer` runs this and more. */

const direct = process.env.POSTERN_TEST_DIRECT_URL

/** `admin` is connected to the server itself. */
function throughPgBouncer(title: string, run: (on: { readonly url: string; readonly admin: pg.Client }) => Promise<void>): void {
  const kind = databases.find(({ name }) => name === 'postgres')
  if (!kind || !direct) return
  test(`pgbouncer: ${title}`, async () => {
    const database = await kind.open()
    const admin = new pg.Client({ connectionString: Object.assign(new URL(direct), { pathname: new URL(database.url).pathname }).href })
    await admin.connect()
    try {
      await run({ url: database.url, admin })
    } finally {
      await admin.end()
      await database.close()
    }
  })
}

throughPgBouncer('RL-02, RL-04: every limit is in force, in transactions and for single statements', async ({ url, admin }) => {
  const names = ['statement_timeout', 'lock_timeout', 'idle_in_transaction_session_timeout', 'synchronous_commit']
  await admin.query(`create function settings() returns trigger language plpgsql as $$ begin
    new.value = concat_ws(' ', ${names.map((name) => `current_setting('${name}')`).join(', ')}); return new; end $$`)
  await admin.query('create trigger settings before insert on meta for each row execute function settings()')
  const storage = await openPostgres({ url, deadlineMilliseconds: 10_000, lockMilliseconds: 7_000, idleTransactionMilliseconds: 20_000 })
  assert.equal(await storage.meta.putIfAbsent('single', ''), '10s 7s 20s on')
  assert.equal(await storage.transaction((tx) => tx.meta.putIfAbsent('transaction', '')), '10s 7s 20s on')
  // Nothing of it stays on the connection, which others have after us.
  const { rows } = await admin.query("select current_setting('statement_timeout') as setting")
  assert.deepEqual(rows, [{ setting: '0' }])
  await storage.close()
})

throughPgBouncer('RL-04: a locked table is waited for within bounds, and served when it is free', async ({ url, admin }) => {
  const storage = await openPostgres({ url, poolSize: 20, deadlineMilliseconds: 5_000, lockMilliseconds: 300 })
  await storage.projects.insert(project({ id: 'P1' }))
  await admin.query('begin')
  await admin.query('lock table users')
  await assert.rejects(storage.users.byId('P1', 'U1'), { name: 'Unavailable' })
  await assert.rejects(
    storage.transaction((tx) => tx.users.insert(user('P1', 'U1'), [loginId('a')])),
    { name: 'Unavailable' },
  )
  await admin.query('commit')
  assert.equal(await storage.users.insert(user('P1', 'U1'), [loginId('a')]), true)
  await storage.close()
})

throughPgBouncer('without the option it is refused, and told what to set', async ({ url }) => {
  await assert.rejects(
    openPostgres({ url: url.replace('?pgbouncer=true', '') }),
    /a pooler is in between: set databasePooler to transaction/i,
  )
  const storage = await openPostgres({ url: url.replace('?pgbouncer=true', ''), pooler: 'transaction' })
  await storage.ping()
  await storage.close()
})

throughPgBouncer('users sign up, sign in, refresh and reset; statements have no names', async ({ url }) => {
  const storage = await openPostgres({ url, poolSize: 20, connectMilliseconds: 20_000, deadlineMilliseconds: 30_000 })
  const kit = await createKit(storage)
  const loginIds = Array.from({ length: 8 }, (_, index) => `u${index}@acme.example`)
  await Promise.all(
    loginIds.map(async (loginId) => {
      const { refreshJwt } = await kit.signUp(loginId)
      const refreshed = await kit.call('/v1/auth/refresh', { token: refreshJwt, body: {} })
      assert.equal(refreshed.status, 200, refreshed.text)
      assert.equal((await kit.call('/v1/auth/password/reset', { body: { loginId } })).status, 200)
    }),
  )
  for (const loginId of loginIds) {
    const token = await kit.linkToken(loginId, 'password.reset')
    const verified = await kit.call('/v1/auth/magiclink/verify', { body: { token } })
    assert.equal(verified.status, 200, verified.text)
    const newPassword = `${goodPassword} anew`
    const updated = await kit.call('/v1/auth/password/update', { token: verified.body.refreshJwt, body: { loginId, newPassword } })
    assert.equal(updated.status, 200, updated.text)
    const signedIn = await kit.call('/v1/auth/password/signin', { body: { loginId, password: newPassword } })
    assert.equal(signedIn.status, 200, signedIn.text)
  }
  // Of the server's connections, whichever answers.
  const others = new pg.Pool({ connectionString: url, max: 8 })
  const counts = await Promise.all(
    Array.from({ length: 8 }, () => others.query('select pg_sleep(0.05), count(*)::int as count from pg_prepared_statements')),
  )
  assert.deepEqual(new Set(counts.map(({ rows }) => rows[0].count)), new Set([0]))
  await others.end()
  await kit.auth.close()
})
