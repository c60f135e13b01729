import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import DescopeClient from '@descope/node-sdk'
import { createDatabase, type Installation, install, type ServerProcess } from '../test/server-process.ts'
import { checkName, type DatabaseKind, databaseKinds } from './databases.ts'

/** What the checks have in common: a running server on every database, the official SDK pointed at it, and the developer's outbox. */

export type Sdk = ReturnType<typeof DescopeClient>
type SignUpDetails = NonNullable<Parameters<Sdk['password']['signUp']>[2]>

/** An account as the application knows it after sign-up. */
export interface Account {
  readonly loginId: string
  readonly password: string
  readonly userId: string
  readonly sessionJwt: string
  readonly refreshJwt: string
}

/** One server under test, and the application's view of it. */
export interface Target {
  readonly kind: DatabaseKind
  readonly url: string
  readonly projectId: string
  readonly managementKey: string
  /** The SDK as an application makes it. */
  readonly sdk: Sdk
  /** Makes another SDK, as another process of the application would. */
  newSdk(options?: { readonly projectId?: string; readonly managementKey?: string; readonly fetch?: typeof fetch }): Sdk
  /** Runs a command of `postern` on the server's data, while the server runs. */
  command(words: readonly string[], input?: string): Promise<string>
  /** Ends the server and starts it again on the same data and port. */
  restart(): Promise<void>
  /** Signs a new user up by the SDK. `name` makes the address. */
  signUp(name: string, details?: SignUpDetails): Promise<Account>
  /** The newest message to an address or a phone number, of a kind if one is given. */
  newest(to: string, kind?: string): Promise<Mail>
  /** The token in the link of such a message. */
  linkToken(to: string, kind: string): Promise<string>
  /** The code in such a message. */
  newestCode(to: string, kind?: string): Promise<string>
  /** All messages, newest first. */
  mails(): Promise<readonly Mail[]>
}

export interface Mail {
  readonly to: string
  readonly kind: string
  readonly link?: string
  readonly code?: string
  /** Numbered links, of which one is the right one. */
  readonly links: readonly { readonly number: string; readonly url: string }[]
  readonly subject: string
  readonly text: string
}

export const goodPassword = 'plum kettle orbit 7'

/**
 * Starts the servers of a test file, one for each database that is here, and answers a function that declares a check on all of them.
 * `settings` are words for `postern settings set`, applied before the start. PostgreSQL is here when `conformance/run.ts` has started it.
 */
export function onEveryDatabase(settings: readonly string[] = []): (operation: string, run: (target: Target) => Promise<void>) => void {
  const postgresUrl = process.env.POSTERN_TEST_POSTGRES_URL
  const kinds = databaseKinds.filter((kind) => kind === 'embedded' || postgresUrl)
  const targets = new Map<DatabaseKind, Target>()
  const cleanups: (() => Promise<void>)[] = []
  before(async () => {
    for (const kind of kinds) {
      const database = kind === 'PostgreSQL' && postgresUrl ? await createDatabase(postgresUrl) : undefined
      if (database) cleanups.unshift(() => database.drop())
      const installation = await install(database ? { databaseUrl: database.url } : {})
      cleanups.unshift(() => installation.remove())
      if (settings.length > 0) await installation.command(['settings', 'set', ...settings])
      const { target, stop } = await startTarget(kind, installation)
      cleanups.unshift(stop)
      targets.set(kind, target)
    }
  })
  after(async () => {
    for (const cleanup of cleanups) await cleanup()
  })
  return (operation, run) => {
    for (const kind of kinds) {
      test(checkName(operation, kind), async () => {
        const target = targets.get(kind)
        assert.ok(target, 'the server was started')
        await run(target)
      })
    }
  }
}

