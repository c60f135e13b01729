import type { Channel, NewMessage, Outbox } from '../core/messages.ts'
import type { Clock, Random } from '../core/ports.ts'
import { newId, type Sealer } from '../core/secrets.ts'
import { maskEmail, maskPhone } from '../core/users.ts'
import { decoyText, isRecipient, openMessage, recipientDigest, sealContext, sealedText } from './sealed-message.ts'
import type { WaitableMessages } from './shown.ts'

export interface OutboxOptions {
  readonly sealer: Sealer
  readonly clock: Clock
  readonly random: Random
  readonly shown: WaitableMessages
  /** Channels that there is a transport for: their messages wait for the sender. Others stay for the outbox page. */
  readonly sentChannels: readonly Channel[]
  /** Whether there is an outbox page, on which a developer reads what no transport takes. */
  readonly isShown: boolean
  readonly onWake: () => void
}

/** Makes the durable queue of messages. `queue` throws, and so rolls back, when the recipient is not exactly one plain address or phone number (IN-05). */
export function createOutbox(options: OutboxOptions): Outbox {
  const { sealer, clock, shown, sentChannels, isShown } = options
  const nextId = orderedIds(options)

  function row({ project, kind, channel, ttlSeconds }: Pick<NewMessage, 'project' | 'kind' | 'channel' | 'ttlSeconds'>, text: string) {
    const id = nextId()
    const now = clock.nowSeconds()
    const projectId = project.id
    const sealedContent = sealer.seal(sealContext({ projectId, id }), text)
    const times = { nextAttemptAt: now, createdAt: now, expiresAt: now + ttlSeconds }
    return {
      projectId,
      id,
      kind,
      channel,
      userId: '',
      recipientDigest: '',
      sealedContent,
      attempts: 0,
      reason: '',
      isUnanswered: false,
      ...times,
    }
  }

  return {
    async queue(tx, message) {
      const { project, channel, to, user } = message
      if (!isRecipient(channel, to)) throw new Error('The recipient of a message must be exactly one plain address')
      const made = row(message, sealedText(message, project.settings.messages.localeAttribute))
      const found = { ...made, userId: user?.id ?? '', recipientDigest: recipientDigest(sealer, project.id, to) }
      await tx.outbox.insert(
        sentChannels.includes(channel)
          ? { ...found, state: 'pending', finishedAt: 0 }
          : { ...found, state: 'kept', finishedAt: found.createdAt },
      )
    },
    async queueDecoy(tx, message) {
      // As much work as for somebody. Finished at the beginning of time: the next purge takes it.
      recipientDigest(sealer, message.project.id, '')
      await tx.outbox.insert({ ...row(message, decoyText), state: 'expired', finishedAt: 0 })
    },
    recipientDigest: (projectId, to) => recipientDigest(sealer, projectId, to),
    maskedRecipient(record) {
      try {
        const { channel, to } = openMessage(sealer, record)
        return channel === 'email' ? maskEmail(to) : maskPhone(to)
      } catch {
        return '' // A damaged row, which the sender reports.
      }
    },
    carries: (channel) => isShown || sentChannels.includes(channel),
    wake() {
      options.onWake()
      shown.wake()
    },
    recent: shown.recent,
    byId: shown.byId,
    next: shown.next,
    forget: shown.forget,
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
