import { german } from './de.ts'
import { english } from './en.ts'
import { spanish } from './es.ts'
import { french } from './fr.ts'
import type { Language } from './texts.ts'

/** Languages of the built-in messages, by tag. */
export const languages: Readonly<Record<string, Language>> = { en: english, de: german, es: spanish, fr: french }

/** The language of last resort. */
export const lastLanguage = 'en'
