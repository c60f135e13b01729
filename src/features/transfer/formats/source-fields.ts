import { z } from 'zod'

/** How the fields of other systems' files are read: tolerantly where the kind of value goes, because JSON, CSV and databases write the same thing in different ways. */

/** Text; `''` where there is none. */
export const SourceText = z
  .string()
  .nullish()
  .transform((text) => text ?? '')

/** Text or number, as text. */
export const SourceKey = z
  .union([z.string(), z.number()])
  .nullish()
  .transform((value) => (value === null || value === undefined ? '' : String(value)))

const truths = new Map([
  ['true', true],
  ['t', true],
  ['1', true],
  ['yes', true],
  ['false', false],
  ['f', false],
  ['0', false],
  ['no', false],
  ['', false],
])

/** A truth value as JSON, CSV or PostgreSQL writes it; false where there is none. */
export const SourceFlag = z
  .union([z.boolean(), z.string()])
  .nullish()
  .transform((value, context) => {
    if (typeof value === 'boolean') return value
    const read = truths.get((value ?? '').trim().toLowerCase())
    if (read !== undefined) return read
    context.addIssue({ code: 'custom', message: 'is neither true nor false' })
    return z.NEVER
  })

/** The form that JSON has by far most often. */
const plainDate = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d{3})?Z$/
const date = /^(\d{4}-\d{2}-\d{2})[T ](\d{2}:\d{2}:\d{2})(?:\.\d+)?\s?(Z|[+-]\d{2}(?::?\d{2})?)?$/

/** Epoch seconds of a time as JSON or PostgreSQL writes it; without a zone it is UTC. `undefined` for anything else. */
export function secondsOfDate(text: string): number | undefined {
  if (plainDate.test(text)) return secondsOf(text)
  const [, day, time, zone = 'Z'] = date.exec(text.trim()) ?? []
  if (!day) return undefined
  const digits = zone.replace(/\D/g, '').padEnd(4, '0')
  const offset = zone === 'Z' ? 'Z' : `${zone.slice(0, 1)}${digits.slice(0, 2)}:${digits.slice(2)}`
  return secondsOf(`${day}T${time}${offset}`)
}

function secondsOf(text: string): number | undefined {
  const milliseconds = Date.parse(text)
  return Number.isNaN(milliseconds) ? undefined : Math.floor(milliseconds / 1000)
}

/** A time as text, a number of seconds, or nothing; epoch seconds, 0 where there is none. */
export const SourceTime = z
  .union([z.string(), z.number()])
  .nullish()
  .transform((value, context) => {
    if (value === null || value === undefined || value === '') return 0
    const seconds = typeof value === 'number' || /^\d+(\.\d+)?$/.test(value) ? Math.floor(Number(value)) : secondsOfDate(value)
    if (seconds !== undefined && Number.isSafeInteger(seconds)) return Math.max(0, seconds)
    context.addIssue({ code: 'custom', message: 'is not a time' })
    return z.NEVER
  })

/** A time in milliseconds since the epoch, as number or text; epoch seconds, 0 where there is none. */
export const SourceMilliseconds = z
  .union([z.string(), z.number()])
  .nullish()
  .transform((value, context) => {
    const milliseconds = Number(value ?? 0)
    if (Number.isFinite(milliseconds)) return Math.max(0, Math.floor(milliseconds / 1000))
    context.addIssue({ code: 'custom', message: 'is not a time in milliseconds' })
    return z.NEVER
  })

/** An object; empty where there is none. */
export const SourceObject = z
  .record(z.string(), z.unknown())
  .nullish()
  .transform((value) => value ?? {})

/** An object in JSON text, as CSV files have it. */
export const SourceJsonObject = z
  .union([z.string(), z.record(z.string(), z.unknown())])
  .nullish()
  .transform((value, context) => {
    if (value === null || value === undefined || value === '') return {}
    const parsed = typeof value === 'string' ? parseObject(value) : value
    if (parsed) return parsed
    context.addIssue({ code: 'custom', message: 'is not a JSON object' })
    return z.NEVER
  })

function parseObject(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : undefined
  } catch {
    return undefined
  }
}

/** Texts in a list; empty where there is none. */
export const SourceTexts = z
  .array(z.string())
  .nullish()
  .transform((value) => value ?? [])

/** The first of some texts that is not empty; `''` when all are. */
export function firstText(...texts: readonly string[]): string {
  return texts.find((text) => text.trim() !== '') ?? ''
}

/** Texts that are not empty, each once. */
export function distinct(...texts: readonly string[]): readonly string[] {
  return [...new Set(texts.map((text) => text.trim()).filter((text) => text !== ''))]
}
