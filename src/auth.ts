import { randomBytes } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { availableParallelism } from 'node:os'
import { type Administration, createAdministration } from './administration.ts'
import { steadyClock } from './clock.ts'
import type { Deps } from './core/deps.ts'
import { verifyManagementKey } from './core/management-keys.ts'
import { messageLimitMetrics } from './core/message-limits.ts'
import type { MessageKind } from './core/messages.ts'
import { blocklistFile } from './core/password/blocklist.ts'
import { dictionariesFile } from './core/password/dictionaries.ts'
import { createHasher, hashMetrics } from './core/password/hash.ts'
import { defaultConcurrency } from './core/password/hash-cost.ts'
import type { PasswordRules } from './core/password/policy.ts'
import { createPasswordRules } from './core/password/strength.ts'
import type { Clock, Log, Random, Siblings, Timers } from './core/ports.ts'
import { cachedProjects } from './core/projects.ts'
import { createSealer, type Sealer } from './core/secrets.ts'
import { liveSession } from './core/sessions.ts'
import { createSigningKeys } from './core/signing-keys.ts'
import type { Storage } from './core/storage.ts'
import { generateKeyPair, type KeyPair } from './core/tokens.ts'
import { boundedTogether } from './core/vain-waits.ts'
import { storageOptions } from './database-options.ts'
import * as features from './features/index.ts'
import { importedGauge, importedMetrics } from './features/password/imported.ts'
import { apiDocs } from './http/api-docs.ts'
import { createHandler, defaultHttpOptions, type Handler } from './http/handler.ts'
import { createMetrics, httpMetrics, type MetricTable } from './http/metrics.ts'
import { openApiDocument } from './http/openapi.ts'
import type { AnyRoute, Feature } from './http/route.ts'
import { createLog } from './logging/pino.ts'
import { createComposer } from './mail/compose.ts'
import { createOutbox } from './mail/outbox.ts'
import { createSender, mailMetrics } from './mail/sender.ts'
import { createShownMessages } from './mail/shown.ts'
import { watchMessages } from './mail/watch.ts'
import { createWriter } from './mail/writer.ts'
import { loadMasterKey } from './master-key.ts'
import type { Options } from './options.ts'
import { openStorage, type Rehearsal, rehearseUpgrade as rehearse } from './storage/open.ts'
import { createSweeps } from './sweeps.ts'
import { channelsOf, openTransports, type TransportPorts } from './transports.ts'

export type { Rehearsal } from './storage/open.ts'

/** A running server without its socket: give `handler` the requests of any framework that speaks the fetch types. */
export interface Auth {
  readonly handler: Handler
  /** What an administrator can do, as plain functions. */
  readonly api: Administration & { openApi(): Readonly<Record<string, unknown>> }
  /** For use cases that are called directly. */
  readonly deps: Deps
  /** Sets the public URL once the port is known; without the option `publicUrl` only. */
  setPublicUrl(url: string): void
  /** Starts background work: mails, purging, ending what is overdue. */
  start(): void
  /** Says at `/readyz` that no more requests are wanted. They are answered all the same. */
  drain(): void
  /** Answers the calls that wait for a message, now and from now on, so that they do not hold up the end: call it before the socket is closed. */
  stopWaiting(): Promise<void>
  /** Ends background work, lets the mail under way finish, and closes the database. */
  close(): Promise<void>
}

/** Every figure at `/metrics`. */
export const metricTables: readonly MetricTable[] = [
  httpMetrics,
  hashMetrics,
  mailMetrics,
  messageLimitMetrics,
  importedMetrics,
  { counters: {}, durations: {}, gauges: { postern_sessions_live: { help: 'Live sessions, over all projects.' } } },
]

