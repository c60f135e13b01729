import pg from 'pg'
import { changedProject, changesChannel } from './sql/changes.ts'

export interface ListenerOptions {
  readonly connection: pg.ClientConfig
  /** Who we are: what we tell ourselves is not heard. */
  readonly origin: string
  readonly onChange: (projectId: string | undefined) => void
}

/** First and longest pause before another try, and how often the connection is tested. */
const pauseMilliseconds = { first: 250, longest: 15_000 }
const testEveryMilliseconds = 30_000
const farewellMilliseconds = 500

/** One connection with its listener. */
interface Line {
  /** Resolves when the connection is gone. */
  readonly isGone: Promise<void>
  close(): Promise<void>
}

/**
 * Listens on a connection of its own, which is opened anew whenever it is gone; what was told meanwhile is made good by `onChange(undefined)`. Through a pooler that gives each
 * transaction another connection nothing is heard, which is as good as no listener.
 */
export function listenForChanges(options: ListenerOptions): () => Promise<void> {
  const ended = Promise.withResolvers<void>()
  let isEnded = false
  let line: Line | undefined

  async function run(): Promise<void> {
    let pause = pauseMilliseconds.first
    while (!isEnded) {
      line = await open(options).catch(() => undefined)
      if (line) {
        pause = pauseMilliseconds.first
        options.onChange(undefined)
        await Promise.race([line.isGone, ended.promise])
        await line.close()
      }
      await Promise.race([delay(pause), ended.promise])
      pause = Math.min(pause * 2, pauseMilliseconds.longest)
    }
  }

  const running = run()
  return async () => {
    isEnded = true
    ended.resolve()
    await running
  }
}

async function open({ connection, origin, onChange }: ListenerOptions): Promise<Line> {
  const client = new pg.Client({ ...connection, application_name: 'postern listener', keepAlive: true })
  const gone = Promise.withResolvers<void>()
  client.on('error', () => gone.resolve())
  client.on('end', () => gone.resolve())
  client.on('notification', ({ payload = '' }) => {
    const projectId = changedProject(payload, origin)
    if (projectId !== undefined) onChange(projectId)
  })
  try {
    await client.connect()
    await client.query(`listen ${changesChannel}`)
  } catch (error) {
    void client.end().catch(() => undefined)
    throw error
  }
  // A connection whose other end has vanished says nothing by itself.
  const test = setInterval(() => {
    client.query('select 1').catch(() => gone.resolve())
  }, testEveryMilliseconds).unref()
  return {
    isGone: gone.promise,
    async close() {
      clearInterval(test)
      // A server that hangs does not answer to a farewell.
      await Promise.race([client.end().catch(() => undefined), delay(farewellMilliseconds)])
    },
  }
}

/** Does not keep the process alive. */
function delay(milliseconds: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, milliseconds).unref()
  })
}
