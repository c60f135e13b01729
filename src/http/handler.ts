/** The HTTP edge as a fetch handler: finds the route, identifies the caller, parses, runs, answers, and writes one log line. */
import type { Deps } from '../core/deps.ts'
import { AuthError, coreErrors } from '../core/errors.ts'
import type { NeededRights } from '../core/management-keys.ts'
import type { Project } from '../core/projects.ts'
import { ClientGone, managementLimits, readBody } from './body.ts'
import { allowingHeaders, createOriginRules, isSameSite, type OriginRules, preflightHeaders } from './cors.ts'
import { declaredErrors, takesBody } from './declared-errors.ts'
import { createPublicUrlReader, externalRequestId, type PublicUrlFacts, securityHeaders } from './headers.ts'
import { type IdentifyPorts, identify, readCredentials } from './identify.ts'
import { createRouteLimits, type RouteLimits } from './limits.ts'
import { parsed } from './parse.ts'
import { type Answer, errorAnswer, successAnswer, toResponse } from './reply.ts'
import type { AnyRoute } from './route.ts'
import { canonicalPath, createRouter, type Router } from './router.ts'
import { type Connection, createSourceReader, isLoopbackHost, type RequestSource, type SourceOptions } from './source.ts'

/** Answers a request; never rejects. `connection` is what the listening server knows, nothing of it comes from headers. */
export type Handler = (request: Request, connection?: Connection) => Promise<Response>

export interface HttpOptions extends SourceOptions {
  /** Largest body that is read, in bytes. */
  readonly maxBodyBytes: number
  /** For tests: an `AuthError` that the route does not declare is a bug and answered with 500. Otherwise it is answered and logged. */
  readonly isStrict: boolean
}

/** No proxy in front, direct loopback connections are our own, bodies of 64 KiB (WB-06). */
export const defaultHttpOptions: HttpOptions = Object.freeze({
  trustedProxyHops: 0,
  trustedSources: [],
  trustLoopback: true,
  maxBodyBytes: 65_536,
  isStrict: false,
})

/** What of the domain's dependencies the edge itself uses; routes get the whole. */
export interface HandlerParts {
  readonly deps: Deps
  readonly routes: readonly AnyRoute[]
  readonly options: HttpOptions
  readonly identify: IdentifyPorts
}

interface Edge extends HandlerParts {
  readonly router: Router
  readonly limits: RouteLimits
  readonly origins: OriginRules
  readonly publicUrl: () => PublicUrlFacts
  readonly sourceOf: (headers: Headers, connection: Connection) => RequestSource
}

/** What is known of one request so far; the log line is made of it. */
interface Exchange {
  readonly request: Request
  readonly requestId: string
  readonly startedAt: number
  readonly source: RequestSource
  readonly url: URL
  /** Method by which the route is found: HEAD is GET without a body. */
  readonly method: string
  route: AnyRoute | undefined
  project: Project | undefined
  errorCode: string | undefined
  isClientGone: boolean
}

/** Builds the handler. Throws when two routes collide or an option makes no sense. */
export function createHandler(parts: HandlerParts): Handler {
  const publicUrl = createPublicUrlReader(parts.deps.publicUrl)
  const edge: Edge = {
    ...parts,
    router: createRouter(parts.routes),
    limits: createRouteLimits(parts.deps),
    origins: createOriginRules({ clock: parts.deps.clock, storage: parts.deps.storage, ownOrigin: () => publicUrl().origin }),
    publicUrl,
    sourceOf: createSourceReader(parts.options),
  }
  return (request, connection = {}) => serve(edge, request, connection)
}

