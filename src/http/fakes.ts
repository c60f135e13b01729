/** Stand-ins for the domain, for tests of the edge only. Nothing here touches a database, a socket or the clock of the machine. */
import type { Deps } from '../core/deps.ts'
import { coreErrors } from '../core/errors.ts'
import { Rights } from '../core/management-keys.ts'
import type { LogFields } from '../core/ports.ts'
import type { Project } from '../core/projects.ts'
import type { LiveSession } from '../core/sessions.ts'
import { Settings } from '../core/settings.ts'
import type { UserWithLoginIds } from '../core/storage.ts'
import { createHandler, defaultHttpOptions, type Handler, type HttpOptions } from './handler.ts'
import type { IdentifyPorts } from './identify.ts'
import type { AnyRoute } from './route.ts'

export const projectId = 'P2RFvFexVaxxNFK6rhP0ePtaGfTK'
export const otherProjectId = 'P9ZZZFexVaxxNFK6rhP0ePtaGfTK'
export const goodRefreshToken = 'eyJoZWFkIjoxfQ.eyJib2R5IjoxfQ.c2lnbmF0dXJl'
export const goodSessionToken = 'eyJoZWFkIjoyfQ.eyJib2R5IjoyfQ.c2lnbmF0dXJl'
export const goodManagementKey = 'Kabcdefgh.0123456789abcdefghijklmnopqrstuvwxyzABCDEFG'

export interface LogLine {
  readonly level: 'debug' | 'info' | 'warn' | 'error'
  readonly event: string
  readonly fields: LogFields
  readonly cause?: unknown
}

export interface FakeEdge {
  readonly handler: Handler
  readonly lines: LogLine[]
  readonly counted: { readonly name: string; readonly labels: Readonly<Record<string, string>> }[]
  readonly clock: { milliseconds: number }
  /** Sends a request from a far address, unless the connection says otherwise. */
  readonly send: (path: string, init?: RequestInit & { readonly remoteAddress?: string }) => Promise<Response>
}

/** A project with some settings that differ from the defaults. */
export function fakeProject(id: string, project: Readonly<Record<string, unknown>> = {}): Project {
  return { id, name: 'Test', settings: Settings.parse({ project }), settingsVersion: 1, environment: '', defaultRoles: [] }
}

export const fakeUser: UserWithLoginIds = {
  user: {
    projectId,
    id: 'U2RFvFexVaxxNFK6rhP0ePtaGfTK',
    status: 'enabled',
    email: 'ada@example.com',
    isEmailVerified: true,
    phone: '',
    isPhoneVerified: false,
    name: 'Ada',
    givenName: '',
    middleName: '',
    familyName: '',
    picture: '',
    recoveryEmail: '',
    isRecoveryEmailVerified: false,
    recoveryPhone: '',
    isRecoveryPhoneVerified: false,
    isTest: false,
    isAnonymous: false,
    customAttributes: {},
    createdAt: 1_760_000_000,
    modifiedAt: 1_760_000_100,
    lastSignInAt: 0,
  },
  loginIds: [{ canonical: 'ada@example.com', shown: 'Ada@example.com' }],
  credentialKinds: ['password'],
  roles: [],
  tenants: [],
}

/** A live session; its `claims` tell which token proved it. */
export function fakeLiveSession(provenBy: string): LiveSession {
  return { ...fakeUser, session: { id: 'S1' }, claims: { provenBy } } as unknown as LiveSession
}

/** Accepts exactly the good tokens and keys above, in any project but `otherProjectId`. */
export const fakeIdentify: IdentifyPorts = {
  identifyRefresh: async (project, token) => {
    if (token !== goodRefreshToken || project.id === otherProjectId) throw coreErrors.InvalidSession()
    return fakeLiveSession('refresh')
  },
  identifySession: async (project, token) => {
    if (token !== goodSessionToken || project.id === otherProjectId) throw coreErrors.InvalidSession()
    return fakeLiveSession('session')
  },
  verifyManagementKey: async (project, key) => {
    if (key !== goodManagementKey || project.id === otherProjectId) throw coreErrors.ManagementUnauthorized()
    return { id: 'Kabcdefgh', rights: Rights.parse({}) }
  },
}

/** A handler over fakes. Two projects exist: `projectId` with the settings given, and `otherProjectId` with the defaults. */
export function fakeEdge(
  routes: readonly AnyRoute[],
  input: {
    readonly publicUrl?: string
    readonly project?: Readonly<Record<string, unknown>>
    readonly options?: Partial<HttpOptions>
  } = {},
): FakeEdge {
  const projects = [fakeProject(projectId, input.project), fakeProject(otherProjectId)]
  const lines: LogLine[] = []
  const counted: { name: string; labels: Readonly<Record<string, string>> }[] = []
  const clock = { milliseconds: 1_000_000 }
  const logAt =
    (level: 'debug' | 'info' | 'warn') =>
    (event: string, fields: LogFields = {}) =>
      void lines.push({ level, event, fields })
  const deps = {
    clock: {
      nowSeconds: () => 1_760_000_000,
      nowMilliseconds: () => 1_760_000_000_000,
      monotonicMilliseconds: () => clock.milliseconds,
    },
    random: { bytes: (length: number) => new Uint8Array(length).fill(7) },
    log: {
      debug: logAt('debug'),
      info: logAt('info'),
      warn: logAt('warn'),
      error: (event: string, cause: unknown, fields: LogFields = {}) => void lines.push({ level: 'error', event, fields, cause }),
    },
    metrics: {
      count: (name: string, labels: Readonly<Record<string, string>> = {}) => void counted.push({ name, labels }),
      observe: () => undefined,
      gauge: () => undefined,
    },
    storage: { projects: { list: async () => projects.map((project) => ({ ...project, createdAt: 0 })) } },
    projects: { byId: async (id: string) => projects.find((project) => project.id === id), forget: () => undefined },
    isDraining: () => false,
    publicUrl: () => input.publicUrl ?? 'https://auth.example.com',
  } as unknown as Deps
  const options = { ...defaultHttpOptions, isStrict: true, ...input.options }
  const handler = createHandler({ deps, routes, options, identify: fakeIdentify })
  const send: FakeEdge['send'] = (path, { remoteAddress = '198.51.100.7', ...init } = {}) =>
    handler(new Request(new URL(path, 'http://auth.internal'), init), { remoteAddress })
  return { handler, lines, counted, clock, send }
}

/** A POST with a JSON body and a bearer. */
export function post(body: unknown, bearer = projectId, headers: Readonly<Record<string, string>> = {}): RequestInit {
  return {
    method: 'POST',
    headers: { authorization: `Bearer ${bearer}`, 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  }
}

/** Status and error code of an answer, `200` alone for a success. */
export async function verdict(response: Response): Promise<string> {
  const body = (await response.json()) as { readonly errorCode?: string }
  return body.errorCode === undefined ? String(response.status) : `${response.status} ${body.errorCode}`
}
