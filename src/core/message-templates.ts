import { z } from 'zod'

/** Longest texts of a template, in UTF-16 units. */
export const templateLimits = { subject: 300, body: 200_000, text: 2_000, options: 50, languages: 50, perProject: 500 } as const

const Body = (max: number) => z.string().min(1).max(max)

/** A mail in one language; every part is written in the template language. */
export const MailVersion = z.strictObject({
  subject: Body(templateLimits.subject),
  /** HTML. */
  body: Body(templateLimits.body),
  bodyPlainText: z.string().max(templateLimits.body).default(''),
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

/** The texts of a template by language. */
export const MailVersions = z.record(LanguageTag, MailVersion)
export const TextVersions = z.record(LanguageTag, TextVersion)

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
