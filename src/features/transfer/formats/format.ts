import type { z } from 'zod'
import type { SourceUser } from '../imported-user.ts'
import type { SourceBytes, SourceRecords } from '../reading/source-record.ts'
import type { Definition } from './postern-lines.ts'

/** What one record of a source file means. */
export type Mapped =
  | {
      readonly user: SourceUser
      /** What was in the record and is not in the user, each as a sentence that fits many users: they are counted. */
      readonly notes?: readonly string[]
    }
  /** Why the record cannot be a user. */
  | { readonly problems: readonly string[] }
  /** Something that users refer to, or nothing. */
  | { readonly definition: Definition | undefined }

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
  /** Whether every field must fit and nothing is made up: for our own export. */
  readonly isExact?: boolean
  /** Why the file is not of this format, as its first record tells, for formats that have one for that. */
  opening?(value: unknown): string | undefined
  /** Splits the file, whichever of its forms it has. */
  records(source: SourceBytes): SourceRecords
  /** How a second file with the hashes is read, for systems that give them out apart. */
  readonly hashes?: {
    records(source: SourceBytes): SourceRecords
    /** The hash of a record, with every key that finds it; `undefined` when there is none. */
    read(value: unknown): { readonly keys: readonly string[]; readonly hash: string } | undefined
  }
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
