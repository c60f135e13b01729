import { messageKinds } from '../../auth.ts'
import { type Channel, channels, type MessageKind, type MessageValue } from '../../core/messages.ts'
import type { Project } from '../../core/projects.ts'
import { Settings } from '../../core/settings.ts'
import { type Composed, createComposer } from '../compose.ts'
import type { OpenMessage } from '../sealed-message.ts'

/** A way in which messages of a kind come. */
export interface Sample {
  readonly name: string
  readonly kind: string
  readonly channel: Channel
  readonly values: Readonly<Record<string, MessageValue>>
}

/** Words that a choice can be, beside its sample. */
const otherChoices: Readonly<Record<string, MessageValue>> = { isNew: false, by: 'user' }

function valuesOf({ variables }: MessageKind, isFull: boolean): Readonly<Record<string, MessageValue>> {
  const entries = Object.entries(variables).map(([name, { type, sample, isOptional }]) => {
    if (isFull) return [name, sample] as const
    if (type === 'choice') return [name, otherChoices[name] ?? sample] as const
    return [name, isOptional ? '' : sample] as const
  })
  return Object.fromEntries(entries)
}

/** Every kind on each of its channels, with all that its messages can hold and with as little. */
export const samples: readonly Sample[] = Object.entries(messageKinds).flatMap(([kind, declared]) =>
  channels
    .filter((channel) => declared.channels.includes(channel))
    .flatMap((channel) => [
      { name: `${kind} by ${channel}`, kind, channel, values: valuesOf(declared, true) },
      { name: `${kind} by ${channel}, with as little as can be`, kind, channel, values: valuesOf(declared, false) },
    ]),
)

const projectNamed = (name: string): Project => ({
  ...{ id: `P${'1'.repeat(27)}`, name, settings: Settings.parse({}), settingsVersion: 1, environment: '', defaultRoles: [] },
})

const none = async () => undefined

/** What the recipient of a message sees in a language. What users and callers choose is `theirs`. */
export function composeSample(sample: Sample, locale: string, projectName = 'Acme', theirs = ''): Promise<Composed> {
  const composer = createComposer({
    kinds: messageKinds,
    projectById: async () => projectNamed(projectName),
    storage: { messageTemplates: { active: none, byId: none } } as never,
    from: 'Acme <no-reply@acme.example>',
    log: { warn: () => undefined } as never,
  })
  const { kind, channel, values } = sample
  const user = { name: theirs, givenName: theirs, familyName: theirs, email: theirs, phone: theirs }
  const to = channel === 'email' ? 'ada@example.com' : '+15555555555'
  return composer.compose({
    ...{ projectId: `P${'1'.repeat(27)}`, id: 'M1', kind, channel, to, values: { ...values } as OpenMessage['values'], user },
    ...{ locales: [locale], templateId: '', options: { name: theirs, link: theirs, code: theirs }, isPrivileged: false, isTest: false },
  })
}
