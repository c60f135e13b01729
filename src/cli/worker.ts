import type { HashPermits, Siblings } from '../core/ports.ts'
import { createLog } from '../logging/pino.ts'
import type { Options } from '../options.ts'
import { describeFailure } from './exit.ts'
import { openExisting } from './installation.ts'
import { serveUntil, surviveStrayErrors } from './listening.ts'
import type { FromWorker, ToWorker } from './worker-messages.ts'

/** One of several processes that answer on one port. It begins and ends when the process that started it says so, and ends when that is gone. */
export async function workAsWorker(options: Options, logMilliseconds: number): Promise<void> {
  const messages = openMessages()
  tell({ kind: 'ready' })
  const beginning = await Promise.race([messages.start, messages.stopped.then(() => undefined)])
  if (!beginning) return
  const { number, count, port, hashMilliseconds } = beginning
  const log = createLog({ level: options.logLevel, worker: number })
  surviveStrayErrors(log)
  const own: Options = { ...options, port }
  try {
    const auth = await openExisting(own, { log, hashMilliseconds, siblings: siblingsOver(messages, count) })
    await serveUntil(messages.stopped, { auth, options: own, log, onListening: (url) => tell({ kind: 'listening', url }) })
  } catch (error) {
    tell({ kind: 'failed', ...describeFailure(error) })
    await messages.stopped
  } finally {
    await log.flush(logMilliseconds)
  }
}

function tell(message: FromWorker): void {
  // Where the other end is gone, so is this process in a moment.
  process.send?.(message, undefined, undefined, () => undefined)
}

type Start = Extract<ToWorker, { readonly kind: 'start' }>

interface Messages {
  readonly start: Promise<Start>
  readonly stopped: Promise<string>
  onPermit(call: () => void): void
  onFigures(call: (shares: readonly string[]) => void): void
  onFiguresWanted(call: (id: number) => void): void
}

/** A signal that reaches every process of a group or a terminal ends a worker once, however often it comes. */
function openMessages(): Messages {
  const start = Promise.withResolvers<Start>()
  const stopped = Promise.withResolvers<string>()
  process.on('SIGTERM', stopped.resolve).on('SIGINT', stopped.resolve)
  let onPermit = () => {}
  let onFigures: (shares: readonly string[]) => void = () => {}
  let onFiguresWanted: (id: number) => void = () => {}
  process.on('message', (message: ToWorker) => {
    if (message.kind === 'start') start.resolve(message)
    else if (message.kind === 'permit') onPermit()
    else if (message.kind === 'figures') onFigures(message.shares)
    else if (message.kind === 'figuresWanted') onFiguresWanted(message.id)
    else if (message.kind === 'stop') stopped.resolve(message.signal)
  })
  return {
    start: start.promise,
    stopped: stopped.promise,
    onPermit(call) {
      onPermit = call
    },
    onFigures(call) {
      onFigures = call
    },
    onFiguresWanted(call) {
      onFiguresWanted = call
    },
  }
}

function siblingsOver(messages: Messages, count: number): Siblings {
  return {
    count,
    permits: permitsOver(messages),
    figures: figuresOver(messages),
    onFiguresWanted(answer) {
      messages.onFiguresWanted((id) => {
        // One that cannot tell is missing in the sum.
        answer().then(
          (share) => tell({ kind: 'share', id, share }),
          () => undefined,
        )
      })
    },
  }
}

function permitsOver(messages: Messages): HashPermits {
  const asked: (() => void)[] = []
  messages.onPermit(() => {
    const granted = asked.shift()
    if (granted) granted()
    else tell({ kind: 'permitGivenBack' })
  })
  return {
    ask(granted) {
      asked.push(granted)
      tell({ kind: 'permitAsked' })
    },
    giveBack: () => tell({ kind: 'permitGivenBack' }),
  }
}

/** One question at a time; who asks meanwhile gets the same answer. */
function figuresOver(messages: Messages): () => Promise<readonly string[]> {
  let underWay: PromiseWithResolvers<readonly string[]> | undefined
  messages.onFigures((shares) => {
    underWay?.resolve(shares)
    underWay = undefined
  })
  return () => {
    if (!underWay) {
      underWay = Promise.withResolvers()
      tell({ kind: 'figuresAsked' })
    }
    return underWay.promise
  }
}