async function serve(edge: Edge, request: Request, connection: Connection): Promise<Response> {
  const exchange: Exchange = {
    request,
    requestId: Buffer.from(edge.deps.random.bytes(12)).toString('base64url'),
    startedAt: edge.deps.clock.monotonicMilliseconds(),
    source: edge.sourceOf(request.headers, connection),
    url: new URL(request.url),
    method: request.method === 'HEAD' ? 'GET' : request.method,
    route: undefined,
    project: undefined,
    errorCode: undefined,
    isClientGone: false,
  }
  const answer = await produce(edge, exchange).catch((error: unknown) => failure(edge, exchange, error))
  answer.headers.vary = 'Origin'
  answer.headers['x-request-id'] = exchange.requestId
  const origin = request.headers.get('origin')
  if (origin !== null && request.method !== 'OPTIONS' && (await edge.origins.isAllowed(origin, exchange.project))) {
    Object.assign(answer.headers, allowingHeaders(origin))
  }
  record(edge, exchange, answer.status)
  return toResponse(answer, request.method === 'HEAD')
}

async function produce(edge: Edge, exchange: Exchange): Promise<Answer> {
  const { request, method } = exchange
  const path = routedPath(edge, exchange.url.pathname)
  if (method === 'OPTIONS' && request.headers.has('access-control-request-method')) return preflight(edge, exchange, path)
  const match = edge.router.find(method, path)
  if (!match) return noRoute(edge, exchange, path)
  const { route } = match
  exchange.route = route
  takeRouteLimit(edge, route, exchange.source)
  const caller = await callerOf(edge, exchange, route)
  const query = route.query && parsed(route.query, queryOf(exchange.url))
  const params = parsed(route.params, match.params)
  const body = takesBody(route) ? await bodyOf(edge, request, route) : undefined
  const result = await run(edge, exchange, route, () =>
    route.run({
      deps: edge.deps,
      caller,
      body,
      query,
      params,
      get signal() {
        return request.signal
      },
      header: (name) => readableHeader(request.headers, name),
    }),
  )
  return successAnswer(route, result, {
    publicUrl: edge.publicUrl(),
    nowSeconds: edge.deps.clock.nowSeconds(),
    ifNoneMatch: request.headers.get('if-none-match'),
  })
}

/**
 * The path by which routes are known. Where the public URL has a path, a proxy or a framework may have left it on: what no route has is looked up below it.
 */
function routedPath({ router, publicUrl }: Edge, pathname: string): string {
  const path = canonicalPath(pathname)
  const { path: prefix } = publicUrl()
  if (prefix === '' || !path.startsWith(`${prefix}/`) || router.methodsOf(path).length > 0) return path
  return path.slice(prefix.length)
}

/** 404, or 405 when the path is there with another method. */
async function noRoute(edge: Edge, exchange: Exchange, path: string): Promise<Answer> {
  const methods = edge.router.methodsOf(path)
  if (methods.length === 0) throw coreErrors.NotFound()
  const answer = await failure(edge, exchange, coreErrors.MethodNotAllowed())
  return { ...answer, headers: { ...answer.headers, allow: methods.join(', ') } }
}

async function preflight(edge: Edge, { request }: Exchange, path: string): Promise<Answer> {
  const origin = request.headers.get('origin') ?? 'null'
  if (!(await edge.origins.isAllowed(origin, undefined))) throw coreErrors.CrossSiteRequest()
  const methods = edge.router.methodsOf(path)
  if (methods.length === 0) throw coreErrors.NotFound()
  const headers = preflightHeaders(origin, methods, request.headers.get('access-control-request-headers'))
  return { status: 204, body: null, headers: { ...securityHeaders('json', edge.publicUrl()), ...headers } }
}

function takeRouteLimit(edge: Edge, route: AnyRoute, source: RequestSource): void {
  if (!route.limit || route.limit.max === 0 || source.isTrusted) return
  const waitSeconds = edge.limits.take(`${route.method} ${route.path} ${source.ip}`, route.limit)
  if (waitSeconds > 0) throw (route.limit.refusal ?? coreErrors.RateLimited)({ retryAfterSeconds: waitSeconds })
}

