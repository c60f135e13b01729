import { existsSync, statSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { setImmediate as turn } from 'node:timers/promises'
import { Kysely } from 'kysely'
import { type Migration, makeList, runStep } from './migrate.ts'
import { migrations as allMigrations } from './migrations/index.ts'
import { pendingSteps, type Rehearsal, type RehearsedStep, timed } from './rehearsal.ts'
import { openFile } from './sqlite.ts'
import { connectionOf } from './sqlite-connection.ts'
import { copyFile } from './sqlite-copy.ts'
import { sqliteDialect } from './sqlite-dialect.ts'
import type { Tables } from './tables.ts'

interface SqliteRehearsal {
  readonly file: string
  readonly migrations?: readonly Migration[]
  readonly signal?: AbortSignal | undefined
}

/**
 * Copies the embedded database into a folder for temporary files (`TMPDIR`) and brings the copy up to date. The original is only read, and the copy is gone afterwards.
 * Throws when there is no database, no room, or a step fails.
 */
export async function rehearseSqlite({ file, migrations = allMigrations, signal }: SqliteRehearsal): Promise<Rehearsal> {
  if (!existsSync(file)) throw new Error('There is no database yet')
  const from = versionOf(file)
  const pending = pendingSteps(migrations, from)
  const outline = { database: 'sqlite', from, to: migrations.length, leftovers: [] } as const
  if (pending.length === 0) return { ...outline, copy: { bytes: 0, milliseconds: 0 }, steps: [] }
  const folder = await mkdtemp(join(tmpdir(), 'postern-rehearsal-'))
  const copy = join(folder, 'postern.db')
  try {
    const milliseconds = await timed(async () => copyFile({ file, to: copy }))
    const copied = { bytes: statSync(copy).size, milliseconds }
    const database = openFile(copy)
    const db = new Kysely<Tables>({ dialect: sqliteDialect({ database: connectionOf(database), waitMilliseconds: 1_000 }) })
    try {
      const figure = (name: string) => Number(Object.values(database.prepare(`pragma ${name}`).get() ?? {})[0])
      const sizeBytes = () => figure('page_count') * figure('page_size')
      const steps: RehearsedStep[] = []
      for (const migration of pending) {
        await turn()
        signal?.throwIfAborted()
        const before = sizeBytes()
        const taken = await timed(() =>
          db.transaction().execute(async (tx) => {
            await makeList(tx)
            await runStep(tx, 'sqlite', migration)
          }),
        )
        const { number, name } = migration
        steps.push({ number, name, milliseconds: taken, addedBytes: sizeBytes() - before, locks: [] })
      }
      return { ...outline, copy: copied, steps }
    } finally {
      await db.destroy()
    }
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

function versionOf(file: string): number {
  const database = new DatabaseSync(file, { readOnly: true })
  try {
    const list = database.prepare("select name from sqlite_schema where type = 'table' and name = 'migrations'").get()
    return list ? Number(database.prepare('select coalesce(max(number), 0) as version from migrations').get()?.version) : 0
  } finally {
    database.close()
  }
}
