import { storageOptions } from './database-options.ts'
import type { Options } from './options.ts'
import {
  type Move,
  type MovePhase,
  moveDatabase as move,
  removeLeftovers,
  reopenDatabase as reopen,
  schemaVersionOf,
} from './storage/moving/move.ts'

export type { Move, MovePhase } from './storage/moving/move.ts'
export { MoveRefused } from './storage/moving/refused.ts'

/** Moves of the whole database from one place to another. Sealed secrets stay sealed: both places use the same master key. */

/** Copies the database of the options into an empty one while servers work on it, and closes it for writing in the end. The options about TLS and a pooler count for both. */
export function moveDatabase(
  options: Options,
  input: {
    /** `sqlite:FILE` or `postgres://…`. */
    readonly to: string
    readonly keepsSourceOpen: boolean
    readonly signal: AbortSignal
    readonly onPhase: (phase: MovePhase) => void
    readonly onRows: (rows: number) => void
  },
): Promise<Move> {
  const from = storageOptions(options)
  return move({ ...input, from, to: { ...from, database: input.to } })
}

/** Opens the database of the options for writing that was closed by a move. Answers where it had been moved to, `undefined` if it was open. */
export function reopenDatabase(options: Options): Promise<string | undefined> {
  return reopen(storageOptions(options))
}

/** Removes what a move that was killed has left in the database of the options. False when there was nothing. */
export function removeMoveLeftovers(options: Options): Promise<boolean> {
  return removeLeftovers(storageOptions(options))
}

/** The version of the schema of the database of the options, 0 where there is none. */
export function schemaVersion(options: Options): Promise<number> {
  return schemaVersionOf(storageOptions(options))
}
