import { closeSync, fsyncSync, openSync, readdirSync, renameSync, rmSync, statfsSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'

/** Copies that are kept; older ones go. */
const keptCopies = 2
/** What an upgrade itself writes, at least. */
const spareBytes = 16_777_216
const bytesPerMib = 1_048_576

/**
 * Copies the embedded database into `FILE.schema-N.TIME.backup` before an upgrade, and answers that path. The name is there only once the copy is whole, checked and on
 * disk; only its owner can read it; the two newest stay. Throws, with nothing left behind, when there is no room for it or the copy is not sound. Whoever calls holds the write lock, so
 * that the copy has all that was acknowledged, and no two make one at once.
 */
export function keepCopy(input: { readonly file: string; readonly fromVersion: number; readonly freeBytes?: number }): string {
  const { file, fromVersion } = input
  const folder = dirname(file)
  for (const name of namesOf(file, 'part')) rmSync(join(folder, name))
  const path = `${file}.schema-${fromVersion}.${new Date().toISOString().replace(/[:.]/g, '-')}.backup`
  const part = `${path}.part`
  copyFile({ file, to: part, freeBytes: input.freeBytes ?? bytesFree(folder) })
  renameSync(part, path)
  sync(folder)
  for (const name of namesOf(file, 'backup').slice(0, -keptCopies)) rmSync(join(folder, name))
  return path
}

/** Copies an embedded database, in the state it has now, into a new file that is checked and on disk. Throws, with nothing left behind, when there is no room or it is not sound. */
export function copyFile(input: { readonly file: string; readonly to: string; readonly freeBytes?: number }): void {
  const { file, to } = input
  const source = new DatabaseSync(file, { readOnly: true })
  try {
    assertRoom(source, dirname(to), input.freeBytes ?? bytesFree(dirname(to)))
    closeSync(openSync(to, 'ax', 0o600))
    source.prepare('vacuum into ?').run(to)
    assertSound(to)
    sync(to)
  } catch (error) {
    rmSync(to, { force: true })
    throw error
  } finally {
    source.close()
  }
}

/** The newest copy that a version that knows so much of the schema can open. */
export function newestCopy(file: string, knownVersion: number): string | undefined {
  const name = namesOf(file, 'backup').findLast((one) => versionOf(one) <= knownVersion)
  return name && join(dirname(file), name)
}

const form = /\.schema-(\d+)\.(\d{4}-\d\d-\d\dT[\d-]+Z)\.backup(\.part(-\w+)?)?$/

const versionOf = (name: string) => Number(form.exec(name)?.[1])

/** Names of copies, oldest first; `part` are those that a kill has left unfinished, with what SQLite keeps beside them. */
function namesOf(file: string, which: 'backup' | 'part'): readonly string[] {
  const time = (name: string) => form.exec(name)?.[2] ?? ''
  return readdirSync(dirname(file))
    .filter((name) => name.startsWith(`${basename(file)}.schema-`) && form.test(name) && name.endsWith('.backup') === (which === 'backup'))
    .toSorted((a, b) => (time(a) < time(b) ? -1 : 1))
}

function bytesFree(folder: string): number {
  const { bavail, bsize } = statfsSync(folder)
  return bavail * bsize
}

function assertRoom(source: DatabaseSync, folder: string, freeBytes: number): void {
  const figure = (name: string) => Number(Object.values(source.prepare(`pragma ${name}`).get() ?? {})[0])
  const neededBytes = (figure('page_count') - figure('freelist_count')) * figure('page_size') + spareBytes
  if (freeBytes >= neededBytes) return
  const mib = (bytes: number) => Math.ceil(bytes / bytesPerMib)
  throw new Error(
    `There is no room for a copy of the database, without which its schema is not brought up to date: ${folder} has ${mib(freeBytes)} MiB free, and ${mib(neededBytes)} MiB are needed. Nothing has changed.`,
  )
}

function assertSound(path: string): void {
  const copy = new DatabaseSync(path, { readOnly: true })
  try {
    const found = Object.values(copy.prepare('pragma integrity_check(1)').get() ?? {})[0]
    if (found !== 'ok') throw new Error(`The copy of the database is not sound (${String(found)}). Nothing has changed.`)
  } finally {
    copy.close()
  }
}

function sync(path: string): void {
  const handle = openSync(path, 'r')
  try {
    fsyncSync(handle)
  } finally {
    closeSync(handle)
  }
}
