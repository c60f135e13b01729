import { createReadStream, statSync } from 'node:fs'
import type { Command } from 'commander'
import { version } from '../auth.ts'
import { ArchiveDamaged, type BackupFacts, createBackup, DatabaseMoved, type OpenBackup, RestoreRefused, verifyBackup } from '../backups.ts'
import { commandWithOptions, type Flags, optionsOf, print } from './context.ts'
import { CommandFailed, exitCodes } from './exit.ts'
import { openOutput } from './output-file.ts'

/** `postern backup FILE`: the whole database in one state, while the server runs. */
export function backupCommand(): Command {
  return commandWithOptions('backup', 'write the whole database to a file, in one state, while servers run; keep the key file elsewhere')
    .argument('<file>', 'file to write, for the owner to read; - is standard output')
    .option('--force', 'replace the file if it is there')
    .option('--verify', 'write nothing: read the file to its end and say whether it is whole')
    .action((file: string, flags: Flags) => told(() => (flags.verify === true ? verify(file, flags) : write(file, flags))))
}

async function write(file: string, flags: Flags): Promise<void> {
  const options = optionsOf(flags, { quiet: true })
  const startedAt = performance.now()
  let bytes = 0
  const output = await openOutput(file, { mayReplace: flags.force === true })
  try {
    const facts = await createBackup({
      ...{ options, program: version, nowSeconds: nowSeconds() },
      write(chunk) {
        bytes += chunk.length
        return output.write(chunk)
      },
    })
    await output.finish()
    const seconds = (performance.now() - startedAt) / 1000
    if (file !== '-')
      print(flags, { file, ...facts, bytes, seconds: rounded(seconds) }, [`${summaryOf(facts, bytes, seconds)} are in ${file}`])
  } catch (error) {
    await output.undo()
    throw error
  }
}

async function verify(file: string, flags: Flags): Promise<void> {
  const facts = await verifyBackup(openBackup(file))
  print(flags, { file, ...facts, isWhole: true }, [
    `${file} is whole: ${facts.users} users, ${facts.rows} rows, schema version ${facts.schema}, of ${new Date(facts.createdAt * 1000).toISOString()}`,
  ])
}

/** For example `1000 users (9000 rows) in 0.8 s and 0.3 MB; 80 s and 30 MB per 100000 users`. */
export function summaryOf({ users, rows }: BackupFacts, bytes: number, seconds: number): string {
  const share = users > 0 ? 100_000 / users : 0
  const each = users < 1000 ? '' : ` (per 100000 users: ${rounded(seconds * share)} s, ${rounded((bytes * share) / 1_000_000)} MB)`
  return `${users} users, ${rows} rows, ${rounded(bytes / 1_000_000)} MB, ${rounded(seconds)} s${each}`
}

const rounded = (value: number) => Math.round(value * 100) / 100

export const nowSeconds = () => Math.floor(Date.now() / 1000)

/** A backup's file, to be read more than once. Throws `CommandFailed` when there is none. */
export function openBackup(file: string): OpenBackup {
  const found = statSync(file, { throwIfNoEntry: false })
  if (!found?.isFile()) throw new CommandFailed(`${file}: there is no such file`, exitCodes.usage)
  return () => createReadStream(file, { highWaterMark: 262_144 })
}

/** Says what is wrong with a file or a place, without a stack. */
export async function told(work: () => Promise<void>): Promise<void> {
  try {
    await work()
  } catch (error) {
    const isExpected = error instanceof ArchiveDamaged || error instanceof RestoreRefused || error instanceof DatabaseMoved
    throw isExpected ? new CommandFailed(error.message, exitCodes.failed, error) : error
  }
}
