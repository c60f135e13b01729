import { existsSync } from 'node:fs'
import { type FileHandle, open, rename, rm } from 'node:fs/promises'
import type { Command } from 'commander'
import { commandInProject, type Flags, print } from './context.ts'
import { CommandFailed, exitCodes } from './exit.ts'
import { withProject } from './installation.ts'
import { startProgress } from './progress.ts'

/** `postern export FILE`: every user, in the form that `import --from postern` reads (docs/moving/postern.md). */
export function exportCommand(): Command {
  return commandInProject('export', 'write every user and what users refer to as JSON lines, in one state, while the server runs')
    .argument('<file>', 'file to write, for the owner to read; - is standard output')
    .option('--with-hashes', 'with the hashes of passwords: keep such a file as you keep the database')
    .option('--force', 'replace the file if it is there')
    .option('--progress', 'show progress although this is no terminal')
    .action((file: string, flags: Flags) =>
      withProject(flags, async ({ auth, projectId }) => {
        const target = file === '-' ? standardOutput() : await openTarget(file, flags.force === true)
        const progress = startProgress(flags.progress === true)
        try {
          const { users } = await auth.api.exportUsers({
            ...{ projectId, withHashes: flags.withHashes === true, write: target.write },
            onProgress: (written, all) => progress.tell(written, all > 0 ? written / all : 1),
          })
          await target.finish()
          progress.end()
          if (file !== '-') print(flags, { users, file }, [`${users} users are in ${file}`])
        } catch (error) {
          await target.undo()
          throw error
        }
      }),
    )
}

interface Target {
  write(text: string): Promise<void>
  finish(): Promise<void>
  undo(): Promise<void>
}

function standardOutput(): Target {
  return {
    async write(text) {
      if (!process.stdout.write(text)) await new Promise((resolve) => process.stdout.once('drain', resolve))
    },
    finish: async () => undefined,
    undo: async () => undefined,
  }
}

/** A file that has its name only once it is whole and on the disk. */
async function openTarget(file: string, mayReplace: boolean): Promise<Target> {
  if (!mayReplace && existsSync(file)) throw new CommandFailed(`${file}: there is such a file; --force replaces it`, exitCodes.usage)
  const pending = `${file}.${process.pid}.part`
  const handle = await openNew(pending)
  return {
    write: async (text) => void (await handle.writeFile(text)),
    async finish() {
      await handle.sync()
      await handle.close()
      await rename(pending, file)
    },
    async undo() {
      await handle.close().catch(() => undefined)
      await rm(pending, { force: true })
    },
  }
}

async function openNew(path: string): Promise<FileHandle> {
  try {
    return await open(path, 'wx', 0o600)
  } catch (error) {
    throw new CommandFailed(`${path}: the file cannot be written`, exitCodes.usage, error)
  }
}
