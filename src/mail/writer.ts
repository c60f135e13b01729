import { coreErrors } from '../core/errors.ts'
import { chosenLanguage } from '../core/message-templates.ts'
import type { MessageWriter } from '../core/message-writer.ts'
import type { Channel, MessageKind } from '../core/messages.ts'
import { builtInSource, languagesOf } from './built-in-source.ts'
import { checkTemplate } from './check-template.ts'
import type { Composer } from './compose.ts'
import { type SampleMessage, sampleMessage, sampleValues } from './samples.ts'
import { checkedValue } from './scope.ts'
import { lastLanguage } from './texts/index.ts'

const unknownKind = 'There is no such kind of message on the channel'

/** Where previews go that go nowhere. */
const previewAddress = { email: 'ada@example.com', other: '+15555555555' }

/** Makes the port by which administrators shape messages. */
export function createWriter({ kinds, composer }: { readonly kinds: MessageWriter['kinds']; readonly composer: Composer }): MessageWriter {
  const kindOf = (name: string, channel: Channel): MessageKind | undefined => {
    const kind = Object.hasOwn(kinds, name) ? kinds[name] : undefined
    return kind?.channels.includes(channel) ? kind : undefined
  }
  return {
    kinds,
    languagesOf,
    check(draft) {
      const kind = kindOf(draft.kind, draft.channel)
      return kind ? checkTemplate(kind, draft) : [{ language: '', field: '', line: 0, column: 0, problem: unknownKind }]
    },
    async preview({ project, kind: name, channel, draft, language, changes }) {
      const kind = kindOf(name, channel)
      if (!kind) throw coreErrors.InvalidArguments({ message: unknownKind })
      const sample = sampleMessage(kind, draft?.options ?? [], changes)
      assertValues(kind, sample)
      const to = channel === 'email' ? previewAddress.email : previewAddress.other
      const facts = { projectId: project.id, id: '', kind: name, channel, to, templateId: '', isPrivileged: true, isTest: false }
      const composed = await composer.composeBy(draft, { ...facts, ...sample, locales: language ? [language] : [] })
      if ('text' in composed) return { language: composed.text.locale, subject: '', text: composed.text.text, html: '' }
      const { locale, subject, text, html } = composed.mail
      return { language: locale, subject, text, html }
    },
    samples: (name) => sampleValues(kinds[name] ?? { about: '', channels: [], variables: {} }),
    builtIn(name, channel, language) {
      const kind = kindOf(name, channel)
      const locale = chosenLanguage([language, lastLanguage], languagesOf(name, channel))
      return kind && locale ? builtInSource(kind, { name, channel, locale }) : undefined
    },
  }
}

/** Throws `InvalidArguments` with every value that is not of its variable's type. */
function assertValues(kind: MessageKind, { values }: SampleMessage): void {
  const wrong = Object.entries(kind.variables).filter(([name, variable]) => {
    try {
      checkedValue(variable, values[name])
      return false
    } catch {
      return true
    }
  })
  if (wrong.length === 0) return
  const told = wrong.map(([name, { type }]) => `${name} is not of the type ${type}`)
  throw coreErrors.InvalidArguments({ message: `values: ${told.join('; ')}` })
}
