import { Command } from 'commander'
import { commandInProject, commandWithOptions, type Flags, print } from './context.ts'
import { withAuth, withProject } from './installation.ts'
import { readTemplate, templateView, writeBuiltIn, writeNew } from './template-files.ts'

/** `postern template …`: how messages look (docs/messages.md). */
export function templateCommand(): Command {
  const template = new Command('template').description('how messages look: templates per kind, channel and language')
  for (const make of [kindsCommand, listCommand, showCommand, setCommand, builtInCommand, previewCommand, sendTestCommand])
    template.addCommand(make())
  return template
    .addCommand(changeCommand('activate', 'write messages of its kind by a template from now on', 'activateMessageTemplate'))
    .addCommand(changeCommand('deactivate', 'let the built-in text serve again', 'deactivateMessageTemplate'))
    .addCommand(changeCommand('delete', 'delete a template', 'deleteMessageTemplate'))
}

const text = (value: unknown) => (typeof value === 'string' ? value : undefined)

function kindsCommand(): Command {
  return commandWithOptions('kinds', 'kinds of messages, with the channels that they go by').action((flags: Flags) =>
    withAuth(flags, async ({ api }) => {
      const kinds = api.messageKinds()
      print(
        flags,
        { kinds },
        kinds.map(({ kind, channels, about }) => `${kind}  ${channels.join(', ')}  ${about}`),
      )
    }),
  )
}

function listCommand(): Command {
  return commandInProject('list', 'templates of the project, without their texts').action((flags: Flags) =>
    withProject(flags, async ({ auth, projectId }) => {
      const templates = (await auth.api.listMessageTemplates({ projectId })).map((one) => {
        const { versions, ...facts } = templateView(one)
        return { ...facts, languages: Object.keys(Object(versions)) }
      })
      const lines = templates.map(({ languages, ...one }) => {
        const marks = [one.active ? 'active' : '', one.public ? 'public' : ''].filter(Boolean)
        return [one.id, one.kind, one.channel, one.name, languages.join(','), ...marks].join('  ')
      })
      print(flags, { templates }, lines)
    }),
  )
}

function showCommand(): Command {
  return commandInProject('show', 'a template as a file that `set` takes')
    .argument('<id>', 'ID of the template')
    .action((id: string, flags: Flags) =>
      withProject(flags, async ({ auth, projectId }) => {
        const template = templateView(await auth.api.showMessageTemplate({ projectId, id }))
        print(flags, template, JSON.stringify(template, null, 2).split('\n'))
      }),
    )
}

function setCommand(): Command {
  return commandInProject('set', 'make templates what files say, by kind, channel and name; every problem is told at once')
    .argument('<file...>', 'JSON as `show` and `built-in` give it; a text may be {"file": "reset.de.html"}')
    .option('--activate', 'use them from now on')
    .action((paths: readonly string[], flags: Flags) =>
      withProject(flags, async ({ auth, projectId }) => {
        const given = paths.map(readTemplate)
        const done: { readonly id: string; readonly name: string; readonly active: boolean; readonly isNew: boolean }[] = []
        for (const one of given) {
          const isActive = one.isActive || flags.activate === true
          const { template, isNew } = await auth.api.setMessageTemplate({ projectId, template: { ...one, isActive } })
          done.push({ id: template.id, name: template.name, active: template.isActive, isNew })
        }
        const lines = done.map(({ id, name, active, isNew }) => `${id}  ${name}  ${isNew ? 'made' : 'changed'}${active ? ', active' : ''}`)
        print(flags, { templates: done }, lines)
      }),
    )
}

function changeCommand(
  name: string,
  description: string,
  method: 'activateMessageTemplate' | 'deactivateMessageTemplate' | 'deleteMessageTemplate',
): Command {
  return commandInProject(name, description)
    .argument('<id>', 'ID of the template')
    .action((id: string, flags: Flags) =>
      withProject(flags, async ({ auth, projectId }) => {
        await auth.api[method]({ projectId, id })
        print(flags, { id }, [`${id}  done`])
      }),
    )
}

function builtInCommand(): Command {
  return commandWithOptions('built-in', 'the built-in text of a kind, to begin a template with')
    .argument('<kind>', 'for example password.reset')
    .argument('[channel]', 'email, sms, voice, whatsapp or im', 'email')
    .option('--language <tag>', 'for example de', 'en')
    .option('--into <folder>', 'write a template with its texts in files of their own there, instead of printing it')
    .action((kind: string, channel: string, flags: Flags) =>
      withAuth(flags, async ({ api }) => {
        const { language, texts } = api.builtInMessage({ kind, channel, language: text(flags.language) ?? 'en' })
        const folder = text(flags.into)
        if (folder !== undefined) {
          const files = writeBuiltIn(folder, { kind, channel, language, texts })
          print(flags, { files }, files)
          return
        }
        const template = { name: `${kind}.${channel}`, kind, channel, active: false, options: [], versions: { [language]: texts } }
        print(flags, template, JSON.stringify(template, null, 2).split('\n'))
      }),
    )
}

/** Which message a command is about. */
function aboutMessage(command: Command): Command {
  return command
    .option('--id <id>', 'a stored template')
    .option('--kind <kind>', 'without a template: messages of this kind as they look now')
    .option('--channel <channel>', 'email, sms, voice, whatsapp or im; email if absent')
    .option('--language <tag>', 'for example de')
}

function meant(flags: Flags) {
  const kind = text(flags.kind)
  return {
    id: text(flags.id),
    kind,
    channel: text(flags.channel) ?? (kind === undefined ? undefined : 'email'),
    language: text(flags.language),
  }
}

function previewCommand(): Command {
  return aboutMessage(commandInProject('preview', 'a message with samples; nothing is sent'))
    .option('--file <file>', 'a template that is not stored')
    .option('--html <file>', 'write the HTML of a mail there')
    .action((flags: Flags) =>
      withProject(flags, async ({ auth, projectId }) => {
        const file = text(flags.file)
        const template = file === undefined ? undefined : readTemplate(file)
        const about = template ? { kind: template.kind, channel: template.channel, language: text(flags.language) } : meant(flags)
        const written = await auth.api.previewMessage({ projectId, ...about, template })
        const html = text(flags.html)
        if (html !== undefined) writeNew(html, written.html)
        const subject = written.subject === '' ? [] : [`Subject: ${written.subject}`, '']
        print(flags, written, [...subject, ...written.text.split('\n')])
      }),
    )
}

function sendTestCommand(): Command {
  return aboutMessage(commandInProject('send-test', 'send a message with samples, which says that it is a test; a running server sends it'))
    .argument('<to>', 'e-mail address or phone number')
    .action((to: string, flags: Flags) =>
      withProject(flags, async ({ auth, projectId }) => {
        await auth.api.sendTestMessage({ projectId, ...meant(flags), to })
        print(flags, { to }, [`queued for ${to}`])
      }),
    )
}
