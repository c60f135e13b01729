import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { sql } from 'kysely'
import { createBackup, restoreBackup } from '../../src/backups.ts'
import { parseOptions } from '../../src/options.ts'
import type { Connection } from '../../src/storage/connection.ts'
import { closeForWriting, reopen } from '../../src/storage/moving/closing.ts'
import { newestSchema, openWholeDatabase } from '../../src/storage/whole-database.ts'
import { wholeTables } from '../../src/storage/whole-tables.ts'
import { databases } from '../databases.ts'
import { createKit } from '../kit.ts'
import { emptyDatabase, removeDatabases } from '../upgrades/empty-database.ts'

/** Backups and restores that something comes in the way of: kills, upgrades, leases of processes that are gone. */

after(removeDatabases)

const masterKey = randomBytes(32)
const nowSeconds = 1_790_000_000
const optionsFor = (database: string) => parseOptions({ flags: { database, outbox: true }, environment: {}, file: undefined })

type Write = (chunk: Uint8Array) => Promise<void>

async function backUp(database: string, during: Write = async () => undefined): Promise<Uint8Array> {
  const chunks: Uint8Array[] = []
  const write: Write = async (chunk) => {
    chunks.push(Uint8Array.from(chunk))
    await during(chunk)
  }
  await createBackup({ options: optionsFor(database), program: 'test', nowSeconds, write })
  return Buffer.concat(chunks)
}

const restore = (file: Uint8Array, database: string) =>
  restoreBackup({
    ...{ options: optionsFor(database), masterKey, endSessions: false, nowSeconds },
    async *open() {
      yield file
    },
  })

async function rowsOf(database: string): Promise<Readonly<Record<string, number>>> {
  const whole = await openWholeDatabase({ database })
  const count = async (view: Connection) => {
    const counts: Record<string, number> = {}
    for (const { name } of await wholeTables(view)) {
      const { rows } = await sql<{ found: number }>`select count(*) as found from ${sql.table(name)}`.execute(view.db)
      counts[name] = rows[0]?.found ?? 0
    }
    return counts
  }
  try {
    return await whole.view(count)
  } finally {
    await whole.close()
  }
}

const program = new URL('restoring-process.ts', import.meta.url).pathname

/** Starts a restore that gets so much of the file, and kills it when it asks for more. */
async function killedRestore(input: { readonly database: string; readonly file: string; readonly bytes: number }): Promise<void> {
  const words = [input.database, input.file, Buffer.from(masterKey).toString('base64url'), String(input.bytes)]
  const child = spawn(process.execPath, [program, ...words], { stdio: ['pipe', 'pipe', 'inherit'] })
  const ended = once(child, 'exit')
  const [said] = await Promise.race([once(child.stdout.setEncoding('utf8'), 'data'), ended])
  child.kill('SIGKILL')
  await ended
  assert.equal(said, 'loading\n')
}

for (const kind of databases) {
  test(`RL-09, F13: ${kind.name}: a restore that is killed leaves no row, and the next one goes through`, async () => {
    const { storage, url, close } = await kind.open()
    const folder = await mkdtemp(join(tmpdir(), 'postern-restore-'))
    try {
      const kit = await createKit(storage, {}, { masterKey })
      for (const name of ['ada', 'grace']) await kit.signUp(name)
      const backup = await backUp(url)
      const file = join(folder, 'backup')
      await writeFile(file, backup)
      const target = await emptyDatabase(kind.name)
      for (const bytes of [backup.length >> 1, backup.length - 1]) {
        await killedRestore({ database: target, file, bytes })
        const left = Object.entries(await rowsOf(target)).filter(([, rows]) => rows > 0)
        assert.deepEqual(left, [])
      }
      assert.equal((await restore(backup, target)).users, 2)
      assert.deepEqual(await rowsOf(target), { ...(await rowsOf(url)), leases: 0 })
    } finally {
      await rm(folder, { recursive: true, force: true })
      await close()
    }
  })

  test(`RL-09: ${kind.name}: a backup whose file cannot be written fails, and lets go of the database`, { timeout: 60_000 }, async () => {
    const { storage, url, close } = await kind.open()
    try {
      const kit = await createKit(storage, {}, { masterKey })
      // More than fits into what waits between the steps.
      const text = () => randomBytes(30_000).toString('hex')
      await storage.transaction(async (tx) => {
        for (let index = 0; index < 50; index++) await tx.meta.putIfAbsent(`filler-${index}`, text())
      })
      const full = () => Promise.reject(new Error('no space left'))
      await assert.rejects(backUp(url, full), /no space left/)
      await kit.signUp('ada')
    } finally {
      await close()
    }
  })

  test(`RL-09: ${kind.name}: a database that was moved elsewhere is not backed up as if it were in use`, async () => {
    const { storage, url, close } = await kind.open()
    const whole = await openWholeDatabase({ database: url })
    try {
      await createKit(storage, {}, { masterKey })
      const mark = { to: 'postgres://elsewhere/postern', at: '2026-11-26T03:00:00Z' }
      await whole.transaction(async (tx) => closeForWriting(tx, await wholeTables(tx), mark))
      await assert.rejects(backUp(url), /was moved to postgres:\/\/elsewhere/)
      await whole.transaction(reopen)
      await backUp(url)
    } finally {
      await whole.close()
      await close()
    }
  })

  test(`RL-09: ${kind.name}: leases of then are not restored`, async () => {
    const { storage, url, close } = await kind.open()
    try {
      await createKit(storage, {}, { masterKey })
      assert.ok(await storage.leases.take('purge', 'a process of then', 60))
      const target = await emptyDatabase(kind.name)
      await restore(await backUp(url), target)
      assert.deepEqual([(await rowsOf(url)).leases, (await rowsOf(target)).leases], [1, 0])
    } finally {
      await close()
    }
  })

  test(`RL-09, RL-10: ${kind.name}: a step of an upgrade during a backup is in none of it`, async () => {
    const { storage, url, close } = await kind.open()
    const whole = await openWholeDatabase({ database: url })
    try {
      const kit = await createKit(storage, {}, { masterKey })
      await kit.signUp('ada')
      let outcome: Promise<string> | undefined
      const step = () =>
        whole.transaction(async ({ db }) => {
          await db
            .insertInto('migrations')
            .values({ number: newestSchema + 1, name: 'later' })
            .execute()
          if (kind.name === 'postgres') await sql`set local lock_timeout = 100`.execute(db)
          await sql`alter table users add column later bigint not null default 1`.execute(db)
        })
      const file = await backUp(url, async () => {
        outcome ??= step().then(
          () => 'ran',
          () => 'waits',
        )
        await outcome
      })
      // A step that rewrites tables would leave them empty for a transaction on PostgreSQL that began before; SQLite goes on seeing what was.
      assert.equal(await outcome, kind.name === 'postgres' ? 'waits' : 'ran')
      const target = await emptyDatabase(kind.name)
      assert.deepEqual((({ users, schema }) => ({ users, schema }))(await restore(file, target)), { users: 1, schema: newestSchema })
    } finally {
      await whole.close()
      await close()
    }
  })
}
