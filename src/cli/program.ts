import { Command, CommanderError } from 'commander'
import { version } from '../auth.ts'
import { auditCommand } from './audit.ts'
import { backupCommand } from './backup.ts'
import { doctorCommand } from './doctor.ts'
import { exitCodes, report } from './exit.ts'
import { exportCommand } from './export.ts'
import { importCommand } from './import.ts'
import { initCommand } from './init.ts'
import { keysCommand } from './keys.ts'
import { messageCommand } from './message.ts'
import { migrateCommand } from './migrate.ts'
import { openApiCommand } from './openapi.ts'
import { projectCommand } from './project.ts'
import { restoreCommand } from './restore.ts'
import { serveCommand } from './serve.ts'
import { settingsCommand } from './settings.ts'
import { templateCommand } from './template.ts'
import { userCommand } from './user.ts'

const exitHelp = `
Exit codes: 0 done · 1 refused or failed · 2 wrong usage or options · 3 no such user or project · 4 database, key or port not available
Options also come from POSTERN_… variables and a file, see docs/options.md.`

/** Makes the tree of commands. */
export function createProgram(): Command {
  const program = new Command('postern')
    .description('A self-hosted authentication server that speaks the Descope HTTP API')
    .version(version)
    .showHelpAfterError('(--help tells more)')
  for (const make of [
    initCommand,
    serveCommand,
    doctorCommand,
    projectCommand,
    userCommand,
    auditCommand,
    messageCommand,
    importCommand,
    exportCommand,
    migrateCommand,
    backupCommand,
    restoreCommand,
    keysCommand,
    settingsCommand,
    templateCommand,
    openApiCommand,
  ]) {
    program.addCommand(make())
  }
  return overriding(program)
}

/** Runs one command line and answers its exit code; never throws. */
export async function runCommandLine(words: readonly string[]): Promise<number> {
  try {
    await createProgram().parseAsync([...words], { from: 'user' })
    return exitCodes.done
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.done : exitCodes.usage
    return report(error, words.includes('--json'))
  }
}

/** Makes commander throw instead of ending the process, in subcommands too. */
function overriding(command: Command): Command {
  command.exitOverride().showHelpAfterError('(--help tells more)').addHelpText('after', exitHelp)
  for (const sub of command.commands) overriding(sub)
  return command
}
