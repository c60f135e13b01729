import { german } from './de.ts'
import { english } from './en.ts'
import { spanish } from './es.ts'
import { french } from './fr.ts'
import { hebrew } from './he.ts'
import { japanese } from './ja.ts'
import { portuguese } from './pt.ts'
import type { Language } from './texts.ts'

/** Languages of the built-in messages, by tag. */
export const languages: Readonly<Record<string, Language>> = {
  en: english,
  de: german,
  es: spanish,
  fr: french,
  he: hebrew,
  ja: japanese,
  pt: portuguese,
}

/** The language of last resort. */
export const lastLanguage = 'en'
