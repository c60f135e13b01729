import type { Command } from 'commander'
import { commandWithOptions, type Flags, optionsOf, print } from './context.ts'
import { CommandFailed } from './exit.ts'
import { type FirstProject, openOrCreate } from './installation.ts'

/** The lines that a first start prints, once: they hold the management key. */
export function firstLines(first: NonNullable<FirstProject>, baseUrl: string): readonly string[] {
  const body = JSON.stringify({ loginId: 'ada@example.com', password: 'correct horse battery staple' })
  return [
    `DESCOPE_PROJECT_ID=${first.projectId}`,
    `DESCOPE_MANAGEMENT_KEY=${first.managementKey}`,
    `DESCOPE_BASE_URL=${baseUrl}`,
    '',
    'The management key is shown this once. Sign somebody up:',
    `curl -s ${baseUrl}/v1/auth/password/signup -H 'Authorization: Bearer ${first.projectId}' -H 'Content-Type: application/json' -d '${body}'`,
  ]
}

/** `postern init`: makes what a first start makes, and prints it once. */
export function initCommand(): Command {
  const names = ['data', 'database', 'masterKeyFile', 'logLevel', 'port', 'publicUrl']
  return commandWithOptions('init', 'make the data folder, the key file, the database and a first project; print its keys once', names)
    .option('--hardened', 'start with every safer choice made; postern doctor lists what is not')
    .action(async (flags: Flags) => {
      const options = optionsOf(flags, { quiet: true })
      const { auth, first } = await openOrCreate(options, { isHardened: flags.hardened === true })
      await auth.close()
      if (!first) throw new CommandFailed('There is a project already; its keys were printed when it was made')
      const baseUrl = options.publicUrl ?? `http://127.0.0.1:${options.port || 8787}`
      print(flags, { ...first, baseUrl }, firstLines(first, baseUrl))
    })
}
