import type { MailContent, Outbox, ShownMail } from '../core/messages.ts'
import type { Clock, Random } from '../core/ports.ts'
import { newId, type Sealer } from '../core/secrets.ts'
import type { OutboxRecord, Storage } from '../core/storage.ts'
import { isPlainAddress } from './address.ts'
import { renderMail } from './render.ts'

/** What is sealed of a message: to whom, and what it says. */
export interface SealedMail {
  readonly to: string
  readonly content: MailContent
}

interface OutboxDeps {
  readonly clock: Clock
  readonly random: Random
  readonly sealer: Sealer
  readonly storage: Storage
  /** `send`: messages wait for the sender. `keep`: nobody sends, they stay to be looked at. */
  readonly mode: 'send' | 'keep'
  readonly from: string
  readonly onWake: () => void
}

function sealContext(record: { readonly projectId: string; readonly id: string }): string {
  return `outbox/${record.projectId}/${record.id}`
}

/** Opens a message. Throws when it was sealed with another key, belongs elsewhere, or holds no plain address. */
export function openMessage(sealer: Sealer, record: OutboxRecord): SealedMail {
  const opened = JSON.parse(sealer.open(sealContext(record), record.sealedContent)) as SealedMail
  if (!isPlainAddress(opened.to)) throw new Error('Not one plain address')
  return opened
}

/** Text as long as a usual mail, so that a decoy weighs as much. */
const decoyContent = 'x'.repeat(700)

/** Makes the queue. Messages are sealed before they touch the database, because they hold links (RC-02, CR-01). */
export function createOutbox(deps: OutboxDeps): Outbox {
  const { clock, sealer, mode } = deps

  function recordOf(input: { projectId: string; kind: string; userId: string; ttlSeconds: number; state: OutboxRecord['state'] }, plain: string): OutboxRecord {
    const now = clock.nowSeconds()
    const id = newId(deps, 'M')
    return {
      projectId: input.projectId,
      id,
      kind: input.kind,
      userId: input.userId,
      sealedContent: sealer.seal(sealContext({ projectId: input.projectId, id }), plain),
      state: input.state,
      attempts: 0,
      nextAttemptAt: now,
      createdAt: now,
      expiresAt: now + input.ttlSeconds,
      finishedAt: input.state === 'pending' ? 0 : now,
    }
  }

  return {
    async queue(tx: Storage, mail) {
      if (!isPlainAddress(mail.to)) throw new Error('A mail goes to exactly one plain address')
      const sealed: SealedMail = { to: mail.to, content: mail.content }
      await tx.outbox.insert(recordOf({ ...mail, state: mode === 'send' ? 'pending' : 'kept' }, JSON.stringify(sealed)))
    },
    async queueDecoy(tx, mail) {
      await tx.outbox.insert(recordOf({ ...mail, userId: '', state: 'expired' }, decoyContent))
    },
    async recent(limit) {
      const records = await deps.storage.outbox.list({ limit, states: ['pending', 'sent', 'kept', 'failed'] })
      return records.flatMap((record) => shown(deps, record) ?? [])
    },
    wake: deps.onWake,
  }
}

function shown({ sealer, from }: OutboxDeps, record: OutboxRecord): ShownMail | undefined {
  const { id, projectId, kind, state, createdAt } = record
  if (record.sealedContent === '') return undefined
  const { to, content } = openMessage(sealer, record)
  const { subject, text, html } = renderMail({ id, from, to, content })
  return { id, projectId, kind, state, createdAt, to, subject, text, html, link: content.action?.url }
}
