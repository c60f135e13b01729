import { setTimeout as delay } from 'node:timers/promises'
import type { Auth } from '../auth.ts'
import { type Listening, listen } from '../http/node.ts'
import type { ClosableLog } from '../logging/pino.ts'
import type { Options } from '../options.ts'
import { CommandFailed, exitCodes } from './exit.ts'

/** What every process that serves does, alone or as one of several workers. */

/** Time for requests to come to other servers and to finish, and for everything (RL-08). */
const requestsMilliseconds = 20_000
export const totalMilliseconds = 24_500

/** Serves until `stopped` tells why to stop. `onListening` gets an address that clients on this machine can use. */
export async function serveUntil(
  stopped: Promise<string>,
  on: { readonly auth: Auth; readonly options: Options; readonly log: ClosableLog; onListening(url: string): void },
): Promise<void> {
  const { auth, options, log } = on
  const drainMilliseconds = options.drainSeconds * 1000
  const listening = await startListening(auth, options)
  const url = reachable(listening.url)
  auth.setPublicUrl(url)
  auth.start()
  on.onListening(url)
  logStart(auth, options, url)
  const signal = await stopped
  log.info('server.stopping', { signal })
  const isDone = await within(totalMilliseconds, end())
  log.info('server.stopped', { isDone })

  async function end(): Promise<void> {
    // Whoever presses Ctrl-C has no proxy in front.
    if (drainMilliseconds > 0 && signal !== 'SIGINT') {
      auth.drain()
      listening.drain()
      await delay(drainMilliseconds)
    }
    void auth.stopWaiting()
    await listening.close(requestsMilliseconds - drainMilliseconds)
    await auth.close()
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
export function stopSignal(): { readonly stopped: Promise<string>; readonly isStopping: AbortSignal } {
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
export async function within(milliseconds: number, work: Promise<void>): Promise<boolean> {
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
export function surviveStrayErrors(log: ClosableLog): void {
  process.on('uncaughtException', (cause) => log.error('process.uncaught', cause))
  process.on('unhandledRejection', (cause) => log.error('process.unhandled', cause))
}
