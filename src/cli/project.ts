import { Command } from 'commander'
import { commandWithOptions, type Flags, print } from './context.ts'
import { withAuth } from './installation.ts'

/** `postern project list`: what `--project` of the other commands can name. */
export function projectCommand(): Command {
  const list = commandWithOptions('list', 'projects, with their IDs, names and environments').action((flags: Flags) =>
    withAuth(flags, async (auth) => {
      const projects = await auth.api.listProjects()
      const lines = projects.map(({ id, name, environment }) => [id, name, environment].filter(Boolean).join('  '))
      print(flags, { projects }, lines)
    }),
  )
  return new Command('project').description('projects of the installation').addCommand(list)
}
