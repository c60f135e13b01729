import type { Command } from 'commander'
import { commandWithOptions, type Flags, print } from './context.ts'
import { withAuth } from './installation.ts'
import { rehearse } from './rehearse.ts'

/** `postern migrate`: brings the schema up to date, as a server does that starts. */
export function migrateCommand(): Command {
  return commandWithOptions('migrate', 'bring the schema of the database up to date, as serve does when it starts')
    .option('--rehearse', 'do it on a copy and tell times, locks and sizes; the database is only read')
    .action(async (flags: Flags) => {
      if (flags.rehearse === true) await rehearse(flags)
      else await withAuth(flags, async () => print(flags, { isUpToDate: true }, ['The schema is up to date']))
    })
}
