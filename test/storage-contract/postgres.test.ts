import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'
import { test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import pg from 'pg'
import { boundedTogether } from '../../src/core/vain-waits.ts'
import { openPostgres, type PostgresOptions } from '../../src/storage/postgres.ts'
import { databases, type TestDatabase } from '../databases.ts'
import { startProxy } from '../faults/proxy.ts'
import { loginId, now, project, race, user } from './records.ts'

const unavailable = { name: 'Unavailable' }

/** One test on PostgreSQL, if it is there, with a client of its own beside the storage. */
function onPostgres(title: string, run: (database: TestDatabase, admin: pg.Client) => Promise<void>): void {
  const kind = databases.find(({ name }) => name === 'postgres')
  if (!kind) return
  test(`postgres: ${title}`, async () => {
    const database = await kind.open()
    const admin = new pg.Client({ connectionString: database.url })
    await admin.connect()
    try {
      await run(database, admin)
    } finally {
      await admin.end()
      await database.close()
    }
  })
}

async function timed(run: Promise<unknown>): Promise<number> {
  const started = performance.now()
  await assert.rejects(run, unavailable)
  return performance.now() - started
}

onPostgres('RL-02: a database with synchronous_commit off is refused, also where it is off for the role alone', async ({ url }, admin) => {
  const name = new URL(url).pathname.slice(1)
  const role = `${name}_role`
  const asRole = Object.assign(new URL(url), { username: role }).href
  await admin.query(`create role ${role} login superuser`)
  try {
    for (const [target, mine] of [
      [`database ${name}`, url],
      [`role ${role}`, asRole],
    ] as const) {
      await admin.query(`alter ${target} set synchronous_commit = off`)
      await assert.rejects(openPostgres({ url: mine }), /synchronous_commit off.*allowAsynchronousCommit/)
      const unsafe: string[] = []
      const onUnsafeSetting = (setting: string) => void unsafe.push(setting)
      await (await openPostgres({ url: mine, allowsAsynchronousCommit: true, onUnsafeSetting })).close()
      // The server of the tests does not force anything to disk.
      assert.deepEqual(unsafe, ['synchronous_commit', 'fsync'])
      for (const setting of ['local', 'remote_write', 'remote_apply', 'on']) {
        await admin.query(`alter ${target} set synchronous_commit = ${setting}`)
        await (await openPostgres({ url: mine })).close()
      }
    }
  } finally {
    await admin.query(`drop role ${role}`)
  }
})

onPostgres('RL-02: what was checked stays in force when somebody changes it later', async ({ url }, admin) => {
  const name = new URL(url).pathname.slice(1)
  await showInMeta(admin, ['synchronous_commit'])
  await admin.query(`alter database ${name} set synchronous_commit = local`)
  const storage = await openPostgres({ url, poolSize: 1 })
  await admin.query(`alter database ${name} set synchronous_commit = off`)
  // The connections of the start are gone, so that another one shows what new ones get.
  await admin.query('select pg_terminate_backend(pid) from pg_stat_activity where pid <> pg_backend_pid() and datname = current_database()')
  await storage.ping().catch(() => undefined)
  assert.equal(await storage.meta.putIfAbsent('settings', ''), 'local')
  await storage.close()
})

for (const [parameters, message] of [
  ['?statement_timeout=0', /parameter statement_timeout is not taken/],
  ['?ssl=no-verify', /parameter ssl is not taken/],
  ['?sslmode=prefer', /sslmode cannot be used/],
] as const) {
  onPostgres(`RL-04: a URL does not switch protection off: ${parameters}`, async ({ url }) => {
    await assert.rejects(openPostgres({ url: `${url}${parameters}` }), message)
  })
}

/** What a session was started with is not to be seen from outside, so a function of the database writes it into values. */
async function showInMeta(admin: pg.Client, settings: readonly string[]): Promise<void> {
  await admin.query(`create function settings() returns trigger language plpgsql as $$ begin
    new.value = concat_ws(' ', ${settings.map((name) => `current_setting('${name}')`).join(', ')}); return new; end $$`)
  await admin.query('create trigger settings before insert on meta for each row execute function settings()')
}

onPostgres('RL-04: every limit is in force', async ({ url }, admin) => {
  const storage = await openPostgres({ url, poolSize: 2, deadlineMilliseconds: 1_000 })
  await showInMeta(admin, ['statement_timeout', 'lock_timeout', 'idle_in_transaction_session_timeout'])
  assert.equal(await storage.meta.putIfAbsent('settings', ''), '1s 700ms 2s')
  await storage.close()
})

onPostgres('RL-04: a locked table is waited for within bounds, and served when it is free', async ({ url }, admin) => {
  const storage = await openPostgres({ url, deadlineMilliseconds: 300 })
  await storage.projects.insert(project({ id: 'P1' }))
  await admin.query('begin')
  await admin.query('lock table users')
  const waits = await race(20, (index) => timed(storage.users.byId('P1', `U${index}`)))
  assert.ok(Math.max(...waits) < 3_000, `${Math.max(...waits)} ms`)
  await admin.query('commit')
  assert.equal(await storage.users.insert(user('P1', 'U1'), [loginId('a')]), true)
  await storage.close()
})

onPostgres('RL-04: one caller who tries again and again waits no longer than once', async ({ url }, admin) => {
  const storage = await openPostgres({ url, deadlineMilliseconds: 400 })
  await admin.query('begin')
  await admin.query('lock table users')
  const fiveTimes = async () => {
    let milliseconds = 0
    for (let time = 0; time < 5; time++) milliseconds += await timed(storage.users.byId('P1', 'U1'))
    return milliseconds
  }
  const [together, alone] = [await boundedTogether(fiveTimes), await fiveTimes()]
  assert.ok(together < alone * 0.75, `${together} ms, and ${alone} ms where nobody counts`)
  await admin.query('commit')
  await boundedTogether(() => storage.ping())
  await storage.close()
})

onPostgres('RL-04: a pool without a free connection is waited for within bounds', async ({ url }) => {
  const storage = await openPostgres({ url, poolSize: 1, connectMilliseconds: 100, deadlineMilliseconds: 5_000 })
  const holding = Promise.withResolvers<void>()
  const held = storage.transaction(() => holding.promise)
  assert.ok((await timed(storage.ping())) < 2_000)
  holding.resolve()
  await held
  await storage.ping()
  await storage.close()
})

onPostgres('RL-04: connections that the server closed are replaced', async ({ url }, admin) => {
  const poolSize = 4
  const storage = await openPostgres({ url, poolSize, onConnectionLost: (error) => assert.ok(error instanceof Error) })
  await storage.projects.insert(project({ id: 'P1' }))
  const cutAll = () =>
    admin.query('select pg_terminate_backend(pid) from pg_stat_activity where pid <> pg_backend_pid() and datname = current_database()')
  // The news of a closed connection may arrive after a query was sent on it, so each may fail one query, and no more.
  const recover = async () => {
    let failures = 0
    for (let successes = 0; successes < poolSize; successes++) {
      const isFine = await storage.ping().then(
        () => true,
        () => false,
      )
      if (!isFine) successes = -1
      failures += isFine ? 0 : 1
      assert.ok(failures <= poolSize)
    }
  }
  await race(2 * poolSize, () => storage.ping())
  await cutAll()
  await recover()
  const cutInside = storage.transaction(async (tx) => {
    await tx.users.insert(user('P1', 'U1'), [loginId('a')])
    await cutAll()
    await tx.users.insert(user('P1', 'U2'), [loginId('b')])
  })
  await assert.rejects(cutInside)
  await recover()
  assert.equal(await storage.users.byId('P1', 'U1'), undefined)
  assert.equal(await storage.users.insert(user('P1', 'U1'), [loginId('a')]), true)
  await storage.close()
})

/** Forwards to the server of `url` until it is told to hang; then it swallows. */
async function proxyOf(url: string) {
  const { hostname, port } = new URL(url)
  let isHanging = false
  const sockets = new Set<Socket>()
  const server = createServer((client) => {
    const upstream = connect(Number(port), hostname)
    for (const [from, to] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      sockets.add(from)
      from.on('data', (chunk) => isHanging || to.write(chunk))
      from.on('error', () => to.destroy())
      from.on('close', () => to.destroy())
    }
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  const target = new URL(url)
  target.port = String(typeof address === 'object' ? address?.port : '')
  return {
    url: target.href,
    hang(value: boolean) {
      isHanging = value
    },
    async close() {
      server.close()
      for (const socket of sockets) socket.destroy()
      await once(server, 'close')
    },
  }
}

onPostgres('RL-05: a commit whose answer is lost does not say that nothing happened', async ({ url, storage }) => {
  const target = new URL(url)
  const proxy = await startProxy({ port: Number(target.port) })
  target.port = String(proxy.port)
  const behind = await openPostgres({ url: target.href })
  try {
    proxy.set({ cutsAfterCommit: () => true })
    const cut = behind.transaction((tx) => tx.projects.insert(project({ id: 'P1' })))
    await assert.rejects(cut, /outcome of a commit is not known/)
    for (let tries = 0; tries < 1_000 && !(await storage.projects.byId('P1')); tries++) await delay(20)
    assert.ok(await storage.projects.byId('P1'), 'it had happened')
    proxy.set({})
    assert.ok(await behind.projects.byId('P1'), 'and there is another connection')
  } finally {
    await behind.close()
    await proxy.close()
  }
})

onPostgres('RL-05: a server that is stopped while it commits does not say that nothing happened', async ({ storage }, admin) => {
  await admin.query(`create function stop() returns trigger language plpgsql as $$ begin
    perform pg_terminate_backend(pg_backend_pid()), pg_sleep(0.01); return null; end $$`)
  await admin.query(
    'create constraint trigger stop after insert on projects deferrable initially deferred for each row execute function stop()',
  )
  const stopped = storage.transaction((tx) => tx.projects.insert(project({ id: 'P1' })))
  await assert.rejects(stopped, /outcome of a commit is not known/)
})

onPostgres('RL-04: a server that hangs is given up within bounds, and used again when it is back', async ({ url }) => {
  const proxy = await proxyOf(url)
  const storage = await openPostgres({ url: proxy.url, poolSize: 2, connectMilliseconds: 200, deadlineMilliseconds: 300 })
  await storage.projects.insert(project({ id: 'P1' }))
  await race(4, () => storage.ping())
  proxy.hang(true)
  for (let round = 0; round < 2; round++) {
    const waits = await race(6, () => timed(storage.attempts.take('P1', 'k', { max: 5, windowSeconds: 60 }, now)))
    assert.ok(Math.max(...waits) < 1_500, `${Math.max(...waits)} ms`)
  }
  assert.ok((await timed(storage.transaction(async (tx) => void (await tx.projects.byId('P1'))))) < 1_500)
  proxy.hang(false)
  assert.equal((await storage.projects.byId('P1'))?.id, 'P1')
  await storage.close()
  await proxy.close()
})

for (const [name, change, message] of [
  ['no server', { port: '1' }, /Cannot use the PostgreSQL database: .*ECONNREFUSED/],
  ['no such database', { pathname: '/missing' }, /Cannot use the PostgreSQL database: 3D000/],
] as const) {
  onPostgres(`a start says why it fails, without the password: ${name}`, async ({ url }) => {
    const target = Object.assign(new URL(url), { password: 'hunter2', ...change })
    const options: PostgresOptions = { url: target.href }
    await assert.rejects(openPostgres(options), (error: Error) => {
      assert.match(error.message, message)
      assert.doesNotMatch(error.message, /hunter2/)
      return true
    })
  })
}
