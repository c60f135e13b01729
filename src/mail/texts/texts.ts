/**
 * The built-in messages, a file for each language, by kind. Texts are templates (see `docs/messages.md`): what they show of users is made harmless before. How a mail looks is not
 * theirs but the layout's, which shows code, numbered links and button where the kind has them.
 */
export interface MailText {
  readonly subject: string
  readonly paragraphs: readonly string[]
  /** On the button, for kinds with a link. */
  readonly action?: string
  /** Small print below, for example what to do if it was not you. */
  readonly closing: readonly string[]
}

/**
 * Last line of a text message with a code, where its page has a host name: browsers offer the code there and nowhere else, which no look-alike gets round
 * (https://wicg.github.io/sms-one-time-codes/).
 */
export const boundCode = '{% if domain != "" %}\n\n@{{ domain }} #{{ code }}{% endif %}'

export interface KindTexts {
  readonly email?: MailText
  /** For text messages, WhatsApp and instant messengers; short. */
  readonly text?: string
  /** Spoken. Codes are read digit by digit: `{{ code | spoken }}`. */
  readonly voice?: string
}

export interface Language {
  readonly direction: 'ltr' | 'rtl'
  /** Below a button: how to do without it. */
  readonly copyHint: string
  readonly kinds: Readonly<Record<string, KindTexts>>
}
