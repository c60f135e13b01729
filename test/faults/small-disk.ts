import { execFile } from 'node:child_process'
import { chmod, mkdtemp, open, rm, statfs } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { NotRun } from './scenario.ts'

const run = promisify(execFile)

/** A disk in memory that is soon full. */
export interface SmallDisk {
  readonly folder: string
  /** Takes all the room there is. */
  fill(): Promise<void>
  /** Gives it back. */
  free(): Promise<void>
}

/** Mounts a file system of so many MiB and unmounts it after `use`. Only root may mount: for others the scenario is not run. */
export async function withSmallDisk<T>(sizeMib: number, use: (disk: SmallDisk) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'postern-disk-'))
  try {
    await run('mount', ['-t', 'tmpfs', '-o', `size=${sizeMib}m,mode=0777`, 'tmpfs', folder])
  } catch (error) {
    await rm(folder, { recursive: true, force: true })
    throw new NotRun(`no file system of its own can be mounted here (${error instanceof Error ? error.message.split('\n')[0] : ''})`)
  }
  try {
    await chmod(folder, 0o777)
    const ballast = join(folder, 'ballast')
    return await use({ folder, fill: () => fill(ballast), free: () => rm(ballast, { force: true }) })
  } finally {
    await run('umount', ['--lazy', folder])
    await rm(folder, { recursive: true, force: true })
  }
}

async function fill(file: string): Promise<void> {
  const handle = await open(file, 'a')
  try {
    for (let size = 1_048_576; size >= 1; size = Math.floor(size / 4)) {
      const piece = Buffer.alloc(size)
      try {
        for (;;) await handle.write(piece)
      } catch (error) {
        if (!(error instanceof Error && 'code' in error && error.code === 'ENOSPC')) throw error
      }
    }
  } finally {
    await handle.close()
  }
}

/** Bytes that are free. */
export async function freeBytes(folder: string): Promise<number> {
  const { bavail, bsize } = await statfs(folder)
  return bavail * bsize
}
