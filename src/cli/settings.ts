import { Command } from 'commander'
import { chosenProject, commandWithOptions, print, withAuth } from './context.ts'
import { CommandFailed, exitCodes } from './exit.ts'

/** `postern settings show | set`: the settings of a project (docs/settings.md). */
export function settingsCommand(): Command {
  const show = commandWithOptions('show', 'settings in force')
    .option('--project <id>', 'project, if there are several')
    .argument('[prefix]', 'show only names that begin with this, for example password.')
    .action((prefix: string | undefined, flags: Record<string, unknown>) =>
      withAuth(flags, async (auth) => {
        const settings = await auth.api.showSettings({ projectId: await chosenProject(auth, flags) })
        const all = Object.entries(settings).flatMap(([section, fields]) =>
          Object.entries(fields).map(([field, value]) => [`${section}.${field}`, value] as const),
        )
        const chosen = all.filter(([name]) => name.startsWith(prefix ?? ''))
        print(
          flags,
          settings,
          chosen.map(([name, value]) => `${name}=${JSON.stringify(value)}`),
        )
      }),
    )
  const set = commandWithOptions('set', 'change settings; a running server follows within a second')
    .option('--project <id>', 'project, if there are several')
    .argument('<name=value...>', 'for example password.minLength=12 project.rotateJwt=true')
    .action((assignments: readonly string[], flags: Record<string, unknown>) =>
      withAuth(flags, async (auth) => {
        const changes = changesOf(assignments)
        const settings = await auth.api.changeSettings({ projectId: await chosenProject(auth, flags), changes })
        print(flags, settings, ['Settings are changed.'])
      }),
    )
  return new Command('settings').description('settings of a project').addCommand(show).addCommand(set)
}

/** Reads `section.field=value`; values are JSON, or text where they are not. */
function changesOf(assignments: readonly string[]): Record<string, Record<string, unknown>> {
  const changes: Record<string, Record<string, unknown>> = {}
  for (const assignment of assignments) {
    const match = /^([A-Za-z]+)\.([A-Za-z]+)=(.*)$/s.exec(assignment)
    if (!match) throw new CommandFailed(`Not of the form section.name=value: ${assignment.split('=')[0]}`, exitCodes.usage)
    const [, section = '', field = '', text = ''] = match
    changes[section] = { ...changes[section], [field]: jsonOrText(text) }
  }
  return changes
}

function jsonOrText(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}
