import { z } from 'zod'
import { type Channel, formOf } from './messages.ts'
import { isPlainText } from './plain-text.ts'

/** Longest texts of a template, in UTF-16 units, and how many there may be. `whole` is a template in all languages, `project` all templates of a project. */
export const templateLimits = {
  ...{ name: 128, subject: 300, body: 200_000, text: 2_000, whole: 600_000, project: 2_000_000 },
  ...{ options: 50, languages: 50, perProject: 200 },
} as const

/** Lines and tabs are the only control characters in it (IN-03). */
const isTemplateText = (text: string) => isPlainText(text.replace(/[\t\n\r]/g, ' '))

const Body = (max: number) => z.string().min(1).max(max).refine(isTemplateText, 'must not hold control characters or broken Unicode')

/** Names of the `templateOptions` that a template uses. */
export const optionNames = z
  .array(z.string().regex(/^[A-Za-z][A-Za-z0-9_]{0,59}$/, 'must be names of letters, digits and _, 60 at most'))
  .max(templateLimits.options)
  .refine((names) => new Set(names).size === names.length, 'names an option twice')
  .refine((names) => names.every((name) => !(name in Object.prototype)), 'has a name that every object has')

/** A mail in one language; every part is written in the template language. */
export const MailVersion = z.strictObject({
  subject: Body(templateLimits.subject),
  /** HTML. */
  body: Body(templateLimits.body),
  bodyPlainText: z
    .string()
    .max(templateLimits.body)
    .refine(isTemplateText, 'must not hold control characters or broken Unicode')
    .default(''),
  /** False: the plain text is made of the HTML. */
  useBodyPlainText: z.boolean().default(false),
})
export type MailVersion = z.infer<typeof MailVersion>

/** A text or spoken message in one language. */
export const TextVersion = z.strictObject({ body: Body(templateLimits.text) })
export type TextVersion = z.infer<typeof TextVersion>

/** A language tag (BCP 47), as far as we choose by it: language, perhaps script and region. */
export const LanguageTag = z
  .string()
  .regex(/^[a-z]{2,3}(-[A-Z][a-z]{3})?(-([A-Z]{2}|\d{3}))?$/, 'must be a language tag such as de or pt-BR')

const hasLanguages = (versions: object) => Object.keys(versions).length > 0 && Object.keys(versions).length <= templateLimits.languages
const languagesProblem = `must hold one language at least, ${templateLimits.languages} at most`

/** The texts of a template by language. */
export const MailVersions = z.record(LanguageTag, MailVersion).refine(hasLanguages, languagesProblem)
export type MailVersions = z.infer<typeof MailVersions>
export const TextVersions = z.record(LanguageTag, TextVersion).refine(hasLanguages, languagesProblem)
export type TextVersions = z.infer<typeof TextVersions>

/** Texts that were found sound, with everything that they leave out. Throws for others. */
export function wholeVersions(channel: Channel, versions: unknown): MailVersions | TextVersions {
  return (formOf(channel) === 'email' ? MailVersions : TextVersions).parse(versions)
}

/**
 * The language to write in: the first wish that is there, exactly or by its language alone (`de-CH` is content with `de`, and with `de-AT` before another language). `undefined` when
 * there is none of them.
 */
export function chosenLanguage(wishes: readonly string[], available: readonly string[]): string | undefined {
  const primary = (tag: string) => tag.toLowerCase().split(/[-_]/)[0]
  for (const wish of wishes) {
    if (wish === '') continue
    const exact = available.find((tag) => tag.toLowerCase() === wish.replace('_', '-').toLowerCase())
    const near = available.find((tag) => tag.toLowerCase() === primary(wish)) ?? available.find((tag) => primary(tag) === primary(wish))
    const found = exact ?? near
    if (found) return found
  }
  return undefined
}
