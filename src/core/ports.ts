import type { Channel } from './messages.ts'

/**
 * What the domain asks of the outside world. Every port is passed in; nothing in `core` or `features`
 * reads the wall clock, draws randomness, logs, sends or measures by itself.
 */

/** Tells the time. Tests pass one that they move by hand. */
export interface Clock {
  /** Wall-clock time in whole seconds since the epoch. */
  nowSeconds(): number
  /** Wall-clock time in milliseconds since the epoch, for the order of events. */
  nowMilliseconds(): number
  /** Milliseconds since an arbitrary point; never goes back. For durations only (RL-07). */
  monotonicMilliseconds(): number
}

/** Calls back later. Tests pass one that they move by hand. */
export interface Timers {
  /** Calls once after so many milliseconds, unless the function that it answers is called before. Does not keep the process alive. */
  after(milliseconds: number, call: () => void): () => void
}

/** A cryptographically secure source of randomness. */
export interface Random {
  /** Returns `length` fresh random bytes. */
  bytes(length: number): Uint8Array
}

/** Fields of a log line. Values are scalars on purpose: no request, header or body fits in here. */
export type LogFields = Readonly<Record<string, string | number | boolean | undefined>>

/** Writes one structured line per call. Never throws and never blocks. */
export interface Log {
  debug(event: string, fields?: LogFields): void
  info(event: string, fields?: LogFields): void
  warn(event: string, fields?: LogFields): void
  /** Logs a bug or a broken dependency; `cause` is written with its stack, never its arguments. */
  error(event: string, cause: unknown, fields?: LogFields): void
}

/** One value of a gauge that is split by labels. */
export interface LabelledValue {
  readonly labels: Readonly<Record<string, string>>
  readonly value: number
}

export type GaugeReading = number | readonly LabelledValue[]

/** Names of the figures at `/metrics`; each is described in `docs/operations.md`. */
export interface Metrics {
  /** Adds one to a counter. */
  count(name: string, labels?: Readonly<Record<string, string>>): void
  /** Records one duration, in seconds. */
  observe(name: string, seconds: number, labels?: Readonly<Record<string, string>>): void
  /** Registers a gauge that is read whenever the figures are asked for; one with labels has a value for each set of them. */
  gauge(name: string, read: () => GaugeReading | Promise<GaugeReading>): void
  /** All figures in the Prometheus text format. */
  render(): Promise<{ readonly contentType: string; readonly text: string }>
}

/** Lets hashes begin, over all processes that share the cores of a machine. */
export interface HashPermits {
  /** Calls once, now or later, when one more hash may be computed. Whoever is called gives the permit back, also when there is nothing to compute any more. */
  ask(granted: () => void): void
  giveBack(): void
}

/** The other workers of this server on this machine. */
export interface Siblings {
  /** Number of workers, this one included. */
  readonly count: number
  readonly permits: HashPermits
  /** What each of the others answers to `onFiguresWanted`; those that do not answer in time are missing. */
  figures(): Promise<readonly string[]>
  /** Registers what answers the others when they ask for figures. */
  onFiguresWanted(answer: () => Promise<string>): void
}

/** What is known of every message that was written. */
interface Rendered {
  /** Stable over retries, so that a peer can drop the one duplicate that at-least-once allows. */
  readonly id: string
  readonly projectId: string
  readonly kind: string
  /** Language tag of the text. */
  readonly locale: string
  /** Exactly one recipient: an address for mails, a phone number in E.164 form for others. */
  readonly to: string
}

/** A mail as its recipient sees it. Rendering and escaping are done. */
export interface RenderedMail extends Rendered {
  /** Exactly one address, perhaps with a name. */
  readonly from: string
  readonly subject: string
  readonly text: string
  readonly html: string
}

/** A text or spoken message as its recipient gets it. */
export interface RenderedText extends Rendered {
  readonly channel: Channel
  readonly text: string
}

/** Hands a mail to the next hop. Resolves when that hop took responsibility; throws `MessageRefused` or any other error. */
export interface MailTransport {
  send(mail: RenderedMail): Promise<void>
  /** Ends connections, and with them what is still being sent. */
  close?(): void
}

/** Hands a text or spoken message to the next hop, as `MailTransport` does a mail. */
export interface TextTransport {
  /** Channels that it takes. */
  readonly channels: readonly Channel[]
  send(text: RenderedText): Promise<void>
  close?(): void
}

/** Thrown by a transport. The message never holds an address or a token. */
export class MessageRefused extends Error {
  /** Whether a retry cannot help. */
  readonly isPermanent: boolean
  /** How long the peer asks to be left alone; 0 when it does not say. */
  readonly retryAfterSeconds: number
  constructor(reason: string, isPermanent: boolean, retryAfterSeconds = 0) {
    super(reason)
    this.name = 'MessageRefused'
    this.isPermanent = isPermanent
    this.retryAfterSeconds = retryAfterSeconds
  }
}
