import type { SampleChanges } from '../core/message-writer.ts'
import { commonVariables, type MessageKind, type MessageValue } from '../core/messages.ts'
import type { OpenMessage } from './sealed-message.ts'

/** The values of a message with which templates are tried. */
export type SampleMessage = Pick<OpenMessage, 'user' | 'values' | 'options'>

const userFields = ['name', 'givenName', 'familyName', 'email', 'phone'] as const

/** Values of a kind as its feature declares them for previews. */
export function sampleValues(kind: MessageKind): Record<string, MessageValue> {
  return Object.fromEntries(Object.entries(kind.variables).map(([name, { sample }]) => [name, sample]))
}

/** A message with samples. An option that is not given shows its name. */
export function sampleMessage(kind: MessageKind, options: readonly string[], changes: SampleChanges = {}): SampleMessage {
  const own = <V>(given: Readonly<Record<string, V>> | undefined, name: string) =>
    given && Object.hasOwn(given, name) ? given[name] : undefined
  const user = userFields.map((name) => [name, own(changes.user, name) ?? String(commonVariables[`user.${name}`]?.sample ?? '')])
  const values = Object.entries(sampleValues(kind)).map(([name, sample]) => [name, own(changes.values, name) ?? sample])
  return {
    user: Object.fromEntries(user) as SampleMessage['user'],
    values: Object.fromEntries(values) as SampleMessage['values'],
    options: Object.fromEntries(options.map((name) => [name, own(changes.templateOptions, name) ?? name])),
  }
}

/** The same for somebody of whom nothing is known, with everything that can be missing missing, and choices the other way. */
export function barestMessage(kind: MessageKind): SampleMessage {
  const values = Object.entries(kind.variables).map(([name, { type, sample, isOptional }]) => {
    if (isOptional)
      return [name, type === 'links' ? [] : type === 'seconds' ? 0 : type === 'choice' && typeof sample === 'boolean' ? false : '']
    return [name, typeof sample === 'boolean' ? !sample : sample]
  })
  const user = Object.fromEntries(userFields.map((name) => [name, ''])) as SampleMessage['user']
  return { user, values: Object.fromEntries(values) as SampleMessage['values'], options: {} }
}
