/** Finds out who calls: reads the bearer and the cookies (`protocol/core.md` 1.2) and asks the domain for proof where a route demands it. */
import { coreErrors } from '../core/errors.ts'
import { impersonatorOf } from '../core/impersonation.ts'
import { assertRights, type NeededRights, type ProvenKey } from '../core/management-keys.ts'
import type { Project } from '../core/projects.ts'
import type { LiveSession } from '../core/sessions.ts'
import { saysJson } from './body.ts'
import { readCookie } from './cookies.ts'
import type { Access, Callers } from './route.ts'
import { refreshCookieHeader, refreshCookieName } from './session-reply.ts'
import type { RequestSource } from './source.ts'

/** What proves a caller. Each throws an `AuthError` when the proof fails. */
export interface IdentifyPorts {
  identifyRefresh(project: Project, refreshToken: string): Promise<LiveSession>
  identifySession(project: Project, sessionToken: string): Promise<LiveSession>
  /** `address` is where the request came from. */
  verifyManagementKey(project: Project, key: string, address: string): Promise<ProvenKey>
}

/** What a request shows, before anything of it is proven. */
export interface Credentials {
  /** `undefined` when the request names no project. */
  readonly projectId: string | undefined
  /** A token in JWT form, from the bearer or else from the refresh cookie. */
  readonly token: string | undefined
  readonly isTokenFromCookie: boolean
  /** A management key or access key: the second part of the bearer when it has no JWT form. */
  readonly key: string | undefined
}

