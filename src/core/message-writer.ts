import type { Channel, MessageKind, MessageValue, NewMessage } from './messages.ts'
import type { Project } from './projects.ts'

/** A template that is perhaps not stored. */
export interface TemplateDraft {
  readonly kind: string
  readonly channel: Channel
  /** Names of the `templateOptions` that it uses. */
  readonly options: readonly string[]
  /** Texts by language. */
  readonly versions: unknown
}

/** What is wrong with a template, and where: line and column are counted from 1, and 0 where it is no single place. */
export interface TemplateProblem {
  /** `''` for what is wrong with the template as a whole. */
  readonly language: string
  /** `subject`, `body` or `bodyPlainText`; `''` for none of them. */
  readonly field: string
  readonly line: number
  readonly column: number
  readonly problem: string
}

/** A message as its recipient would see it. */
export interface WrittenMessage {
  readonly language: string
  /** `''` but for mails. */
  readonly subject: string
  readonly text: string
  /** `''` but for mails. */
  readonly html: string
}

/** Values of a preview in place of the samples. What is not given, or is no variable, is the sample or nothing. */
export interface SampleChanges {
  /** `name`, `givenName`, `familyName`, `email`, `phone`. */
  readonly user?: Readonly<Record<string, string>> | undefined
  readonly values?: Readonly<Record<string, MessageValue>> | undefined
  readonly templateOptions?: Readonly<Record<string, string>> | undefined
}

/** Texts of a built-in message in the template language. */
export interface BuiltInTexts {
  readonly language: string
  /** As the version of a template has them. */
  readonly texts: Readonly<Record<string, string | boolean>>
}

/** How messages are written, for administrators who shape them. */
export interface MessageWriter {
  /** Every kind of message, by name. */
  readonly kinds: Readonly<Record<string, MessageKind>>
  /** The languages that built-in texts of a kind are in on a channel. */
  languagesOf(kind: string, channel: Channel): readonly string[]
  /** Everything that is wrong with a template, at most a hundred problems; it is written with samples too, within limits of time and memory. Never throws. */
  check(draft: TemplateDraft): readonly TemplateProblem[]
  /**
   * A message with samples, by a template or, without one, by the built-in text. Throws `InvalidArguments` when a given value is not of its variable's type, and with what is
   * the matter when the template cannot be written.
   */
  preview(input: {
    readonly project: Project
    readonly kind: string
    readonly channel: Channel
    readonly draft?: Pick<TemplateDraft, 'options' | 'versions'> | undefined
    readonly language?: string | undefined
    readonly changes?: SampleChanges | undefined
  }): Promise<WrittenMessage>
  /** What a test message holds, for the outbox. */
  samples(kind: string): NewMessage['values']
  /** The built-in text in a language, or in the nearest that there is; `undefined` when there is none for the kind on the channel. */
  builtIn(kind: string, channel: Channel, language: string): BuiltInTexts | undefined
}

/** A problem in words: `en, body, line 3, column 12: there is no variable link.x`. */
export function toldProblem({ language, field, line, column, problem }: TemplateProblem): string {
  const place = [language, field, ...(line > 0 ? [`line ${line}`, `column ${column}`] : [])].filter((part) => part !== '')
  return place.length > 0 ? `${place.join(', ')}: ${problem}` : problem
}
