import { constants, existsSync } from 'node:fs'
import { type FileHandle, open, rename, rm } from 'node:fs/promises'
import { dirname } from 'node:path'
import { CommandFailed, exitCodes } from './exit.ts'

/** A file that a command writes, or standard output. */
export interface OutputFile {
  write(content: string | Uint8Array): Promise<void>
  finish(): Promise<void>
  /** Removes what was written. */
  undo(): Promise<void>
}

/** Opens a file that only its owner can read, and that has its name only once it is whole and on the disk; `-` is standard output. Throws `CommandFailed`. */
export async function openOutput(file: string, { mayReplace }: { readonly mayReplace: boolean }): Promise<OutputFile> {
  if (file === '-') return standardOutput()
  if (!mayReplace && existsSync(file)) throw new CommandFailed(`${file}: there is such a file; --force replaces it`, exitCodes.usage)
  const pending = `${file}.${process.pid}.part`
  const handle = await openNew(pending)
  return {
    write: async (content) => void (await handle.writeFile(content)),
    async finish() {
      await handle.sync()
      await handle.close()
      await rename(pending, file)
      await syncFolder(dirname(file))
    },
    async undo() {
      await handle.close().catch(() => undefined)
      await rm(pending, { force: true })
    },
  }
}

function standardOutput(): OutputFile {
  return {
    async write(content) {
      if (!process.stdout.write(content)) await new Promise((resolve) => process.stdout.once('drain', resolve))
    },
    finish: async () => undefined,
    undo: async () => undefined,
  }
}

async function openNew(path: string): Promise<FileHandle> {
  try {
    return await open(path, 'wx', 0o600)
  } catch (error) {
    throw new CommandFailed(`${path}: the file cannot be written`, exitCodes.usage, error)
  }
}

async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, constants.O_RDONLY)
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}