async function startTarget(kind: DatabaseKind, installation: Installation): Promise<{ target: Target; stop(): Promise<void> }> {
  const { projectId, managementKey } = installation
  let server: ServerProcess = await installation.serve()
  const { url, port } = server
  const newSdk: Target['newSdk'] = (options = {}) => DescopeClient({ projectId, baseUrl: url, logger: silent, ...options })
  const sdk = newSdk()
  const mails = async () => {
    const response = await fetch(`${url}/v1/test/outbox?limit=100`)
    const { messages }: { messages: readonly Mail[] } = JSON.parse(await response.text())
    return messages
  }
  const stop = async () => assert.equal(await server.stop(), 0, `the server ends well: ${server.log()}`)
  const target: Target = {
    ...{ kind, url, projectId, managementKey, sdk, newSdk, mails, command: installation.command },
    async restart() {
      await stop()
      server = await installation.serve({ port })
    },
    async signUp(name, details) {
      const loginId = `${name}@example.com`
      const data = succeeded(await sdk.password.signUp(loginId, goodPassword, details))
      return {
        loginId,
        password: goodPassword,
        userId: data.user?.userId ?? '',
        sessionJwt: data.sessionJwt,
        refreshJwt: data.refreshJwt ?? '',
      }
    },
    async newest(to, kindOfMail) {
      const found = (await mails()).find((mail) => mail.to === to && (kindOfMail === undefined || mail.kind === kindOfMail))
      assert.ok(found, `there is a message ${kindOfMail} to ${to}`)
      return found
    },
    linkToken: async (to, kindOfMail) => tokenOf((await target.newest(to, kindOfMail)).link ?? ''),
    newestCode: async (to, kindOfMail) => (await target.newest(to, kindOfMail)).code ?? '',
  }
  return { target, stop }
}

/** The SDK logs what it refuses; the checks look at what it answers. */
const silent = { log: () => undefined, debug: () => undefined, warn: () => undefined, error: () => undefined }

/** The token of the link with a number, or with another one than that. */
export function numberedToken({ links }: Mail, number: string, isRight = true): string {
  return tokenOf(links.find((link) => (link.number === number) === isRight)?.url ?? '')
}

/** The token of a link, in its parameter `t`. */
export function tokenOf(link: string): string {
  return new URL(link).searchParams.get('t') ?? ''
}

interface Response<T> {
  readonly ok: boolean
  readonly code?: number
  readonly error?: object
  readonly data?: T
}

/** The data of a call that must have worked. */
export function succeeded<T>(response: Response<T>): T {
  assert.ok(response.ok, `the call works: ${JSON.stringify(response.error)}`)
  assert.ok(response.data, 'the call has data')
  return response.data
}

/** What the SDK answers for a refused call. */
export interface Refusal {
  readonly errorCode: string
  readonly errorDescription: string
  readonly errorMessage: string
  readonly retryAfter?: number
  readonly brokenRules?: readonly { readonly rule: string }[]
}

/** Asserts that a call was refused with this status and code, in the shape that every SDK reads, and answers the error. */
export function refused(response: Response<unknown>, status: number, errorCode: string): Refusal {
  assert.deepEqual({ ok: response.ok, code: response.code }, { ok: false, code: status }, `refused: ${JSON.stringify(response.error)}`)
  assert.equal(response.data, undefined)
  const error: unknown = response.error
  assert.ok(isRefusal(error), `the error has a code, a description and a message: ${JSON.stringify(error)}`)
  assert.equal(error.errorCode, errorCode)
  return error
}

function isRefusal(value: unknown): value is Refusal {
  const texts = ['errorCode', 'errorDescription', 'errorMessage']
  return typeof value === 'object' && value !== null && texts.every((name) => typeof Reflect.get(value, name) === 'string')
}

/** The claims of a token, unchecked. */
export function claimsOf(jwt: string): Readonly<Record<string, unknown>> {
  const payload = jwt.split('.')[1] ?? ''
  return JSON.parse(Buffer.from(payload, 'base64url').toString('utf8'))
}