const jwtForm = /^[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*$/
/** As long as headers may be: a token that is too long is a bad token, not a bad project. */
const partForm = /^[A-Za-z0-9._~+/=-]{1,16384}$/
const projectIdForm = /^[A-Za-z0-9]{1,64}$/

/** The parts of `Authorization: Bearer project[:token or key[:auth management key]]`. */
interface Bearer {
  readonly projectId: string
  readonly second: string | undefined
}

/**
 * Parses the header. One to three parts; an empty second part stands alone at the end only (Ruby ends a bearer without token in a colon).
 * The third part, an auth management key, unlocks what is never locked here, and is not looked at. Throws `InvalidProject` on any other form.
 */
export function parseBearer(header: string): Bearer {
  const value = /^Bearer +(\S+)$/i.exec(header.trim())?.[1] ?? ''
  const [projectId = '', second, third, ...rest] = value.split(':')
  const isRubyWithoutToken = second === '' && third === undefined
  const areWhole = [second, third].every((part) => part === undefined || partForm.test(part))
  if (!projectIdForm.test(projectId) || rest.length > 0 || !(areWhole || isRubyWithoutToken)) throw coreErrors.InvalidProject()
  return { projectId, second: second === '' ? undefined : second }
}

/** Reads what the request shows. `mayUseCookies` is false for pages, which act on what their form holds and on nothing else. */
export function readCredentials(headers: Headers, mayUseCookies: boolean): Credentials {
  const authorization = headers.get('authorization')
  const bearer = authorization === null ? undefined : parseBearer(authorization)
  const projectId = bearer?.projectId ?? headers.get('x-descope-project-id') ?? ''
  const isJwt = bearer?.second !== undefined && jwtForm.test(bearer.second)
  const fromCookie = mayUseCookies && !isJwt ? refreshTokenFromCookie(headers) : undefined
  return {
    projectId: projectIdForm.test(projectId) ? projectId : undefined,
    token: isJwt ? bearer.second : fromCookie,
    isTokenFromCookie: fromCookie !== undefined,
    key: isJwt ? undefined : bearer?.second,
  }
}

function refreshTokenFromCookie(headers: Headers): string | undefined {
  const name = refreshCookieName(headers.get(refreshCookieHeader) ?? undefined)
  const value = readCookie(headers.get('cookie'), name)
  return value !== undefined && jwtForm.test(value) ? value : undefined
}

export interface IdentifyInput {
  readonly access: Access
  /** What the route asks of a management key. */
  readonly needed: NeededRights
  /** Whether the route opens to somebody who acts as another user. */
  readonly allowsImpersonation: boolean
  readonly method: string
  readonly headers: Headers
  readonly source: RequestSource
  readonly credentials: Credentials
  readonly project: Project | undefined
  /** Host of the request's URL. */
  readonly isLoopbackHost: boolean
  readonly isSameSite: () => Promise<boolean>
}

/**
 * Proves the caller that a route asks for. Throws `InvalidProject`, `InvalidSession`, `CrossSiteRequest`, `ManagementUnauthorized`,
 * `ManagementForbidden`, or what the ports throw.
 */
export async function identify(ports: IdentifyPorts, input: IdentifyInput): Promise<Callers[Access]> {
  const { access, source } = input
  if (access === 'open') return { source }
  if ((access === 'local' || access === 'loopback') && isLocal(input)) return { source, projectId: input.credentials.projectId }
  if (access === 'loopback') throw coreErrors.NotFound()
  if (!input.project) throw coreErrors.InvalidProject()
  const known = { project: input.project, source }
  switch (access) {
    case 'project':
      return { ...known, token: await tokenOfPublicCall(input) }
    case 'refreshToken':
      await refuseForgery(input)
      return { ...known, token: input.credentials.token }
    case 'refresh':
      await refuseForgery(input)
      return { ...known, live: await refreshCaller(ports, known.project, input) }
    case 'session':
      return { ...known, live: await ports.identifySession(known.project, bearerToken(input.credentials)) }
    case 'accessKey':
      return { ...known, key: input.credentials.key }
    case 'management':
      return { ...known, ...(await managementCaller(ports, known.project, input)) }
    case 'local':
      await managementCaller(ports, known.project, input)
      return { source }
  }
}

/**
 * A direct loopback connection that no web page can have made: the URL names this machine (a rebound DNS name does not), and a browser, if
 * it was one, was sent here by its user or by our own page.
 */
function isLocal({ source, isLoopbackHost, headers }: IdentifyInput): boolean {
  const site = headers.get('sec-fetch-site')
  const isOwnPage = site === 'same-origin' || site === 'none' || (site === null && headers.get('origin') === null)
  return source.isDirectLoopback && isLoopbackHost && isOwnPage
}

/** On public calls a cookie that lacks the proof of WB-02 is ignored, not refused: stale tokens must not make sign-in fail (web-js). */
async function tokenOfPublicCall(input: IdentifyInput): Promise<string | undefined> {
  return (await isForgery(input)) ? undefined : input.credentials.token
}

async function refuseForgery(input: IdentifyInput): Promise<void> {
  if (await isForgery(input)) throw coreErrors.CrossSiteRequest()
}

/** WB-02: a change that rides on a cookie needs a same-site proof and a content type that no form can send. */
async function isForgery({ credentials, method, headers, isSameSite }: IdentifyInput): Promise<boolean> {
  if (!credentials.isTokenFromCookie || method === 'GET' || method === 'HEAD') return false
  return !saysJson(headers) || !(await isSameSite())
}

/** Whoever acts as another user sees what that user sees, and changes only what a route says they may. */
async function refreshCaller(ports: IdentifyPorts, project: Project, input: IdentifyInput): Promise<LiveSession> {
  const live = await ports.identifyRefresh(project, requiredToken(input.credentials))
  if (!input.allowsImpersonation && impersonatorOf(live.session) !== undefined) throw coreErrors.Impersonating()
  return live
}

function requiredToken({ token }: Credentials): string {
  if (token === undefined) throw coreErrors.InvalidSession()
  return token
}

/** Session tokens come in the bearer only: no client sends them as cookies to this server. */
function bearerToken({ token, isTokenFromCookie }: Credentials): string {
  if (token === undefined || isTokenFromCookie) throw coreErrors.InvalidSession()
  return token
}

/** Proves the key, and that its rights are enough for the route. */
async function managementCaller(ports: IdentifyPorts, project: Project, { credentials, needed, source }: IdentifyInput) {
  if (credentials.key === undefined) throw coreErrors.ManagementUnauthorized()
  const { id, rights } = await ports.verifyManagementKey(project, credentials.key, source.address ?? '')
  assertRights(rights, needed)
  return { managementKeyId: id, rights, actor: { kind: 'managementKey' as const, id, source } }
}
