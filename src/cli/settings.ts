import { Command } from 'commander'
import type { Settings } from '../core/settings.ts'
import { suggestion } from '../options.ts'
import { commandInProject, type Flags, print } from './context.ts'
import { CommandFailed, exitCodes } from './exit.ts'
import { withProject } from './installation.ts'

/** `postern settings show | set`: the settings of a project (docs/settings.md). */
export function settingsCommand(): Command {
  const show = commandInProject('show', 'settings in force')
    .argument('[prefix]', 'show only names that begin with this, for example password.')
    .action((prefix: string | undefined, flags: Flags) =>
      withProject(flags, async ({ auth, projectId }) => {
        const chosen = flat(await auth.api.showSettings({ projectId })).filter(([name]) => name.startsWith(prefix ?? ''))
        print(flags, nested(chosen), chosen.map(lineOf))
      }),
    )
  const set = commandInProject('set', 'change settings; a running server follows within a second')
    .argument('<name=value...>', 'for example password.minLength=12 project.rotateJwt=true')
    .action((assignments: readonly string[], flags: Flags) =>
      withProject(flags, async ({ auth, projectId }) => {
        const given = assignments.map(assignmentOf)
        const known = flat(await auth.api.showSettings({ projectId })).map(([name]) => name)
        const unknown = given
          .filter(([name]) => !known.includes(name))
          .map(([name]) => `${name}: no such setting${suggestion(name, known)}`)
        if (unknown.length > 0) throw new CommandFailed(unknown.join('\n'), exitCodes.usage)
        const settings = await auth.api.changeSettings({ projectId, changes: nested(given) })
        const names = given.map(([name]) => name)
        print(
          flags,
          settings,
          flat(settings)
            .filter(([name]) => names.includes(name))
            .map(lineOf),
        )
      }),
    )
  return new Command('settings').description('settings of a project').addCommand(show).addCommand(set)
}

type Named = readonly [name: string, value: unknown]

function flat(settings: Settings): readonly Named[] {
  return Object.entries(settings).flatMap(([section, fields]) =>
    Object.entries(fields).map(([field, value]): Named => [`${section}.${field}`, value]),
  )
}

function nested(named: readonly Named[]): Record<string, Record<string, unknown>> {
  const sections: Record<string, Record<string, unknown>> = {}
  for (const [name, value] of named) {
    const [section = '', field = ''] = name.split('.')
    sections[section] = { ...sections[section], [field]: value }
  }
  return sections
}

function lineOf([name, value]: Named): string {
  return `${name}=${JSON.stringify(value)}`
}

/** Reads `section.field=value`; the value is JSON, or a text where it is not. */
function assignmentOf(assignment: string): Named {
  const match = /^([A-Za-z]+\.[A-Za-z]+)=(.*)$/s.exec(assignment)
  if (!match) throw new CommandFailed(`Not of the form section.name=value: ${assignment.split('=')[0]}`, exitCodes.usage)
  const [, name = '', text = ''] = match
  try {
    return [name, JSON.parse(text)]
  } catch {
    return [name, text]
  }
}
