import { type Command, Option } from 'commander'
import { removeMoveLeftovers, schemaVersion } from '../database-moves.ts'
import { commandWithOptions, type Flags, optionsOf, print } from './context.ts'
import { withAuth } from './installation.ts'
import { move, reopen } from './move.ts'
import { rehearse } from './rehearse.ts'

/** `postern migrate`: brings the schema up to date, as a server does that starts, or moves the whole database. */
export function migrateCommand(): Command {
  return commandWithOptions('migrate', 'bring the schema of the database up to date, as serve does when it starts, or move the database')
    .option('--rehearse', 'do it on a copy and tell times, locks and sizes; the database is only read')
    .addOption(
      new Option(
        '--to <database>',
        'copy everything into an empty database (sqlite:FILE or postgres://...) while servers go on, then close this one for writing',
      ).conflicts(['rehearse', 'reopen', 'toFile']),
    )
    .addOption(new Option('--to-file <file>', 'the same, with the URL in a file').conflicts(['rehearse', 'reopen']))
    .option('--keep-source-open', 'with --to: leave this database open for writing, for a trial')
    .option('--progress', 'with --to: show progress although this is no terminal')
    .addOption(new Option('--reopen', 'let a database that was moved take writes again').conflicts(['rehearse']))
    .action(async (flags: Flags) => {
      if (flags.rehearse === true) await rehearse(flags)
      else if (flags.reopen === true) await reopen(flags)
      else if (flags.to !== undefined || flags.toFile !== undefined) await move(flags)
      else await bringUpToDate(flags)
    })
}

async function bringUpToDate(flags: Flags): Promise<void> {
  const options = optionsOf(flags, { quiet: true })
  // What cannot be opened is told in the words of whoever opens it for good.
  const from = await schemaVersion(options).catch(() => undefined)
  await withAuth(flags, async () => undefined)
  const to = await schemaVersion(options)
  const isCleaned = await removeMoveLeftovers(options)
  print(flags, { isUpToDate: true, from, to, isCleaned }, [
    from === to ? 'The schema is up to date' : `The schema is up to date: it went from version ${from ?? 'unknown'} to ${to}`,
    ...(isCleaned ? ['What a move that was killed had left is removed'] : []),
  ])
}
