import assert from 'node:assert/strict'
import { test } from 'node:test'
import pg from 'pg'
import type { Storage } from '../../src/core/storage.ts'
import { openPostgres } from '../../src/storage/postgres.ts'
import { databases } from '../databases.ts'
import { loginId, project, race, user } from './records.ts'

/** Real conflicts on PostgreSQL: what the server undoes because of others is run again, and happens once. */

interface World {
  readonly storage: Storage
  readonly admin: pg.Client
}

function onPostgres(title: string, sessionOptions: string, run: (world: World) => Promise<void>): void {
  const kind = databases.find(({ name }) => name === 'postgres')
  if (!kind) return
  test(`postgres: ${title}`, async () => {
    const database = await kind.open()
    const admin = new pg.Client({ connectionString: database.url })
    // Conflicts take long on a machine that is busy, and no limit of time is what is tested here.
    const url = `${database.url}?options=${encodeURIComponent(sessionOptions)}`
    const storage = await openPostgres({ url, poolSize: 8, connectMilliseconds: 30_000, deadlineMilliseconds: 60_000 })
    try {
      await admin.connect()
      await storage.projects.insert(project({ id: 'P1' }))
      await run({ storage, admin })
    } finally {
      await storage.close()
      await admin.end()
      await database.close()
    }
  })
}

const serialisable = '-c default_transaction_isolation=serializable'

onPostgres(
  'conflicts: serialisable transactions that read what others write all commit, one after the other',
  serialisable,
  async ({ storage }) => {
    let runs = 0
    const bothHaveRead = Promise.withResolvers<void>()
    const takeVersion = async () => {
      let read = 0
      await storage.transaction(async (tx) => {
        const record = await tx.projects.byId('P1')
        read = record?.settingsVersion ?? 0
        if (++runs === 2) bothHaveRead.resolve()
        // Nobody writes before both have read, so that one of them must be run again.
        await bothHaveRead.promise
        assert.equal(await tx.projects.saveSettings('P1', {}, read), true)
      })
      return read
    }
    const versions = await race(2, takeVersion)
    assert.deepEqual([...versions].toSorted(), [1, 2])
    assert.equal((await storage.projects.byId('P1'))?.settingsVersion, 3)
    assert.ok(runs > 2, `${runs} runs`)
  },
)

onPostgres('conflicts: what is undone at the commit is run again', serialisable, async ({ storage }) => {
  // Each looks whether the other is there, and comes only if not: the server finds out when the second commits.
  let runs = 0
  const bothHaveLooked = Promise.withResolvers<void>()
  const comeAlone = (mine: string, other: string) =>
    storage.transaction(async (tx) => {
      const isAlone = (await tx.users.byId('P1', other)) === undefined
      if (++runs === 2) bothHaveLooked.resolve()
      await bothHaveLooked.promise
      if (isAlone) await tx.users.insert(user('P1', mine), [loginId(mine)])
      return isAlone
    })
  const alone = await Promise.all([comeAlone('U1', 'U2'), comeAlone('U2', 'U1')])
  assert.deepEqual(alone.toSorted(), [false, true])
  assert.equal((await storage.users.list('P1', { limit: 10 })).items.length, 1)
})

onPostgres('conflicts: two that wait for each other both commit', '-c deadlock_timeout=20ms', async ({ storage }) => {
  for (const id of ['U1', 'U2']) await storage.users.insert(user('P1', id), [loginId(id)])
  let runs = 0
  const bothHaveOne = Promise.withResolvers<void>()
  const lockBoth = (first: string, second: string) =>
    storage.transaction(async (tx) => {
      await tx.users.lock('P1', first)
      if (++runs === 2) bothHaveOne.resolve()
      await bothHaveOne.promise
      await tx.users.lock('P1', second)
      await tx.users.update('P1', second, { email: `${first}@acme.example` })
    })
  await Promise.all([lockBoth('U1', 'U2'), lockBoth('U2', 'U1')])
  assert.equal(runs, 3)
  assert.equal((await storage.users.byId('P1', 'U1'))?.user.email, 'U2@acme.example')
  assert.equal((await storage.users.byId('P1', 'U2'))?.user.email, 'U1@acme.example')
})

onPostgres('conflicts: a statement that stands alone is run again', '', async ({ storage, admin }) => {
  await admin.query(`create sequence tries`)
  await admin.query(`create function conflict() returns trigger language plpgsql as $$ begin
    if nextval('tries') < 3 then raise exception 'no' using errcode = '40001'; end if; return new; end $$`)
  await admin.query('create trigger conflict before insert on meta for each row execute function conflict()')
  assert.equal(await storage.meta.putIfAbsent('k', 'v'), 'v')
  assert.equal(await storage.meta.get('k'), 'v')
})

onPostgres('conflicts: what always conflicts is unavailable, and nothing of it stays', '', async ({ storage, admin }) => {
  await admin.query(`create function conflict() returns trigger language plpgsql as $$ begin
    raise exception 'no' using errcode = '40001'; end $$`)
  await admin.query(
    'create constraint trigger conflict after insert on users deferrable initially deferred for each row execute function conflict()',
  )
  let runs = 0
  const never = storage.transaction(async (tx) => {
    runs++
    await tx.users.insert(user('P1', 'U1'), [loginId('a')])
  })
  await assert.rejects(never, { name: 'Unavailable' })
  assert.equal(runs, 6)
  assert.equal(await storage.users.byId('P1', 'U1'), undefined)
})
