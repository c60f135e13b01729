import { z } from 'zod'
import type { MailContent, NewMail, Outbox, ShownMail } from '../core/messages.ts'
import type { Clock, Random } from '../core/ports.ts'
import { newId, type Sealer } from '../core/secrets.ts'
import type { OutboxRecord, OutboxState, Storage } from '../core/storage.ts'
import { isPlainAddress, parseMailFrom } from './address.ts'
import { renderMail } from './render.ts'

export interface OutboxOptions {
  /** For `recent`; what is queued goes through the transaction of the caller. */
  readonly storage: Pick<Storage, 'outbox'>
  readonly sealer: Sealer
  readonly clock: Clock
  readonly random: Random
  /** `send`: messages wait for the sender. `keep`: there is no mail server, and they stay for the outbox page. */
  readonly mode: 'send' | 'keep'
  /** Who mails come from, `address` or `Name <address>`. */
  readonly from: string
  readonly onWake: () => void
}

/** What is sealed in a row of the outbox. */
export interface OpenMessage {
  readonly to: string
  readonly content: MailContent
}

const maxShown = 200

const Message = z.strictObject({
  to: z.string().refine(isPlainAddress, 'Not one plain address'),
  content: z.strictObject({
    subject: z.string(),
    paragraphs: z.array(z.string()),
    action: z.strictObject({ label: z.string(), url: z.string() }).exactOptional(),
    closing: z.array(z.string()).exactOptional(),
  }),
})

/** As long as a usual mail, so that a decoy costs what a mail costs (EN-03). It has no recipient: nothing can open, show or send it. */
const decoy: OpenMessage = { to: '', content: { subject: '-'.repeat(40), paragraphs: ['-'.repeat(360)], closing: ['-'.repeat(240)] } }

/** Makes the durable queue of messages. `queue` throws, and so rolls back, when the recipient is not exactly one plain address (IN-05). */
export function createOutbox(options: OutboxOptions): Outbox {
  const { sealer, clock, storage, mode, from } = options
  const nextId = orderedIds(options)

  function row(mail: Pick<NewMail, 'projectId' | 'kind' | 'ttlSeconds'>, userId: string, message: OpenMessage) {
    const id = nextId()
    const now = clock.nowSeconds()
    const { projectId, kind, ttlSeconds } = mail
    const sealedContent = sealer.seal(sealContext({ projectId, id }), JSON.stringify(message))
    return { projectId, id, kind, userId, sealedContent, attempts: 0, nextAttemptAt: now, createdAt: now, expiresAt: now + ttlSeconds }
  }

  return {
    async queue(tx, mail) {
      if (!isPlainAddress(mail.to)) throw new Error('The recipient of a mail must be exactly one plain address')
      const message = row(mail, mail.userId, { to: mail.to, content: mail.content })
      await tx.outbox.insert(
        mode === 'send' ? { ...message, state: 'pending', finishedAt: 0 } : { ...message, state: 'kept', finishedAt: message.createdAt },
      )
    },
    async queueDecoy(tx, mail) {
      // Finished at the beginning of time: the next purge takes it.
      await tx.outbox.insert({ ...row(mail, '', decoy), state: 'expired', finishedAt: 0 })
    },
    async recent(limit) {
      const most = Math.min(limit, maxShown)
      const states: readonly OutboxState[] = ['pending', 'sent', 'kept', 'failed']
      const usual = await storage.outbox.list({ limit: most, states })
      // Apart from the others, so that decoys, which are expired, do not take their places.
      const expired = await storage.outbox.list({ limit: most, states: ['expired'] })
      return [...usual, ...expired]
        .toSorted((a, b) => b.createdAt - a.createdAt || (a.id < b.id ? 1 : -1))
        .flatMap((record) => shownMail(sealer, from, record) ?? [])
        .slice(0, most)
    },
    wake: options.onWake,
  }
}

/**
 * Opens a message. Throws when the seal does not hold, or what is in it is not a message to one plain address; the error tells neither
 * content nor address.
 */
export function openMessage(sealer: Sealer, record: Pick<OutboxRecord, 'projectId' | 'id' | 'sealedContent'>): OpenMessage {
  const message = Message.safeParse(parseJson(sealer.open(sealContext(record), record.sealedContent)))
  if (!message.success) throw new Error('The sealed message is not a mail to one plain address')
  return message.data
}

/** The runtime's own error would quote the text. */
function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** Binds the content to its row: moved to another one, it does not open (CR-01). */
function sealContext({ projectId, id }: { readonly projectId: string; readonly id: string }): string {
  return `outbox/${projectId}/${id}`
}

function shownMail(sealer: Sealer, from: string, record: OutboxRecord): ShownMail | undefined {
  try {
    const { to, content } = openMessage(sealer, record)
    const productName = parseMailFrom(from)?.name ?? ''
    const { subject, text, html } = renderMail({ id: record.id, from, to, content, productName })
    const { id, projectId, kind, state, createdAt } = record
    return { id, projectId, kind, state, createdAt, to, subject, text, html, link: content.action?.url }
  } catch {
    return undefined // A decoy, or a damaged row, which the sender reports.
  }
}

/** IDs that sort by age also within a second, so that the newest message is the first on the outbox page. 96 random bits each. */
function orderedIds({ clock, random }: { readonly clock: Clock; readonly random: Random }): () => string {
  let second = 0
  let sequence = 0
  return () => {
    const now = clock.nowSeconds()
    sequence = now === second ? sequence + 1 : 0
    second = now
    const bytes = (length: number) => {
      const drawn = Buffer.from(random.bytes(length))
      drawn.writeUInt32BE(sequence)
      return drawn
    }
    return newId({ clock, random: { bytes } }, 'M')
  }
}
