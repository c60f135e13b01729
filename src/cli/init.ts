import type { Command } from 'commander'
import type { Options } from '../options.ts'
import { commandWithOptions, type FirstProject, openOrCreate, optionsOf, print } from './context.ts'
import { CommandFailed } from './exit.ts'

/** The lines that a first start prints, once: they hold the management key. */
export function firstLines(first: NonNullable<FirstProject>, baseUrl: string): readonly string[] {
  const body = JSON.stringify({ loginId: 'ada@example.com', password: 'correct horse battery' })
  return [
    `DESCOPE_PROJECT_ID=${first.projectId}`,
    `DESCOPE_MANAGEMENT_KEY=${first.managementKey}`,
    `DESCOPE_BASE_URL=${baseUrl}`,
    '',
    'The management key is shown this once. Sign somebody up:',
    `curl -s ${baseUrl}/v1/auth/password/signup -H 'Authorization: Bearer ${first.projectId}' -H 'Content-Type: application/json' -d '${body}'`,
  ]
}

function baseUrlOf(options: Options): string {
  return options.publicUrl ?? `http://127.0.0.1:${options.port || 8787}`
}

/** `postern init`: makes what a first start makes, and prints it once. */
export function initCommand(): Command {
  const names = ['data', 'database', 'masterKeyFile', 'logLevel', 'port', 'publicUrl']
  return commandWithOptions('init', 'make the data folder, the key file, the database and a first project; print its keys once', names)
    .option('--hardened', 'start with every safer choice made (docs/settings.md)')
    .action(async (flags: Record<string, unknown>) => {
      const options = optionsOf(flags, { logLevel: 'warn' })
      const { auth, first } = await openOrCreate(options, { isHardened: flags.hardened === true })
      await auth.close()
      if (!first) throw new CommandFailed('There is a project already; its keys were printed when it was made')
      const baseUrl = baseUrlOf(options)
      print(flags, { ...first, baseUrl }, firstLines(first, baseUrl))
    })
}
