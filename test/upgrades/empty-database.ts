import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createDatabase } from '../server-process.ts'

const removals: (() => Promise<void>)[] = []

/** Where an empty database is, without a schema: a file that is not there yet, or a database of the server that `npm test` started. */
export async function emptyDatabase(name: 'sqlite' | 'postgres'): Promise<string> {
  if (name === 'sqlite') {
    const folder = await mkdtemp(join(tmpdir(), 'postern-upgrade-'))
    removals.push(() => rm(folder, { recursive: true, force: true }))
    return `sqlite:${join(folder, 'postern.db')}`
  }
  const { url, drop } = await createDatabase(process.env.POSTERN_TEST_POSTGRES_URL ?? '')
  removals.push(drop)
  return url
}

/** Removes all that this process has made. */
export async function removeDatabases(): Promise<void> {
  for (const remove of removals.splice(0)) await remove()
}
