import { createWriteStream, fchmodSync, readFileSync, statSync } from 'node:fs'
import type { Command } from 'commander'
import type { Auth } from '../auth.ts'
import { commandInProject, type Flags, print } from './context.ts'
import { CommandFailed, exitCodes } from './exit.ts'
import { fingerprintOf, openInput } from './input-file.ts'
import { withProject } from './installation.ts'
import { startProgress } from './progress.ts'
import { openFileIndex } from './text-index.ts'

type Report = Awaited<ReturnType<Auth['api']['importUsers']>>

const text = (value: unknown) => (typeof value === 'string' ? value : undefined)

/** `postern import FILE`: users of another system, with their password hashes (docs/moving/). */
export function importCommand(): Command {
  return commandInProject('import', 'take users of another system in, with their password hashes; run again, it goes on where it stopped')
    .argument('<file>', 'export of the other system, as it is; unpacked if the name ends in .gz; - is standard input')
    .requiredOption('--from <format>', 'postern, descope, auth0, firebase, keycloak, supabase, cognito or csv')
    .option('--dry-run', 'check and count everything, and write nothing')
    .option('--rejects <file>', 'write every user that is refused to this file, as JSON lines with line and reasons')
    .option('--hash-config <file>', 'hash parameters of a Firebase project, as its console shows them')
    .option('--hashes <file>', 'hashes that the other system gave out in a file of their own (Auth0)')
    .option('--create-missing', 'make roles and tenants that users name and that are not there')
    .option('--drop-bad-hashes', 'take users whose hash is of no use without it, instead of refusing them')
    .option('--progress', 'show progress although this is no terminal')
    .action((file: string, flags: Flags) =>
      withProject(flags, ({ auth, projectId }) => importFile({ auth, projectId, file, flags }), { writesMuch: true }),
    )
}

async function importFile(on: { readonly auth: Auth; readonly projectId: string; readonly file: string; readonly flags: Flags }) {
  const { auth, projectId, file, flags } = on
  const input = openInput(file)
  const hashConfig = readSmall(text(flags.hashConfig))
  const hashFile = text(flags.hashes)
  const hashSource = hashFile === undefined ? undefined : openInput(hashFile).content
  const index = hashSource && openFileIndex()
  const rejects = openRejects(text(flags.rejects))
  const fingerprint = flags.dryRun ? undefined : await fingerprintOf(file)
  const progress = startProgress(flags.progress === true)
  try {
    const report = await auth.api.importUsers({
      ...{ projectId, from: text(flags.from) ?? '', source: input.content, isDryRun: flags.dryRun === true },
      ...{ createsMissing: flags.createMissing === true, dropsBadHashes: flags.dropBadHashes === true },
      ...(hashConfig === undefined ? {} : { hashConfig }),
      ...(hashSource && index ? { hashes: { source: hashSource, index } } : {}),
      ...(fingerprint === undefined ? {} : { fingerprint }),
      onRejects: (list) => rejects.write(list),
      onProgress({ users, rejected }) {
        const share = input.sizeBytes ? input.readBytes() / input.sizeBytes : undefined
        progress.tell(users, share, rejected > 0 ? `${rejected} rejected` : '')
      },
    })
    progress.end()
    print(flags, report, [...linesOf(report, rejects.isOpen), ...hashWarning(text(flags.from) ?? '', report)])
    if (report.users > 0 && report.rejected === report.users) throw new CommandFailed('Every user of the file was rejected')
  } finally {
    index?.close()
    await rejects.close()
  }
}

const maxConfigBytes = 65_536

function readSmall(path: string | undefined): string | undefined {
  if (path === undefined) return undefined
  try {
    if (statSync(path).size <= maxConfigBytes) return readFileSync(path, 'utf8')
  } catch {
    // Told below.
  }
  throw new CommandFailed(`${path}: there is no such file, or it is too large`, exitCodes.usage)
}

/** The file for rejects, which the owner alone can read: it names users. */
function openRejects(path: string | undefined) {
  const stream = path === undefined ? undefined : createWriteStream(path, { mode: 0o600 })
  let failure: Error | undefined
  stream
    // The mode is for a new file; one that was there keeps what it had.
    ?.on('open', (descriptor) => fchmodSync(descriptor, 0o600))
    .on('error', (error) => {
      failure = error
    })
  return {
    isOpen: stream !== undefined,
    async write(rejects: Report['rejects']): Promise<void> {
      if (!stream) return
      if (failure) throw new CommandFailed(`The file for rejects cannot be written (${failure.message})`)
      const lines = rejects.map(({ line, who, reasons }) => `${JSON.stringify({ line, who, reasons })}\n`).join('')
      if (!stream.write(lines)) await new Promise<void>((resolve) => stream.once('drain', resolve).once('close', resolve))
    },
    async close(): Promise<void> {
      if (!stream || failure) return
      await new Promise<void>((resolve) => stream.once('close', resolve).end())
    },
  }
}

/** Systems whose exports hold hashes when they are made for it. */
const formatsWithHashes = ['auth0', 'firebase', 'keycloak', 'supabase']

function hashWarning(from: string, { users, rejected, hashes }: Report): readonly string[] {
  const isWithout = users > rejected && Object.keys(hashes).every((kind) => kind === 'none')
  return isWithout && formatsWithHashes.includes(from)
    ? [`warning: not one user of this file has a password hash; docs/moving/${from}.md says how the hashes come with the users`]
    : []
}

const shownRejects = 20

function linesOf(report: Report, allAreWritten: boolean): readonly string[] {
  const { users, imported, existing, rejected, hashes, notes, added, rejects } = report
  const kinds = Object.entries(hashes).map(([kind, count]) => `${kind} ${count}`)
  const made = Object.entries(added).flatMap(([what, count]) => (count > 0 ? [`${count} ${what}`] : []))
  const hidden = rejected - Math.min(rejected, shownRejects)
  const more = allAreWritten ? `… and ${hidden} more in the file` : `… and ${hidden} more; --rejects FILE writes them all`
  return [
    ...(report.isDryRun ? ['dry run: nothing was written, this is what would be'] : []),
    ...(report.resumedAfter > 0 ? [`went on after record ${report.resumedAfter} of an earlier run`] : []),
    `users: ${users}`,
    `imported: ${imported}`,
    `existing: ${existing}`,
    `rejected: ${rejected}`,
    ...(kinds.length > 0 ? [`hashes: ${kinds.join(', ')}`] : []),
    ...(made.length > 0 ? [`made: ${made.join(', ')}`] : []),
    ...notes.map(({ text: note, count, firstLine }) => `note: ${note} (${count} users, first on line ${firstLine})`),
    ...rejects.slice(0, shownRejects).map(({ line, reasons }) => `line ${line}: ${reasons.join('; ')}`),
    ...(hidden > 0 ? [more] : []),
  ]
}
