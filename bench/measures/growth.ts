import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import pg from 'pg'
import type { Auth } from '../../src/auth.ts'
import { newId } from '../../src/core/secrets.ts'
import { createDatabase } from '../../test/server-process.ts'
import type { Bench } from '../bench.ts'
import { atMost } from '../report.ts'
import { loginIdOf, seedUsers, sharedHash } from '../seed.ts'
import { type Installation, install } from '../servers.ts'

const fullRows = 20_000
const shortRows = 2_000
const yearSeconds = 31_536_000

interface Place {
  readonly name: string
  readonly installation: Installation
  /** Of all tables with their indexes. */
  bytes(): Promise<number>
  drop(): Promise<void>
}

/** What a user, a session, an entry of the audit trail and a message weigh, and how long a writer waits while expired rows are deleted. */
export async function measureGrowth(bench: Bench, postgresUrl: string | undefined): Promise<void> {
  await grow(bench, await onSqlite())
  if (postgresUrl) await grow(bench, await onPostgres(postgresUrl))
}

async function onSqlite(): Promise<Place> {
  const installation = await install()
  const bytes = async () => {
    const database = new DatabaseSync(join(installation.folder, 'postern.db'), { readOnly: true })
    const figure = (name: string) => Number(Object.values(database.prepare(`pragma ${name}`).get() ?? {})[0])
    const size = (figure('page_count') - figure('freelist_count')) * figure('page_size')
    database.close()
    return size
  }
  return { name: 'sqlite', installation, bytes, drop: installation.remove }
}

async function onPostgres(server: string): Promise<Place> {
  const { url, drop } = await createDatabase(server)
  const installation = await install({ database: url })
  const bytes = async () => {
    const client = new pg.Client({ connectionString: url })
    await client.connect()
    const { rows } = await client.query(
      "select sum(pg_total_relation_size(oid)) as bytes from pg_class where relkind = 'r' and relnamespace = 'public'::regnamespace",
    )
    await client.end()
    return Number(rows[0].bytes)
  }
  return {
    ...{ name: 'postgres', installation, bytes },
    async drop() {
      await drop()
      await installation.remove()
    },
  }
}

async function grow(bench: Bench, place: Place): Promise<void> {
  const auth = await place.installation.open()
  const count = bench.isShort ? shortRows : fullRows
  const { projectId } = place.installation
  try {
    for (const [name, write] of Object.entries(await kindsOf(auth, projectId, count))) {
      const before = await place.bytes()
      await write()
      const raw = `${count} of them, with their indexes`
      bench.report.add({
        measure: 'growth',
        name: `${place.name}: ${name}`,
        value: ((await place.bytes()) - before) / count,
        unit: 'bytes',
        raw,
      })
    }
    await measurePurge(bench, place, auth, count)
  } finally {
    await auth.close()
    await place.drop()
  }
}

async function kindsOf(auth: Auth, projectId: string, count: number): Promise<Readonly<Record<string, () => Promise<unknown>>>> {
  const { deps } = auth
  const hash = await sharedHash()
  const seed = { projectId, count, hash }
  let first = ''
  return {
    'user with a login ID and a password': () => seedUsers(deps, { ...seed, kind: 'known' }),
    'the same with a session': () => seedUsers(deps, { ...seed, kind: 'other', withSessions: true }),
    'entry of the audit trail': async () => {
      first = (await deps.storage.users.byLoginId(projectId, loginIdOf('known', 0)))?.user.id ?? ''
      await inTransactions(count, async (tx, index) => {
        await tx.events.insert({
          ...{
            projectId,
            id: newId(deps, 'E'),
            type: 'password.signIn',
            outcome: 'success',
            userId: first,
            actorKind: 'user',
            actorId: first,
          },
          ...{ ip: '192.0.2.1', userAgent: 'Mozilla/5.0 (X11; Linux x86_64)', data: { method: 'password' } },
          occurredAtMilliseconds: deps.clock.nowMilliseconds() - index,
        })
      })
    },
  }

  async function inTransactions(rows: number, write: (tx: Auth['deps']['storage'], index: number) => Promise<void>): Promise<void> {
    for (let at = 0; at < rows; at += 500) {
      await deps.storage.transaction(async (tx) => {
        for (let index = at; index < Math.min(at + 500, rows); index++) await write(tx, index)
      })
    }
  }
}

/** Deletes all sessions, which are long expired a year from now, while a writer of another process's kind writes all the time. */
async function measurePurge(bench: Bench, place: Place, auth: Auth, count: number): Promise<void> {
  const { storage, clock } = auth.deps
  const writer = await place.installation.open()
  const waits: number[] = []
  const over = new AbortController()
  const writing = (async () => {
    for (let index = 0; !over.signal.aborted; index++) {
      const before = performance.now()
      const key = `bench:${index % 100}`
      await writer.deps.storage.attempts.take(place.installation.projectId, key, { max: 1_000_000, windowSeconds: 0 }, clock.nowSeconds())
      waits.push(performance.now() - before)
      await new Promise((resolve) => setTimeout(resolve, 2))
    }
  })()
  const startedAt = performance.now()
  let deleted = 0
  for (;;) {
    const batch = await storage.purge(clock.nowSeconds() + yearSeconds, 200)
    deleted += batch
    if (batch < 200) break
  }
  const seconds = (performance.now() - startedAt) / 1000
  over.abort()
  await writing
  await writer.close()
  const sorted = waits.toSorted((a, b) => a - b)
  const p99 = sorted[Math.floor(sorted.length * 0.99)] ?? 0
  const raw = `p99 ${p99.toFixed(1)} ms of ${waits.length} writes, while ${deleted} of ${count} rows went in ${seconds.toFixed(1)} s`
  const value = sorted.at(-1) ?? 0
  bench.report.add({
    measure: 'growth',
    name: `${place.name}: longest write during a purge`,
    value,
    unit: 'ms',
    raw,
    target: atMost(value, 50),
  })
}
