import { english } from './en.ts'
import type { Language } from './texts.ts'

/** Languages of the built-in messages, by tag. */
export const languages: Readonly<Record<string, Language>> = { en: english }

/** The language of last resort. */
export const lastLanguage = 'en'
