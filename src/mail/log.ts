import type { MailTransport, RenderedMail } from '../core/ports.ts'

/** A transport that keeps what it was given, for tests. */
export interface MemoryTransport extends MailTransport {
  /** Mails that were taken, oldest first. */
  readonly sent: readonly RenderedMail[]
}

/** Makes a transport that sends and prints nothing. `receive` runs first: what it throws is how the peer refuses, and that mail is not kept. */
export function createMemoryTransport(receive: (mail: RenderedMail) => Promise<void> | void = () => undefined): MemoryTransport {
  const sent: RenderedMail[] = []
  return {
    sent,
    async send(mail) {
      await receive(mail)
      sent.push(mail)
    },
  }
}
