import { type Rehearsal, rehearseUpgrade } from '../auth.ts'
import { type Flags, optionsOf, print } from './context.ts'
import { CommandFailed, exitCodes } from './exit.ts'

/** `postern migrate --rehearse`: what an upgrade of the schema would take, found out on a copy. */
export async function rehearse(flags: Flags): Promise<void> {
  const options = optionsOf(flags, { quiet: true })
  const stopping = new AbortController()
  const stop = () => stopping.abort(new Error('it was stopped'))
  process.once('SIGINT', stop).once('SIGTERM', stop)
  try {
    const rehearsal = await rehearseUpgrade(options, stopping.signal)
    print(flags, rehearsal, linesOf(rehearsal))
  } catch (error) {
    const { message } = cause(stopping.signal.aborted ? stopping.signal.reason : error)
    throw new CommandFailed(`The rehearsal ended: ${message}. The database is as it was.`, exitCodes.unavailable, error)
  } finally {
    process.off('SIGINT', stop).off('SIGTERM', stop)
  }
}

/** What the database said, where an error only says that it did. */
function cause(error: unknown): { readonly message: string } {
  if (!(error instanceof Error)) return { message: 'the reason is unknown' }
  return 'spec' in error && error.cause instanceof Error ? error.cause : error
}

function linesOf({ database, from, to, copy, steps, leftovers }: Rehearsal): readonly string[] {
  const left = leftovers.map((name) => `left by a rehearsal that was killed: drop schema ${name} cascade`)
  if (steps.length === 0) return [`Nothing is pending: the schema has version ${from}, as this version of Postern.`, ...left]
  const isEmbedded = database === 'sqlite'
  const copied = `copied ${mebibytes(copy.bytes)} MiB in ${shown(copy.milliseconds)}`
  const lines = steps.flatMap(({ number, name, milliseconds, addedBytes, locks }) => {
    const held = locks.filter(({ keepsOut }) => keepsOut !== 'nobody')
    const kept = held.map(({ table, mode, keepsOut }) => `  ${table}: ${mode}, keeps out ${keepsOut}`)
    const size = addedBytes >= 0 ? `+${mebibytes(addedBytes)}` : `-${mebibytes(-addedBytes)}`
    const quiet = isEmbedded ? '' : held.length === 0 ? ', keeps nobody out' : ', holding until it ends:'
    return [`step ${number} ${name}: ${shown(milliseconds)}, ${size} MiB${quiet}`, ...kept]
  })
  const total = steps.reduce((sum, { milliseconds }) => sum + milliseconds, isEmbedded ? copy.milliseconds : 0)
  const pause = isEmbedded ? [`An upgrade takes about ${shown(total)}, the copy that it keeps included. Nobody else writes meanwhile.`] : []
  return [
    `schema ${from} to ${to}, rehearsed on a copy: ${copied}`,
    ...lines,
    ...pause,
    'The copy is gone; the database is as it was.',
    ...left,
  ]
}

const bytesPerMebibyte = 1_048_576
const mebibytes = (bytes: number) => (bytes / bytesPerMebibyte).toFixed(1)
const shown = (milliseconds: number) => (milliseconds < 1000 ? `${Math.ceil(milliseconds)} ms` : `${(milliseconds / 1000).toFixed(1)} s`)
