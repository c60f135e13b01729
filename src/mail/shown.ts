import type { MessageValue, NumberedUrl } from '../core/messages.ts'
import type { Clock, Timers } from '../core/ports.ts'
import type { Sealer } from '../core/secrets.ts'
import type { NextQuery, ShownFilter, ShownMessage, ShownMessages } from '../core/shown-messages.ts'
import type { OutboxRecord, Storage } from '../core/storage.ts'
import type { Composer } from './compose.ts'
import { beginning, isBehind, movedOn, type Position, parsePosition, positionText } from './position.ts'
import { type OpenMessage, openMessage } from './sealed-message.ts'
import { createWaits } from './waits.ts'

export interface ShownOptions {
  readonly storage: Pick<Storage, 'outbox'>
  readonly sealer: Sealer
  readonly clock: Clock
  readonly timers: Timers
  readonly composer: Composer
}

/** What is shown, and what moves those who wait for more. */
export interface WaitableMessages extends ShownMessages {
  /** Tells those who wait that there is a message. */
  wake(): void
  /** Ends all waiting, now and from now on; resolves when nobody waits any more. */
  stopWaiting(): Promise<void>
}

const maxShown = 200

/** Rows that are looked at in one go. */
const maxLooked = 1_000

interface Found {
  readonly messages: readonly ShownMessage[]
  readonly position: Position
}

/** Makes the developer's view of the outbox. Nothing runs while nobody asks. */
export function createShownMessages(options: ShownOptions): WaitableMessages {
  const { storage, clock } = options
  const waits = createWaits(options.timers)

  /** The first rows that fit, each as it is shown, and how many rows were looked at for that. */
  async function chosen(rows: readonly OutboxRecord[], filter: ShownFilter, limit: number) {
    const most = Math.min(limit, maxShown)
    const messages: ShownMessage[] = []
    let passed = 0
    for (const row of rows) {
      if (messages.length >= most) break
      passed++
      const message = fitsRow(row, filter) ? await shownMessage(options, row, filter.to) : undefined
      if (message) messages.push(message)
    }
    return { messages, passed }
  }

  async function latest(query: NextQuery): Promise<Found> {
    const now = clock.nowSeconds()
    const rows = await storage.outbox.addressed({ limit: maxLooked })
    const { messages } = await chosen(rows, query, query.limit)
    const position = movedOn(beginning, { rows: rows.toReversed(), passed: rows.length, isEnd: true, now })
    return { messages, position }
  }

  async function following(start: Position, query: NextQuery): Promise<Found> {
    let position = start
    for (;;) {
      const now = clock.nowSeconds()
      const rows = await storage.outbox.addressed({ limit: maxLooked, createdFrom: position.from })
      const before = position
      const fresh = rows.filter((row) => isBehind(before, row))
      const { messages, passed } = await chosen(fresh, query, query.limit)
      const isWhole = passed === fresh.length
      const last = fresh[passed - 1]
      const isEnd = isWhole && rows.length < maxLooked
      position = movedOn(before, { rows, passed: isWhole || !last ? rows.length : rows.indexOf(last) + 1, isEnd, now })
      if (messages.length > 0 || isEnd) return { messages: messages.toReversed(), position }
    }
  }

  return {
    async recent(limit, filter = {}) {
      const rows = await storage.outbox.addressed({ limit: maxLooked })
      return (await chosen(rows, filter, limit)).messages
    },
    async byId(id) {
      const row = await storage.outbox.byId(id)
      return row && shownMessage(options, row, undefined)
    },
    async next(query) {
      let position = query.after === undefined ? undefined : parsePosition(query.after)
      const look = async () => {
        const found: Found = position ? await following(position, query) : await latest(query)
        position = found.position
        return found.messages.length > 0 ? found.messages : undefined
      }
      const { waitSeconds: seconds, signal } = query
      const messages = seconds > 0 ? await waits.until(look, { seconds, signal }) : await look()
      return { messages: messages ?? [], next: positionText(position ?? beginning) }
    },
    forget: (projectId) => storage.outbox.deleteKept(projectId),
    wake: waits.wake,
    stopWaiting: waits.close,
  }
}

function fitsRow(row: OutboxRecord, { projectId, channel, kind }: ShownFilter): boolean {
  return (
    (projectId === undefined || row.projectId === projectId) &&
    (channel === undefined || row.channel === channel) &&
    (kind === undefined || row.kind === kind)
  )
}

/** `undefined` for another recipient, and for a decoy or a damaged row, which the sender reports. */
async function shownMessage(options: ShownOptions, row: OutboxRecord, to: string | undefined): Promise<ShownMessage | undefined> {
  try {
    const message = openMessage(options.sealer, row)
    if (to !== undefined && message.to.toLowerCase() !== to.toLowerCase()) return undefined
    return await composed(options.composer, message, row)
  } catch {
    return undefined
  }
}

async function composed(composer: Composer, message: OpenMessage, { state, createdAt }: OutboxRecord): Promise<ShownMessage> {
  const written = await composer.compose(message)
  const { subject, text, html } = 'mail' in written ? written.mail : { subject: '', html: '', text: written.text.text }
  const { id, projectId, kind, channel, to, values } = message
  const link = textIn(values, 'link')
  const code = textIn(values, 'code')
  const links = Array.isArray(values.links) ? (values.links as readonly NumberedUrl[]) : []
  return { id, projectId, kind, channel, state, createdAt, to, subject, text, html, link, code, links }
}

function textIn(values: Readonly<Record<string, MessageValue>>, name: string): string | undefined {
  const value = values[name]
  return typeof value === 'string' && value !== '' ? value : undefined
}
