import type { Command } from 'commander'
import type { Auth } from '../auth.ts'
import { type Listening, listen } from '../http/node.ts'
import type { Options } from '../options.ts'
import { allOptionNames, commandWithOptions, openOrCreate, optionsOf } from './context.ts'
import { firstLines } from './init.ts'

const graceMilliseconds = 25_000

/**
 * `postern serve`: runs until SIGTERM or SIGINT. The first line on standard output is the URL; a first start adds the keys, once. Logs go to standard error.
 */
export function serveCommand(): Command {
  return commandWithOptions('serve', 'run the server; the first start makes what it needs', allOptionNames).action(
    async (flags: Record<string, unknown>) => {
      const options = optionsOf(flags)
      const { auth, first } = await openOrCreate(options, { isHardened: false })
      const listening = await listen({ handler: auth.handler, log: auth.deps.log, address: options.address, port: options.port }).catch(
        async (error: unknown) => {
          await auth.close()
          throw error
        },
      )
      auth.setPublicUrl(listening.url)
      auth.start()
      const baseUrl = auth.deps.publicUrl()
      const hints = options.outbox ? [`Mails: ${baseUrl}/outbox`, `API: ${baseUrl}/docs`] : [`API: ${baseUrl}/docs`]
      const lines = [listening.url, ...(first ? ['', ...firstLines(first, baseUrl), '', ...hints] : [])]
      process.stdout.write(flags.json ? `${JSON.stringify({ url: listening.url, ...first })}\n` : `${lines.join('\n')}\n`)
      logStart(auth, options, listening)
      await stopSignal()
      auth.deps.log.info('server.stopping')
      await listening.close(graceMilliseconds)
      await auth.close()
      auth.deps.log.info('server.stopped')
    },
  )
}

function logStart(auth: Auth, options: Options, { url }: Listening): void {
  auth.deps.log.info('server.listening', {
    url,
    publicUrl: auth.deps.publicUrl(),
    database: options.database.startsWith('sqlite:') ? 'sqlite' : 'postgres',
    hashMilliseconds: Math.round(auth.deps.hasher.measuredMilliseconds * 10) / 10,
    mail: options.smtpUrl ? 'smtp' : 'outbox',
  })
}

/** Resolves at the first SIGTERM or SIGINT; a second one ends the process at once. */
function stopSignal(): Promise<void> {
  return new Promise((resolve) => {
    let isStopping = false
    const stop = () => {
      if (isStopping) process.exit(1)
      isStopping = true
      resolve()
    }
    process.on('SIGTERM', stop).on('SIGINT', stop)
  })
}
