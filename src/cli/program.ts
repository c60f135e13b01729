import { Command, CommanderError } from 'commander'
import { version } from '../auth.ts'
import { doctorCommand } from './doctor.ts'
import { exitCodes, report } from './exit.ts'
import { initCommand } from './init.ts'
import { keysCommand } from './keys.ts'
import { openApiCommand } from './openapi.ts'
import { serveCommand } from './serve.ts'
import { settingsCommand } from './settings.ts'
import { userCommand } from './user.ts'

const exitHelp = `
Exit codes: 0 done · 1 refused or failed · 2 wrong usage or options · 3 no such user or project · 4 database not available`

/** Runs one command line and answers its exit code; never throws. */
export async function runCommandLine(words: readonly string[]): Promise<number> {
  const program = new Command('postern')
    .description('A self-hosted authentication server that speaks the Descope HTTP API')
    .version(version)
    .showHelpAfterError('(--help tells more)')
    .addHelpText('after', exitHelp)
    .exitOverride()
  for (const make of [initCommand, serveCommand, doctorCommand, userCommand, keysCommand, settingsCommand, openApiCommand]) {
    program.addCommand(overriding(make()))
  }
  try {
    await program.parseAsync([...words], { from: 'user' })
    return exitCodes.done
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.done : exitCodes.usage
    return report(error, words.includes('--json'))
  }
}

/** Makes commander throw instead of ending the process, in subcommands too. */
function overriding(command: Command): Command {
  command.exitOverride().addHelpText('after', exitHelp)
  for (const sub of command.commands) overriding(sub)
  return command
}
