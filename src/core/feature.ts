import type { ErrorFactory } from './errors.ts'

/** What a feature brings beside its routes: the catalogue tests read these. */
export interface FeatureParts {
  readonly name: string
  readonly errors: Readonly<Record<string, ErrorFactory>>
  /** Types of audit events that the feature writes, each with a sentence for `docs/events.md`. */
  readonly events: Readonly<Record<string, string>>
  /** Kinds of mails that the feature sends, each with a sentence for `docs/mails.md`. */
  readonly mails: Readonly<Record<string, string>>
}
