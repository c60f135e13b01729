import type { MessageKind, MessageValue, MessageVariable } from '../core/messages.ts'
import { defuse, defuseOpen, oneLine } from './defuse.ts'
import type { OpenMessage } from './sealed-message.ts'

/** What a template sees. Every value is harmless before a template can touch it (IN-06). */

const maxTextLength = 256
const maxOptionLength = 500
const maxUrlLength = 4096

/** Makes the scope of a message: the user, the project, the variables of its kind and the options that the template declares. Throws for a value that is not of its variable's type. */
export function scopeOf(
  kind: MessageKind,
  message: Pick<OpenMessage, 'user' | 'values' | 'options'>,
  given: { readonly projectName: string; readonly locale: string; readonly options: readonly string[]; readonly isMail: boolean },
): Readonly<Record<string, unknown>> {
  // In text messages the invisible character behind a name such as `Acme Inc.` would cost a second message.
  const shownText = (text: string, maxLength: number) => (given.isMail ? defuseOpen : defuse)(oneLine(text, maxLength))
  const user = Object.fromEntries(Object.entries(message.user).map(([name, value]) => [name, shownText(value, maxTextLength)]))
  const values = Object.entries(kind.variables).map(([name, variable]) => [name, checkedValue(variable, message.values[name])])
  const options = given.options.map((name) => [
    name,
    shownText((Object.hasOwn(message.options, name) ? message.options[name] : undefined) ?? '', maxOptionLength),
  ])
  return {
    ...Object.fromEntries(values),
    project: { name: shownText(given.projectName, maxTextLength) },
    user,
    locale: given.locale,
    options: Object.fromEntries(options),
  }
}

function shownText(text: string, maxLength: number): string {
  return defuse(oneLine(text, maxLength))
}

/** A value as a template may see it. Throws when it is not of its variable's type. */
export function checkedValue({ type, isOptional }: MessageVariable, value: MessageValue | undefined): unknown {
  if (value === undefined && isOptional) return type === 'links' ? [] : ''
  if (type === 'text' && typeof value === 'string') return shownText(value, maxTextLength)
  if (type === 'link' && typeof value === 'string') return value === '' && isOptional ? '' : carriedUrl(value)
  if (type === 'code' && typeof value === 'string' && /^[0-9]{0,12}$/.test(value)) return value
  if (type === 'seconds' && typeof value === 'number') return value
  if (type === 'choice' && (typeof value === 'boolean' || (typeof value === 'string' && /^[A-Za-z]{0,32}$/.test(value)))) return value
  // Shown as it is: browsers compare it (https://wicg.github.io/sms-one-time-codes/).
  if (type === 'domain' && typeof value === 'string' && value.length <= 253 && /^([a-z0-9-]+(\.[a-z0-9-]+)*)?$/.test(value)) return value
  if (type === 'links' && Array.isArray(value)) {
    return value.slice(0, 10).map(({ number, url }) => ({ number: shownText(number, 8), url: carriedUrl(url) }))
  }
  throw new Error('A value of a message is not of its type')
}

const refusedSchemes = new Set(['javascript:', 'data:', 'file:', 'blob:', 'vbscript:', 'about:', 'ftp:', 'ws:', 'wss:'])

/** The URL in its parsed form: http, https, or the scheme of an app with `//`. A second fence: the redirect rules came before (RC-07). */
export function carriedUrl(text: string): string {
  const isWellFormed = /^[a-z][a-z0-9+.-]*:\/\/[^\s\p{Cc}\\]+$/iu.test(text) && text.length <= maxUrlLength && URL.canParse(text)
  const url = isWellFormed ? new URL(text) : undefined
  if (!url || refusedSchemes.has(url.protocol) || url.username || url.password)
    throw new Error('The link of a mail is not one that a mail may carry')
  return url.href
}
