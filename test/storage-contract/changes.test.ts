import assert from 'node:assert/strict'
import { test } from 'node:test'
import pg from 'pg'
import { openStorage } from '../../src/storage/open.ts'
import { databases } from '../databases.ts'
import { contract } from './records.ts'

/** What was heard, and a way to wait for it. */
function hearing() {
  const heard: (string | undefined)[] = []
  let wake = () => {}
  return {
    heard,
    onChange(projectId: string | undefined) {
      heard.push(projectId)
      wake()
    },
    /** Resolves when so many were heard; the test's own limit ends a wait in vain. */
    async until(isEnough: (heard: readonly (string | undefined)[]) => boolean) {
      while (!isEnough(heard)) {
        await new Promise<void>((resolve) => {
          wake = resolve
        })
      }
    },
  }
}

contract('changes: where nothing is passed on, telling and listening do no harm', async ({ storage, here }) => {
  const stop = storage.changes.listen(() => undefined)
  await storage.changes.tell(here)
  await storage.transaction((tx) => tx.changes.tell(here))
  await stop()
})

/** A database of its own with a second process on it, which listens. */
function onPostgres(title: string, run: (on: { readonly url: string } & Record<'first' | 'second', Storage>) => Promise<void>): void {
  const kind = databases.find(({ name }) => name === 'postgres')
  if (!kind) return
  test(`postgres: ${title}`, { timeout: 60_000 }, async () => {
    const database = await kind.open()
    const second = await openStorage({ database: database.url })
    try {
      await run({ url: database.url, first: database.storage, second })
    } finally {
      await second.close()
      await database.close()
    }
  })
}

type Storage = Awaited<ReturnType<typeof openStorage>>

onPostgres('changes: another process hears of what was committed, and of nothing else', async ({ first, second }) => {
  const ears = hearing()
  const stop = second.changes.listen(ears.onChange)
  try {
    await ears.until((heard) => heard.length === 1)
    assert.deepEqual(ears.heard, [undefined], 'what was told before may have been missed')
    await second.changes.tell('P-own')
    const rolledBack = first.transaction(async (tx) => {
      await tx.changes.tell('P-rolled-back')
      throw new Error('rolled back')
    })
    await assert.rejects(rolledBack, /rolled back/)
    await first.transaction((tx) => tx.changes.tell('P1'))
    await first.changes.tell('P2')
    await ears.until((heard) => heard.includes('P2'))
    assert.deepEqual(ears.heard, [undefined, 'P1', 'P2'])
  } finally {
    await stop()
  }
})

onPostgres(
  'changes: a listener whose connection is gone opens another, and counts everything as changed',
  async ({ url, first, second }) => {
    const ears = hearing()
    const stop = second.changes.listen(ears.onChange)
    const admin = new pg.Client({ connectionString: url })
    await admin.connect()
    try {
      for (const times of [1, 2, 3]) {
        await ears.until((heard) => heard.filter((one) => one === undefined).length === times)
        await first.changes.tell(`P${times}`)
        await ears.until((heard) => heard.includes(`P${times}`))
        const mine = "application_name = 'postern listener' and datname = current_database()"
        const { rowCount } = await admin.query(`select pg_terminate_backend(pid) from pg_stat_activity where ${mine}`)
        assert.ok((rowCount ?? 0) >= 1)
      }
    } finally {
      await admin.end()
      await stop()
    }
  },
)
