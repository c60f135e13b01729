import { readFileSync } from 'node:fs'
import { type Move, type MovePhase, MoveRefused, moveDatabase, reopenDatabase } from '../database-moves.ts'
import { text } from './arguments.ts'
import { type Flags, optionsOf, print } from './context.ts'
import { CommandFailed, exitCodes } from './exit.ts'

/** `postern migrate --to …`: the whole database into an empty one, while servers work on it. */
export async function move(flags: Flags): Promise<void> {
  const options = optionsOf(flags, { quiet: true })
  const to = targetOf(flags)
  const stopping = new AbortController()
  const stop = () => stopping.abort(new Error('it was stopped'))
  process.once('SIGINT', stop).once('SIGTERM', stop)
  const progress = phases(flags.progress === true || process.stderr.isTTY === true)
  try {
    const keepsSourceOpen = flags.keepSourceOpen === true
    const moved = await moveDatabase(options, { to, keepsSourceOpen, signal: stopping.signal, ...progress })
    print(flags, moved, linesOf(moved))
  } catch (error) {
    throw failure(stopping.signal.aborted ? stopping.signal.reason : error, 'The move ended')
  } finally {
    process.off('SIGINT', stop).off('SIGTERM', stop)
  }
}

/** `postern migrate --reopen`: the old database takes writes again. */
export async function reopen(flags: Flags): Promise<void> {
  try {
    const to = await reopenDatabase(optionsOf(flags, { quiet: true }))
    if (to === undefined) print(flags, { isReopened: false }, ['The database is open for writing already'])
    else print(flags, { isReopened: true, to }, [`The database takes writes again. What was written to ${to} is not in it.`])
  } catch (error) {
    throw failure(error, 'The database cannot be opened again')
  }
}

/** From a file where the command line must not tell the password. */
function targetOf(flags: Flags): string {
  const file = text(flags.toFile)
  const given = file === undefined ? text(flags.to) : readTarget(file)
  if (given && /^(sqlite:.|postgres(ql)?:\/\/)/.test(given)) return given
  throw new CommandFailed('Give the target as sqlite:FILE or postgres://USER:PASSWORD@HOST/NAME', exitCodes.usage)
}

function readTarget(file: string): string {
  try {
    return readFileSync(file, 'utf8').trim()
  } catch (error) {
    throw new CommandFailed(`${file}: the file cannot be read`, exitCodes.usage, error)
  }
}

function failure(error: unknown, what: string): CommandFailed {
  if (error instanceof CommandFailed) return error
  if (error instanceof MoveRefused) return new CommandFailed(error.message, exitCodes.failed, error)
  const reason = error instanceof Error && 'spec' in error && error.cause instanceof Error ? error.cause : error
  const message = reason instanceof Error ? reason.message : 'the reason is unknown'
  return new CommandFailed(`${what}: ${message}`, exitCodes.unavailable, error)
}

const sentences: Readonly<Record<MovePhase, string>> = {
  noting: 'changes are noted from now on',
  copying: 'copying all rows',
  catchingUp: 'copying what changed meanwhile',
  verifying: 'comparing all rows',
  pausing: 'nobody can write from now on',
  closing: 'closing the source',
  committed: 'the target is there',
}

const toldRows = 100_000

function phases(isShown: boolean) {
  const tell = (line: string) => void (isShown && process.stderr.write(`${line}\n`))
  let told = 0
  return {
    onPhase: (phase: MovePhase) => tell(sentences[phase]),
    onRows(rows: number) {
      if (rows - told < toldRows) return
      told = rows
      tell(`${rows} rows`)
    },
  }
}

function linesOf({ from, to, tables, rows, changedRows, pauseMilliseconds, seconds, isSourceClosed, isCleaned }: Move): readonly string[] {
  return [
    `${rows} rows of ${tables} tables are in ${to}, after ${seconds.toFixed(1)} s; counts and checksums agree`,
    `Writes waited ${pauseMilliseconds} ms; ${changedRows} rows had changed while they were copied`,
    isSourceClosed
      ? `${from} takes no more writes: servers on it answer 503. Start them with the new --database and the same master key file.`
      : `${from} still takes writes, which are not in the copy.`,
    ...(isCleaned ? [] : ['Triggers that noted changes could not be removed from it: postern migrate or --reopen does that.']),
  ]
}
