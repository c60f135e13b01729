import { randomBytes } from 'node:crypto'
import { after, before, test } from 'node:test'
import { type Auth, bundledPasswordRules, createAuth, type Ports } from '../src/auth.ts'
import type { PasswordRules } from '../src/core/password/policy.ts'
import type { Clock, Log, LogFields } from '../src/core/ports.ts'
import type { SettingsChanges } from '../src/core/projects.ts'
import type { ShownMessage } from '../src/core/shown-messages.ts'
import type { Storage } from '../src/core/storage.ts'
import { generateKeyPair, type KeyPair } from '../src/core/tokens.ts'
import { type Options, parseOptions } from '../src/options.ts'
import { databases } from './databases.ts'

/** A clock that stands still until a test moves it. */
export interface TestClock extends Clock {
  advance(seconds: number): void
}

export function testClock(startSeconds = 1_790_000_000): TestClock {
  let milliseconds = startSeconds * 1000
  return {
    nowSeconds: () => Math.floor(milliseconds / 1000),
    nowMilliseconds: () => milliseconds,
    monotonicMilliseconds: () => milliseconds,
    advance: (seconds) => {
      milliseconds += seconds * 1000
    },
  }
}

export interface LogLine {
  readonly level: string
  readonly event: string
  readonly fields: LogFields
  readonly cause?: unknown
}

/** A log that keeps its lines. */
export function testLog(): Log & { readonly lines: LogLine[] } {
  const lines: LogLine[] = []
  const write =
    (level: string) =>
    (event: string, fields: LogFields = {}) =>
      void lines.push({ level, event, fields })
  return {
    lines,
    debug: write('debug'),
    info: write('info'),
    warn: write('warn'),
    error: (event, cause, fields = {}) => void lines.push({ level: 'error', event, fields, cause }),
  }
}

// biome-ignore lint/suspicious/noExplicitAny: tests read answers as a client without types would
export type Json = any

export interface Call {
  readonly method?: string
  /** Parts of the bearer after the project ID. */
  readonly token?: string
  readonly body?: unknown
  readonly headers?: Readonly<Record<string, string>>
  /** The address that the connection comes from; loopback if absent. */
  readonly ip?: string
  readonly projectId?: string
}

export interface Answer {
  readonly status: number
  readonly body: Json
  readonly text: string
  readonly headers: Headers
}

/** A server of one fresh project, in process. */
export interface Kit {
  readonly auth: Auth
  readonly clock: TestClock
  readonly log: ReturnType<typeof testLog>
  readonly projectId: string
  readonly managementKey: string
  call(path: string, call?: Call): Promise<Answer>
  /** A call with the project's management key, which has no limits. */
  manage(path: string, call?: Omit<Call, 'token'>): Promise<Answer>
  set(changes: SettingsChanges): Promise<void>
  /** Mails of this project, newest first. */
  mails(): Promise<readonly ShownMessage[]>
  /** The token in the newest mail of a kind to an address. */
  linkToken(to: string, kind: string): Promise<string>
  /** Signs a new user up, by default with a verified address, and answers the auth response. */
  signUp(loginId: string, password?: string, options?: { readonly isVerified?: boolean }): Promise<Json>
}

export const goodPassword = 'correct horse battery 1'

/** `ports` replaces parts of the outside world that the kit brings itself. */
export async function createKit(storage: Storage, overrides: Partial<Options> = {}, ports: Ports = {}): Promise<Kit> {
  const clock = testClock()
  const log = testLog()
  const options = { ...parseOptions({ flags: {}, environment: {}, file: undefined }), outbox: true, ...overrides }
  const auth = await createAuth(options, { storage, clock, log, masterKey, isStrict: true, ...(await prepared()), ...ports })
  const { projectId, managementKey } = await auth.api.createProject({ name: 'Acme' })
  const kit: Kit = {
    auth,
    clock,
    log,
    projectId,
    managementKey,
    async call(path, { method, token, body, headers = {}, ip = '127.0.0.1', projectId: other = projectId } = {}) {
      const request = new Request(`http://127.0.0.1:8787${path}`, {
        method: method ?? (body === undefined ? 'GET' : 'POST'),
        headers: {
          authorization: `Bearer ${other}${token === undefined ? '' : `:${token}`}`,
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
          ...headers,
        },
        ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
      })
      const response = await auth.handler(request, { remoteAddress: ip })
      const text = await response.text()
      const isJson = response.headers.get('content-type')?.startsWith('application/json')
      return { status: response.status, text, headers: response.headers, body: isJson && text !== '' ? JSON.parse(text) : undefined }
    },
    manage: (path, given = {}) => kit.call(path, { ...given, token: managementKey }),
    async set(changes) {
      await auth.api.changeSettings({ projectId, changes })
    },
    async mails() {
      return (await auth.deps.outbox.recent(200)).filter((mail) => mail.projectId === projectId)
    },
    async linkToken(to, kind) {
      const link = (await kit.mails()).find((mail) => mail.to === to && mail.kind === kind)?.link
      if (!link) throw new Error('No such mail')
      return new URL(link).searchParams.get('t') ?? ''
    },
    async signUp(loginId, password = goodPassword, { isVerified = true } = {}) {
      const answer = await kit.call('/v1/auth/password/signup', { body: { loginId, password } })
      if (answer.status !== 200) throw new Error(`Sign-up failed with ${answer.text}`)
      if (isVerified && answer.body.user.email) await auth.api.verifyUser({ projectId, loginId })
      return answer.body
    },
  }
  return kit
}

const masterKey = randomBytes(32)

/** What a server makes at its start and a file of tests needs once: it would be half of their time. The first two projects of each kit have keys that are those of other kits too. */
async function prepared(): Promise<Ports> {
  rules ??= bundledPasswordRules()
  let made = 0
  const nextPair = () => {
    const index = made++
    if (index >= sharedPairs) return generateKeyPair()
    pairs[index] ??= generateKeyPair()
    return pairs[index]
  }
  return { passwordRules: await rules, hashMilliseconds: 10, generateKeyPair: nextPair }
}

const sharedPairs = 2
const pairs: Promise<KeyPair>[] = []
let rules: Promise<PasswordRules> | undefined

/** Declares one test for each database there is; each run gets a fresh project in a shared database of its kind. */
export function onEveryDatabase(name: string, run: (kit: Kit) => Promise<void>, overrides: Partial<Options> = {}): void {
  for (const database of databases) {
    test(`${name} [${database.name}]`, async () => {
      const storage = opened.get(database.name)
      if (!storage) throw new Error('The database was not opened')
      await run(await createKit(storage, overrides))
    })
  }
}

const opened = new Map<string, Storage>()
const closers: (() => Promise<void>)[] = []

before(async () => {
  for (const database of databases) {
    const { storage, close } = await database.open()
    opened.set(database.name, storage)
    closers.push(close)
  }
})

after(async () => {
  for (const close of closers) await close()
})
