import cluster from 'node:cluster'
import { availableParallelism } from 'node:os'
import type { Command } from 'commander'
import { type ClosableLog, createLog } from '../logging/pino.ts'
import type { Options } from '../options.ts'
import { allOptionNames, commandWithOptions, type Flags, optionsOf, print } from './context.ts'
import { firstLines } from './init.ts'
import { type FirstProject, openOrCreate } from './installation.ts'
import { serveUntil, stopSignal, surviveStrayErrors } from './listening.ts'
import { superviseWorkers } from './supervise-workers.ts'
import { workAsWorker } from './worker.ts'

const logMilliseconds = 250

/**
 * `postern serve`: runs until SIGTERM or SIGINT. The first line on standard output is the URL; a first start adds the keys, once. Logs go to standard error. With several
 * workers this process starts them and answers no request itself.
 */
export function serveCommand(): Command {
  return commandWithOptions('serve', 'run the server; the first start makes what it needs', allOptionNames).action(async (flags: Flags) => {
    const options = optionsOf(flags)
    if (cluster.isWorker) return workAsWorker(options, logMilliseconds)
    const log = createLog({ level: options.logLevel })
    surviveStrayErrors(log)
    try {
      const count = options.workers === 0 ? availableParallelism() : options.workers
      await (count === 1 ? serveAlone(options, log, flags) : serveWithWorkers(options, log, { flags, count }))
    } finally {
      await log.flush(logMilliseconds)
    }
  })
}

async function serveAlone(options: Options, log: ClosableLog, flags: Flags): Promise<void> {
  const { stopped, isStopping } = stopSignal()
  const opened = await openUnlessStopped(options, log, isStopping)
  if (!opened) return
  const { auth, first } = opened
  await serveUntil(stopped, { auth, options, log, onListening: (url) => tell(flags, options, url, first) })
}

async function serveWithWorkers(
  options: Options,
  log: ClosableLog,
  { flags, count }: { readonly flags: Flags; readonly count: number },
): Promise<void> {
  const { stopped, isStopping } = stopSignal()
  // Before there are workers, so that one process makes what a first start makes, and whatever is wrong is told once.
  const opened = await openUnlessStopped(options, log, isStopping)
  if (!opened) return
  const { auth, first } = opened
  const { measuredMilliseconds } = auth.deps.hasher
  await auth.close()
  await superviseWorkers({
    ...{ stopped, options, log, count, hashMilliseconds: measuredMilliseconds },
    onListening: (url) => tell(flags, options, url, first),
  })
}

/** `undefined` when the process was asked to end while the schema was brought up to date: the next start goes on with that. */
async function openUnlessStopped(options: Options, log: ClosableLog, signal: AbortSignal) {
  try {
    return await openOrCreate(options, { isHardened: false, ports: { log, signal } })
  } catch (error) {
    if (!signal.aborted) throw error
    log.info('server.stopped', { isDone: true })
    return undefined
  }
}

function tell(flags: Flags, options: Options, url: string, first: FirstProject): void {
  const baseUrl = options.publicUrl ?? url
  const hints = [...(options.outbox ? [`Mails: ${baseUrl}/outbox`] : []), `API: ${baseUrl}/docs`]
  print(flags, { url, ...first }, [url, ...(first ? ['', ...firstLines(first, baseUrl), '', ...hints] : [])])
}