async function callerOf(edge: Edge, exchange: Exchange, route: AnyRoute) {
  const { request, source } = exchange
  const isPage = route.kind === 'page'
  if (isPage && takesBody(route) && request.headers.get('sec-fetch-site') === 'cross-site') throw coreErrors.CrossSiteRequest()
  if (route.access === 'open') return { source }
  const credentials = readCredentials(request.headers, !isPage)
  if (credentials.projectId !== undefined) exchange.project = await edge.deps.projects.byId(credentials.projectId)
  return identify(edge.identify, {
    access: route.access,
    needed: neededRights(route),
    allowsImpersonation: route.allowsImpersonation ?? exchange.method === 'GET',
    method: exchange.method,
    headers: request.headers,
    source,
    credentials,
    project: exchange.project,
    isLoopbackHost: isLoopbackHost(exchange.url.hostname),
    isSameSite: () => isSameSite(request.headers, (origin) => edge.origins.isAllowed(origin, exchange.project)),
  })
}

function neededRights({ method, effect, right, isTenantAware = false }: AnyRoute): NeededRights {
  return { effect: effect ?? (method === 'GET' ? 'read' : 'write'), right, isTenantAware }
}

async function bodyOf(edge: Edge, request: Request, route: AnyRoute): Promise<unknown> {
  const body = await readBody(
    request,
    route.kind === 'page' ? 'form' : 'json',
    route.bodyLimits ?? { maxBytes: edge.options.maxBodyBytes, ...(route.access === 'management' ? managementLimits : {}) },
  )
  return parsed(route.body, body)
}

/** Of a query parameter that is there twice the last one counts, as with members of bodies. */
function queryOf(url: URL): Record<string, string> {
  const query: Record<string, string> = Object.create(null)
  for (const [name, value] of url.searchParams) query[name] = value
  return query
}

/** Who calls is decided here and nowhere else, so routes do not see the headers that say so. */
function readableHeader(headers: Headers, name: string): string | undefined {
  return name === 'authorization' || name === 'cookie' ? undefined : (headers.get(name) ?? undefined)
}

/** Runs the use case and holds it to the route's list of errors. */
async function run<T>(edge: Edge, exchange: Exchange, route: AnyRoute, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (!(error instanceof AuthError) || declaredErrors(route).some((factory) => factory.spec === error.spec)) throw error
    edge.deps.log.error('http.undeclaredError', error, { requestId: exchange.requestId, route: route.path, errorName: error.name })
    throw edge.options.isStrict ? coreErrors.Internal() : error
  }
}

async function failure(edge: Edge, exchange: Exchange, thrown: unknown): Promise<Answer> {
  const { requestId, route } = exchange
  exchange.isClientGone = thrown instanceof ClientGone || (!(thrown instanceof AuthError) && exchange.request.signal.aborted)
  const error = thrown instanceof AuthError ? thrown : exchange.isClientGone ? coreErrors.MalformedRequest() : coreErrors.Internal()
  if (error !== thrown && !exchange.isClientGone) edge.deps.log.error('http.failed', thrown, { requestId, route: route?.path })
  exchange.errorCode = error.spec.wire
  const extra = error.spec.status === 500 ? { requestId } : {}
  return errorAnswer(edge.deps, error, { kind: route?.kind ?? 'json', publicUrl: edge.publicUrl(), extra })
}

const loggedMethods: ReadonlySet<string> = new Set(['GET', 'HEAD', 'POST', 'PATCH', 'DELETE', 'OPTIONS', 'PUT', 'TRACE'])

/** One line and two figures a request. Nothing here comes from the request but a known method, an address and a plain ID (IN-07, IN-08). */
function record(edge: Edge, exchange: Exchange, answered: number): void {
  const { request, source, project, errorCode } = exchange
  const milliseconds = edge.deps.clock.monotonicMilliseconds() - exchange.startedAt
  const method = loggedMethods.has(request.method) ? request.method : 'OTHER'
  const route = exchange.route?.path ?? 'none'
  const status = exchange.isClientGone ? 499 : answered
  edge.deps.log.info('http.request', {
    requestId: exchange.requestId,
    externalRequestId: externalRequestId(request.headers),
    method,
    route,
    status,
    ms: Math.round(milliseconds * 10) / 10,
    projectId: project?.id,
    ip: source.ip,
    errorCode,
  })
  edge.deps.metrics.count('postern_http_requests_total', { route, method, status: String(status) })
  edge.deps.metrics.observe('postern_http_request_seconds', milliseconds / 1000, { route })
}