/** Replacements for the outside world, for tests and for programs that embed the server. */
export interface Ports extends TransportPorts {
  readonly clock?: Clock
  readonly random?: Random
  readonly timers?: Timers
  readonly log?: Log
  readonly storage?: Storage
  /** 32 bytes; without it the key file of the options is read. */
  readonly masterKey?: Uint8Array
  /** Without it the bundled lists are read, and checked. */
  readonly passwordRules?: PasswordRules
  /** What one password hash takes here, in milliseconds; measured if absent. */
  readonly hashMilliseconds?: number
  /** Makes what tokens are signed with; RSA keys of 2048 bits if absent. */
  readonly generateKeyPair?: () => Promise<KeyPair>
  /** The other workers that serve on the same port, where there are any. */
  readonly siblings?: Siblings
  /** Whether the process is there to import users, and may spend memory on it. */
  readonly writesMuch?: boolean
  /** Ends an upgrade of the schema that is under way; `createAuth` throws then. */
  readonly signal?: AbortSignal
  /** Ends requests that throw an error that their route does not declare with 500. For tests. */
  readonly isStrict?: boolean
}

const systemTimers: Timers = {
  after(milliseconds, call) {
    const timer = setTimeout(call, milliseconds).unref()
    return () => clearTimeout(timer)
  },
}

const systemRandom: Random = { bytes: (length) => randomBytes(length) }

/** Hashes that this machine computes at once, however many processes share it. */
export function hashConcurrency(): number {
  return defaultConcurrency(availableParallelism(), Number(process.env.UV_THREADPOOL_SIZE ?? 4))
}

/** Version of the program, shown by the command line and in the API description. */
export const version = '0.1.0'

/**
 * Opens the database (and brings its schema up to date), checks the master key against it, loads what requests need, and wires every layer. Throws when anything is
 * missing or damaged; nothing listens and nothing runs in the background until `start`.
 */
export async function createAuth(options: Options, ports: Ports = {}): Promise<Auth> {
  const clock = ports.clock ?? steadyClock()
  const random = ports.random ?? systemRandom
  const log = ports.log ?? createLog({ level: options.logLevel })
  const { siblings } = ports
  const metrics = createMetrics(metricTables, true, siblings?.figures)
  siblings?.onFiguresWanted(metrics.share)
  const masterKey = ports.masterKey ?? (await loadMasterKey({ file: options.masterKeyFile }))
  const sealer = createSealer(masterKey, random)
  const storage = ports.storage ?? (await openDatabase(options, ports, log))
  try {
    await assertMasterKey(storage, sealer)
    const passwordRules = ports.passwordRules ?? (await bundledPasswordRules())
    const core = { clock, random, log, metrics, storage, sealer }
    const parameters = { memoryKib: options.hash.memoryKib, iterations: options.hash.iterations }
    const concurrency = hashConcurrency()
    const transports = await openTransports(options, ports, clock)
    const sentChannels = channelsOf(transports)
    const projects = cachedProjects({ storage, clock })
    const composer = createComposer({ kinds: messageKinds, projectById: projects.byId, storage, from: options.mailFrom, log })
    const sender = sentChannels.length > 0 ? createSender({ ...core, transports, composer }) : undefined
    const shown = createShownMessages({ ...core, composer, timers: ports.timers ?? systemTimers })
    let isDraining = false
    let publicUrl = options.publicUrl ?? `http://127.0.0.1:${options.port}`
    const deps: Deps = Object.freeze({
      ...core,
      projects,
      hasher: await createHasher({
        ...{ clock, random, metrics, parameters, concurrency },
        ...(siblings && { shared: siblings }),
        ...(ports.hashMilliseconds && { measuredMilliseconds: ports.hashMilliseconds }),
      }),
      generateKeyPair: ports.generateKeyPair ?? generateKeyPair,
      passwordRules,
      signingKeys: createSigningKeys(core),
      outbox: createOutbox({ ...core, shown, sentChannels, isShown: options.outbox, onWake: () => sender?.wake() }),
      messageWriter: createWriter({ kinds: messageKinds, composer }),
      publicUrl: () => publicUrl,
      isDraining: () => isDraining,
      limits: options.limits,
    })
    metrics.gauge('postern_sessions_live', () => storage.sessions.countLive(clock.nowSeconds()))
    watchMessages({ metrics, storage, clock }, sentChannels)
    metrics.gauge('postern_passwords_imported', importedGauge(deps))
    const { routes, openApi } = allRoutes(options)
    const sweeps = createSweeps(deps)
    let stopListening: (() => Promise<void>) | undefined
    return {
      handler: handlerOf(deps, routes, options, ports.isStrict ?? false),
      api: { ...createAdministration(deps, { kind: 'commandLine', id: '' }), openApi },
      deps,
      setPublicUrl(url) {
        publicUrl = options.publicUrl ?? url
      },
      start() {
        stopListening ??= storage.changes.listen((projectId) => {
          deps.projects.forget(projectId)
          deps.signingKeys.refresh(projectId)
        })
        sender?.start()
        sweeps.start()
      },
      drain() {
        isDraining = true
      },
      stopWaiting: shown.stopWaiting,
      async close() {
        await shown.stopWaiting()
        await sweeps.stop()
        await sender?.stop()
        await stopListening?.()
        await storage.close()
      },
    }
  } catch (error) {
    await storage.close()
    throw error
  }
}

