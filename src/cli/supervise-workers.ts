import cluster, { type Worker } from 'node:cluster'
import { hashConcurrency } from '../auth.ts'
import type { ClosableLog } from '../logging/pino.ts'
import type { Options } from '../options.ts'
import { CommandFailed, exitCodes } from './exit.ts'
import { createFiguresRelay } from './figures-relay.ts'
import { totalMilliseconds, within } from './listening.ts'
import { createPermitBroker } from './permit-broker.ts'
import type { FromWorker, ToWorker } from './worker-messages.ts'

export interface Supervision {
  /** Tells why to stop. */
  readonly stopped: Promise<string>
  readonly options: Options
  readonly log: ClosableLog
  readonly count: number
  readonly hashMilliseconds: number
  /** Called once, when the first worker listens. */
  onListening(url: string): void
}

/** How long a worker must have lived for its end not to count as one of a row; the pause after the first of a row, and the longest. */
const steadyMilliseconds = 60_000
const pauseMilliseconds = { first: 100, longest: 10_000 }
/** What a worker takes to end its log, and the end of one that does not end by itself. */
const logMilliseconds = 250
const killMilliseconds = 200

/**
 * Runs workers that share one port until `stopped`, then ends them all within the limits of RL-08. One that dies is replaced, after a pause that grows while they die in a row.
 * Throws when the first one cannot start, for example because the port is taken.
 */
export async function superviseWorkers(supervision: Supervision): Promise<void> {
  const { log, count } = supervision
  const crew = createCrew(supervision)
  const first = crew.start(1)
  first.catch(() => undefined)
  const url = await Promise.race([first, supervision.stopped.then(() => undefined)])
  if (url !== undefined) {
    for (let number = 2; number <= count; number++) crew.start(number).catch(() => undefined)
    log.info('workers.started', { count, hashesAtOnce: hashConcurrency() })
    supervision.onListening(url)
  }
  const signal = await supervision.stopped
  log.info('workers.stopping', { signal })
  const isDone = await within(totalMilliseconds + logMilliseconds, crew.stop(signal))
  if (!isDone) await within(killMilliseconds, crew.kill())
  log.info('workers.stopped', { isDone })
}

interface Crew {
  /** Starts a worker and answers its address once it listens. Rejects when it ends before, or says why it cannot. */
  start(number: number): Promise<string>
  /** Resolves when all have ended. */
  stop(signal: string): Promise<void>
  kill(): Promise<void>
}

function createCrew({ options, log, count, hashMilliseconds }: Supervision): Crew {
  cluster.schedulingPolicy = cluster.SCHED_RR
  const living = new Map<number, Worker>()
  const broker = createPermitBroker(hashConcurrency())
  const relay = createFiguresRelay((number, id) => send(number, { kind: 'figuresWanted', id }))
  const pauses = createPauses()
  const empty = Promise.withResolvers<void>()
  let url: string | undefined
  let port = options.port
  let isStopping = false

  function send(number: number, message: ToWorker): void {
    const worker = living.get(number)
    // One that is gone is missed when its end is noticed.
    if (worker?.isConnected()) worker.send(message, () => undefined)
  }

  const answers: { readonly [Kind in FromWorker['kind']]?: (number: number, message: Extract<FromWorker, { kind: Kind }>) => void } = {
    ready: (number) => send(number, isStopping ? { kind: 'stop', signal: '' } : { kind: 'start', number, count, port, hashMilliseconds }),
    permitAsked: (number) => broker.ask(number, () => send(number, { kind: 'permit' })),
    permitGivenBack: (number) => broker.giveBack(number),
    figuresAsked(number) {
      const others = [...living.keys()].filter((one) => one !== number)
      relay.ask(others, (shares) => send(number, { kind: 'figures', shares }))
    },
    share: (number, { id, share }) => relay.share(number, id, share),
  }

  function start(number: number): Promise<string> {
    // A free port that was taken once stays the one, also when nobody holds it any more.
    if (living.size === 0 && url !== undefined) port = Number(new URL(url).port)
    const worker = cluster.fork()
    const startedAt = performance.now()
    living.set(number, worker)
    return new Promise((resolve, reject) => {
      worker.on('error', (cause) => log.error('worker.notReached', cause, { worker: number }))
      worker.on('message', (message: FromWorker) => {
        if (message.kind === 'listening') {
          url ??= message.url
          resolve(message.url)
        } else if (message.kind === 'failed') {
          reject(new CommandFailed(message.message, message.exitCode))
          log.warn('worker.failed', { worker: number, reason: message.message })
          send(number, { kind: 'stop', signal: '' })
        } else (answers[message.kind] as ((number: number, message: FromWorker) => void) | undefined)?.(number, message)
      })
      worker.once('exit', (code, signal) => {
        reject(new CommandFailed('A worker ended before it could listen', exitCodes.unavailable))
        living.delete(number)
        broker.leave(number)
        ended(number, { code, signal, livedMilliseconds: performance.now() - startedAt })
      })
    })
  }

  function ended(number: number, how: { readonly code: number; readonly signal: string; readonly livedMilliseconds: number }): void {
    if (isStopping) {
      if (living.size === 0) empty.resolve()
      return
    }
    // Nobody has listened yet: whoever started the program is told instead.
    if (url === undefined) return
    const { code, signal, livedMilliseconds } = how
    log.warn('worker.ended', { worker: number, code, signal })
    setTimeout(
      () => {
        if (!isStopping) start(number).catch(() => undefined)
      },
      pauses.after(number, livedMilliseconds),
    )
  }

  return {
    start,
    stop(signal) {
      isStopping = true
      for (const number of living.keys()) send(number, { kind: 'stop', signal })
      if (living.size === 0) empty.resolve()
      return empty.promise
    },
    kill() {
      for (const worker of living.values()) worker.process.kill('SIGKILL')
      return empty.promise
    },
  }
}

/** Pauses before a worker is replaced: short, and longer with each that does not live long. */
function createPauses() {
  const rows = new Map<number, number>()
  return {
    after(number: number, livedMilliseconds: number): number {
      const row = livedMilliseconds >= steadyMilliseconds ? 0 : (rows.get(number) ?? 0)
      rows.set(number, row + 1)
      return Math.min(pauseMilliseconds.longest, pauseMilliseconds.first * 2 ** row)
    },
  }
}
