import { randomBytes } from 'node:crypto'
import { type TestTimers, testTimers } from '../../test/timers.ts'
import { messageKinds } from '../auth.ts'
import type { NewMessage, Outbox } from '../core/messages.ts'
import type { Clock, Log, LogFields, MailTransport, Metrics, Random } from '../core/ports.ts'
import { cachedProjects, type Project } from '../core/projects.ts'
import { createSealer, type Sealer } from '../core/secrets.ts'
import { Settings } from '../core/settings.ts'
import type { OutboxRecord, Storage } from '../core/storage.ts'
import { openStorage } from '../storage/open.ts'
import { createComposer } from './compose.ts'
import { createOutbox } from './outbox.ts'
import { createSender, type Sender, type SenderOptions } from './sender.ts'
import { createShownMessages } from './shown.ts'

export const projectId = `P${'1'.repeat(27)}`
export const from = 'Acme <no-reply@acme.example>'
export const link = 'https://auth.example.com/reset/P1?t=Cabcdefgh.canary-secret-0123456789'

/** The project of every message here. */
export const project: Project = {
  ...{ id: projectId, name: 'Acme', settings: Settings.parse({}), settingsVersion: 1, environment: '', defaultRoles: [] },
}

/** A mail to `ada@example.com` that lives for half an hour. */
export const newMail = (changes: Partial<NewMessage> = {}): NewMessage => ({
  project,
  kind: 'password.reset',
  channel: 'email',
  to: 'ada@example.com',
  ttlSeconds: 1_800,
  values: { link, lifetime: 1_800 },
  ...changes,
})

export interface World {
  readonly storage: Storage
  readonly sealer: Sealer
  readonly outbox: Outbox
  readonly timers: TestTimers
  stopWaiting(): Promise<void>
  readonly lines: { readonly level: string; readonly event: string; readonly fields: LogFields }[]
  readonly counted: string[]
  advance(seconds: number): void
  now(): number
  /** Queues a mail, committed. */
  queue(changes?: Partial<NewMessage>): Promise<void>
  /** A sender, as one more process would have it. */
  sender(transport: MailTransport, options?: Partial<SenderOptions>): Sender
  /** All messages, oldest first. */
  rows(): Promise<readonly OutboxRecord[]>
  /** Everything that was logged, as one text. */
  logged(): string
  close(): Promise<void>
}

/** An outbox over a real database of its own, with a clock that stands still. */
export async function openWorld({ mode = 'send' as 'send' | 'keep', onWake = () => {} } = {}): Promise<World> {
  let milliseconds = 1_790_000_000_000
  const storage = await openStorage({ database: 'sqlite::memory:' })
  for (const id of [projectId, 'Pother']) {
    await storage.projects.insert({ id, name: 'Acme', settings: {}, settingsVersion: 1, createdAt: 0, environment: '', tags: [] })
  }
  const clock: Clock = {
    nowSeconds: () => Math.floor(milliseconds / 1000),
    nowMilliseconds: () => milliseconds,
    monotonicMilliseconds: () => performance.now(),
  }
  const random: Random = { bytes: (length) => randomBytes(length) }
  const sealer = createSealer(randomBytes(32), random)
  const lines: World['lines'] = []
  const counted: string[] = []
  const write =
    (level: string) =>
    (event: string, fields: LogFields = {}) =>
      void lines.push({ level, event, fields })
  const error: Log['error'] = (event, cause, fields = {}) =>
    void lines.push({ level: 'error', event, fields: { ...fields, cause: String(cause) } })
  const log: Log = { debug: write('debug'), info: write('info'), warn: write('warn'), error }
  const metrics: Metrics = {
    count: (name, labels) => void counted.push(`${name} ${labels?.channel} ${labels?.result}`),
    observe: (name, seconds) => void (seconds >= 0 || counted.push(`${name} went back`)),
    gauge: () => undefined,
    render: async () => ({ contentType: '', text: '' }),
  }
  const projects = cachedProjects({ storage, clock })
  const composer = createComposer({ kinds: messageKinds, projectById: projects.byId, storage, from, log })
  const core = { storage, sealer, clock, random, log, metrics, composer }
  const timers = testTimers()
  const shown = createShownMessages({ ...core, timers })
  const outbox = createOutbox({ ...core, shown, sentChannels: mode === 'send' ? ['email'] : [], isShown: true, onWake })
  return {
    storage,
    sealer,
    outbox,
    timers,
    stopWaiting: shown.stopWaiting,
    lines,
    counted,
    advance: (seconds) => {
      milliseconds += seconds * 1000
    },
    now: clock.nowSeconds,
    queue: (changes) => storage.transaction((tx) => outbox.queue(tx, newMail(changes))),
    sender: (transport, options) => createSender({ ...core, transports: { mail: transport }, ...options }),
    rows: async () => (await storage.outbox.list({ limit: 1_000 })).toReversed(),
    logged: () => JSON.stringify(lines),
    close: () => storage.close(),
  }
}

/** Runs a test in a world of its own. */
export function inWorld(run: (world: World) => Promise<void>, options?: Parameters<typeof openWorld>[0]): () => Promise<void> {
  return async () => {
    const world = await openWorld(options)
    try {
      await run(world)
    } finally {
      await world.close()
    }
  }
}
