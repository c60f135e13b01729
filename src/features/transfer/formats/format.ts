import type { z } from 'zod'
import type { ImportedUser } from '../imported-user.ts'
import type { SourceBytes, SourceRecords } from '../reading/source-record.ts'

/** What one record of a source file means. */
export type Mapped =
  | {
      readonly user: ImportedUser
      /** What was in the record and is not in the user, each as a sentence that fits many users: they are counted. */
      readonly notes?: readonly string[]
    }
  /** Why the record cannot be a user. */
  | { readonly problems: readonly string[] }

/** What a format needs to know beside the records. */
export interface FormatContext {
  /** Parameters of the hashes, for formats that keep them apart; see `hash-config.ts`. */
  readonly hashConfig: unknown
  /** The hash of a user in a second file, by any of the keys that the format gives it. */
  readonly hashOf: (...keys: readonly string[]) => string | undefined
  readonly now: number
}

/** How the export of one system is read. */
export interface Format {
  readonly name: string
  /** Splits the file, whichever of its forms it has. */
  records(source: SourceBytes): SourceRecords
  /** Translates one parsed record. Never throws for anything that is in the record. */
  map(value: unknown, context: FormatContext): Mapped
}

/** Problems of a record that does not have the shape of its format, without any of its values. */
export function shapeProblems(error: z.ZodError): readonly string[] {
  return error.issues.slice(0, 5).map(({ path, message }) => {
    const where = path.map(String).join('.')
    return where === '' ? `is not a user: ${message}` : `${where.slice(0, 100)}: ${message}`
  })
}

/** Members that are not empty, so that a user holds only what there is. */
export function withoutEmpty<T extends object>(members: T): T {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => !isEmpty(value))) as T
}

function isEmpty(value: unknown): boolean {
  if (value === undefined || value === '' || value === false || value === 0) return true
  if (Array.isArray(value)) return value.length === 0
  return typeof value === 'object' && value !== null && Object.keys(value).length === 0
}
