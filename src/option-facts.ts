import type { TextForm } from './option-text.ts'

/**
 * What is known of an option beside its schema. Each has a default, a sentence that holds the unit, and the remedy that is told when its value cannot be used. `form` is how a flag or a variable
 * spells it; `isSecret` keeps it out of sight and lets a file hold it.
 */
export interface FieldFacts {
  readonly description: string
  readonly remedy: string
  readonly form?: TextForm
  readonly isSecret?: boolean
}

export const facts = (given: FieldFacts): FieldFacts & Record<string, unknown> => ({ ...given })
