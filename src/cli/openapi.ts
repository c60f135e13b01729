import { Command } from 'commander'
import { apiDescription } from '../auth.ts'

/** `postern openapi`: prints the description of the API; needs no database. */
export function openApiCommand(): Command {
  return new Command('openapi')
    .description('print the OpenAPI 3.1 document')
    .option('--json', 'print it on one line')
    .action((flags: Record<string, unknown>) => {
      process.stdout.write(`${JSON.stringify(apiDescription(), null, flags.json ? 0 : 2)}\n`)
    })
}