/** The rules over the lists that come with the program. Throws when one of them is damaged. */
export async function bundledPasswordRules(): Promise<PasswordRules> {
  return createPasswordRules(await readFile(blocklistFile), () => readFile(dictionariesFile))
}

/** Every kind of message, by name. */
export const messageKinds: Readonly<Record<string, MessageKind>> = Object.assign(
  {},
  ...Object.values(features).map(({ messages }) => messages),
)

/** The features in force, with the description of their routes. */
export function listFeatures(options: Pick<Options, 'outbox'>): readonly Feature[] {
  return Object.values(features).filter((feature) => options.outbox || feature.name !== 'outbox')
}

function allRoutes(options: Options): { routes: readonly AnyRoute[]; openApi: () => Readonly<Record<string, unknown>> } {
  const routes = listFeatures(options).flatMap((feature) => feature.routes)
  const openApi = () => apiDescription()
  return { routes: [...routes, ...apiDocs(openApi).routes], openApi }
}

/** The OpenAPI document of every route there is. */
export function apiDescription(): Readonly<Record<string, unknown>> {
  return openApiDocument(Object.values(features), {
    title: 'Postern',
    version,
    description:
      'Passwords, sessions, recovery and management over the Descope HTTP API. An independent implementation, not affiliated with Descope.',
  })
}

function handlerOf(deps: Deps, routes: readonly AnyRoute[], options: Options, isStrict: boolean): Handler {
  const { trustedProxyHops, trustedSources, trustLoopback } = options
  const handler = createHandler({
    deps,
    routes,
    options: { ...defaultHttpOptions, trustedProxyHops, trustedSources, trustLoopback, isStrict },
    identify: {
      identifyRefresh: (project, token) => liveSession(deps, { project, token, kind: 'DSR' }),
      identifySession: (project, token) => liveSession(deps, { project, token, kind: 'DS' }),
      verifyManagementKey: (project, key, address) => verifyManagementKey(deps, project, key, address),
    },
  })
  return (request, connection) => boundedTogether(() => handler(request, connection))
}

/** What the operator should know of the database is logged: at each start what makes it unsafe, and connections that break. */
function openDatabase(options: Options, { writesMuch = false, signal }: Ports, log: Log): Promise<Storage> {
  return openStorage({
    ...storageOptions(options),
    writesMuch,
    signal,
    onUpgrade: log.info,
    onUnsafeSetting: (setting) => log.warn('database.unsafeSetting', { setting }),
    onConnectionLost: () => log.warn('database.connectionLost'),
  })
}

/** What bringing the schema up to date would take, found out on a copy; the database of the options is only read. */
export function rehearseUpgrade(options: Options, signal: AbortSignal): Promise<Rehearsal> {
  return rehearse({ ...storageOptions(options), signal })
}

/** The database remembers a value under the key it was made with; another key must not start on it (CR-02). */
async function assertMasterKey(storage: Storage, sealer: Sealer): Promise<void> {
  const context = 'meta/masterKey'
  const sealed = await storage.meta.putIfAbsent('masterKeyCheck', sealer.seal(context, 'postern'))
  try {
    sealer.open(context, sealed)
  } catch {
    throw new Error('The master key (option masterKeyFile) is not the one that this database was made with')
  }
}
