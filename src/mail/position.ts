/**
 * Positions in the stream of messages. Rows appear when their transaction commits, and processes have clocks of their own, so a message can be there before one that is older. A
 * position therefore is a time, and the messages that were seen of that time and later: nothing is lost between two of them, and nothing comes twice.
 */
import type { OutboxRecord } from '../core/storage.ts'

export interface Position {
  /** Messages before this second are over. */
  readonly from: number
  /** Of that second and later: ends of the IDs, of which 47 bits are random. */
  readonly seen: ReadonlySet<string>
}

type Row = Pick<OutboxRecord, 'id' | 'createdAt'>

/** How much later than its time a message may appear. */
const overlapSeconds = 60

/** So that a position fits into a query. With more messages in the overlap than this it is shorter. */
const maxSeen = 200

const nameOf = ({ id }: Row) => id.slice(-8)

/** The position before everything. */
export const beginning: Position = { from: 0, seen: new Set() }

export function isBehind({ from, seen }: Position, row: Row): boolean {
  return row.createdAt >= from && !seen.has(nameOf(row))
}

/** The position behind the first `passed` of rows that are ordered by age. `isEnd` says that there were no others when they were read. */
export function movedOn(
  position: Position,
  { rows, passed, isEnd, now }: { readonly rows: readonly Row[]; readonly passed: number; readonly isEnd: boolean; readonly now: number },
): Position {
  const reached = isEnd ? now : (rows[passed - 1]?.createdAt ?? 0)
  const from = Math.max(position.from, Math.min(reached, now - overlapSeconds))
  const seen = rows.filter((row, index) => row.createdAt >= from && (index < passed || position.seen.has(nameOf(row))))
  const surplus = seen.at(-maxSeen - 1)
  if (!surplus) return { from, seen: new Set(seen.map(nameOf)) }
  const later = surplus.createdAt + 1
  return { from: later, seen: new Set(seen.filter(({ createdAt }) => createdAt >= later).map(nameOf)) }
}

export function positionText({ from, seen }: Position): string {
  return [from, ...seen].join('.')
}

/** Reads what has the form of positions (`positionForm`). */
export function parsePosition(text: string): Position {
  const [from, ...seen] = text.split('.')
  return { from: Number(from), seen: new Set(seen) }
}
