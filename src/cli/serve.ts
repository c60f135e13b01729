import type { Command } from 'commander'
import type { Auth } from '../auth.ts'
import { type Listening, listen } from '../http/node.ts'
import { type ClosableLog, createLog } from '../logging/pino.ts'
import type { Options } from '../options.ts'
import { allOptionNames, commandWithOptions, type Flags, optionsOf, print } from './context.ts'
import { CommandFailed, exitCodes } from './exit.ts'
import { firstLines } from './init.ts'
import { type FirstProject, openOrCreate } from './installation.ts'

/** Time for requests to finish, and for everything (RL-08). */
const requestsMilliseconds = 20_000
const totalMilliseconds = 24_500
const logMilliseconds = 250

/**
 * `postern serve`: runs until SIGTERM or SIGINT. The first line on standard output is the URL; a first start adds the keys, once. Logs go to standard error.
 */
export function serveCommand(): Command {
  return commandWithOptions('serve', 'run the server; the first start makes what it needs', allOptionNames).action(async (flags: Flags) => {
    const options = optionsOf(flags)
    const log = createLog({ level: options.logLevel })
    try {
      await serve(options, log, flags)
    } finally {
      await log.flush(logMilliseconds)
    }
  })
}

async function serve(options: Options, log: ClosableLog, flags: Flags): Promise<void> {
  surviveStrayErrors(log)
  const { stopped, isStopping } = stopSignal()
  const opened = await openUnlessStopped(options, log, isStopping)
  if (!opened) return
  const { auth, first } = opened
  const listening = await startListening(auth, options)
  const url = reachable(listening.url)
  auth.setPublicUrl(url)
  auth.start()
  tell(flags, { url, baseUrl: auth.deps.publicUrl(), first, hasOutbox: options.outbox })
  logStart(auth, options, url)
  const signal = await stopped
  log.info('server.stopping', { signal })
  void auth.stopWaiting()
  const isDone = await within(totalMilliseconds, listening.close(requestsMilliseconds).then(auth.close))
  log.info('server.stopped', { isDone })
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

async function startListening(auth: Auth, { address, port }: Options): Promise<Listening> {
  try {
    return await listen({ handler: auth.handler, log: auth.deps.log, address, port })
  } catch (error) {
    await auth.close()
    const { code = '' } = error as NodeJS.ErrnoException
    const remedies: Readonly<Record<string, string>> = {
      EADDRINUSE: `port (${port}): another program has it. Choose another with --port, or 0 for a free one`,
      EACCES: `port (${port}): this user may not take it. Choose one above 1023`,
      EADDRNOTAVAIL: `address (${address}): this machine has no such address`,
      ENOTFOUND: `address (${address}): this machine has no such address`,
    }
    throw new CommandFailed(remedies[code] ?? `Cannot listen (${code})`, exitCodes.unavailable, error)
  }
}

/** An address that clients on this machine can use, where all addresses are listened on. */
function reachable(url: string): string {
  return url.replace('//0.0.0.0:', '//127.0.0.1:').replace('//[::]:', '//[::1]:')
}

function tell(flags: Flags, started: { url: string; baseUrl: string; first: FirstProject; hasOutbox: boolean }): void {
  const { url, baseUrl, first, hasOutbox } = started
  const hints = [...(hasOutbox ? [`Mails: ${baseUrl}/outbox`] : []), `API: ${baseUrl}/docs`]
  print(flags, { url, ...first }, [url, ...(first ? ['', ...firstLines(first, baseUrl), '', ...hints] : [])])
}

function logStart(auth: Auth, options: Options, url: string): void {
  auth.deps.log.info('server.listening', {
    url,
    publicUrl: auth.deps.publicUrl(),
    database: options.database.startsWith('sqlite:') ? 'sqlite' : 'postgres',
    hashMilliseconds: Math.round(auth.deps.hasher.measuredMilliseconds * 10) / 10,
    mail: options.smtpUrl ? 'smtp' : 'outbox',
  })
}

/** Knows of the first SIGTERM or SIGINT; a second one ends the process at once. */
function stopSignal(): { readonly stopped: Promise<string>; readonly isStopping: AbortSignal } {
  const controller = new AbortController()
  const stopped = new Promise<string>((resolve) => {
    const stop = (signal: string) => {
      if (controller.signal.aborted) process.exit(1)
      controller.abort()
      resolve(signal)
    }
    process.on('SIGTERM', stop).on('SIGINT', stop)
  })
  return { stopped, isStopping: controller.signal }
}

/** False when the time was over first. */
async function within(milliseconds: number, work: Promise<void>): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<boolean>((resolve) => {
    timer = setTimeout(resolve, milliseconds, false)
  })
  try {
    return await Promise.race([work.then(() => true), late])
  } finally {
    clearTimeout(timer)
  }
}

/** What is thrown where nobody waits for it is logged and never ends the server (IN-09). */
function surviveStrayErrors(log: ClosableLog): void {
  process.on('uncaughtException', (cause) => log.error('process.uncaught', cause))
  process.on('unhandledRejection', (cause) => log.error('process.unhandled', cause))
}
