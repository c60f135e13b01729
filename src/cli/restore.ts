import { statSync } from 'node:fs'
import { type Command, Option } from 'commander'
import { restoreBackup } from '../backups.ts'
import { loadMasterKey } from '../master-key.ts'
import { nowSeconds, openBackup, summaryOf, told } from './backup.ts'
import { commandWithOptions, type Flags, optionsOf, print } from './context.ts'
import { CommandFailed, exitCodes } from './exit.ts'
import { withAuth } from './installation.ts'

/** `postern restore FILE`: a backup into an empty place, whichever database that is. */
export function restoreCommand(): Command {
  return commandWithOptions('restore', 'put a backup into an empty database; the key file must be there, and no server')
    .argument('<file>', 'what postern backup wrote')
    .addOption(
      new Option(
        '--end-sessions',
        'end all sessions, and drop links, codes and messages that wait: what was revoked after the backup stays so',
      ),
    )
    .addOption(
      new Option('--keep-sessions', 'let sessions go on as they were, also those that were ended after the backup').conflicts(
        'endSessions',
      ),
    )
    .action((file: string, flags: Flags) => told(() => restore(file, flags)))
}

async function restore(file: string, flags: Flags): Promise<void> {
  if (flags.endSessions !== true && flags.keepSessions !== true) {
    throw new CommandFailed(
      'Say --end-sessions or --keep-sessions: a backup has sessions, links and codes that were good then and may have been ended or used since',
      exitCodes.usage,
    )
  }
  const options = optionsOf(flags, { quiet: true })
  const startedAt = performance.now()
  const open = openBackup(file)
  const endSessions = flags.endSessions === true
  const masterKey = await loadMasterKey({ file: options.masterKeyFile })
  const facts = await restoreBackup({ options, masterKey, endSessions, nowSeconds: nowSeconds(), open })
  // Opening it as a server does brings an older schema up to date.
  await withAuth(flags, ({ api }) => api.noteRestore({ createdAt: facts.createdAt, endSessions }))
  const seconds = (performance.now() - startedAt) / 1000
  const sentence = `${summaryOf(facts, statSync(file).size, seconds)} are restored, as of ${new Date(facts.createdAt * 1000).toISOString()}`
  print(flags, { ...facts, seconds: Math.round(seconds * 10) / 10 }, [
    sentence,
    endSessions ? 'All sessions are ended.' : 'Sessions go on as they were then.',
  ])
}
