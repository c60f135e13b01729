/** Which errors a route can answer: its own closed list and what the steps before it throw. Read by the handler and by OpenAPI. */
import { coreErrors, type ErrorFactory } from '../core/errors.ts'
import type { Access, AnyRoute } from './route.ts'

const ofIdentity: Readonly<Record<Access, readonly ErrorFactory[]>> = {
  open: [],
  project: [coreErrors.InvalidProject],
  refreshToken: [coreErrors.InvalidProject, coreErrors.CrossSiteRequest],
  refresh: [
    coreErrors.InvalidProject,
    coreErrors.InvalidSession,
    coreErrors.SessionEnded,
    coreErrors.UserDisabled,
    coreErrors.Impersonating,
    coreErrors.CrossSiteRequest,
  ],
  session: [coreErrors.InvalidProject, coreErrors.InvalidSession, coreErrors.SessionEnded, coreErrors.UserDisabled],
  accessKey: [coreErrors.InvalidProject],
  management: [coreErrors.InvalidProject, coreErrors.ManagementUnauthorized, coreErrors.ManagementForbidden],
  local: [coreErrors.InvalidProject, coreErrors.ManagementUnauthorized, coreErrors.ManagementForbidden],
  loopback: [coreErrors.NotFound],
}

/** True when the handler reads a body for this route. */
export function takesBody(route: AnyRoute): boolean {
  return (
    route.method === 'POST' || route.method === 'PUT' || route.method === 'PATCH' || (route.method === 'DELETE' && route.body !== undefined)
  )
}

/** Every error of a route, each once, ordered by status and wire code. */
export function declaredErrors(route: AnyRoute): readonly ErrorFactory[] {
  const all = new Set<ErrorFactory>([...route.errors, ...ofIdentity[route.access], coreErrors.Internal, coreErrors.Unavailable])
  if (takesBody(route)) for (const factory of ofBody) all.add(factory)
  if (takesBody(route) && route.kind === 'page') all.add(coreErrors.CrossSiteRequest)
  if (route.query || route.params || takesBody(route)) all.add(coreErrors.InvalidRequest)
  if (route.limit) all.add(route.limit.refusal ?? coreErrors.RateLimited)
  return [...all].sort((a, b) => a.spec.status - b.spec.status || compareText(a.spec.wire, b.spec.wire))
}

const ofBody = [coreErrors.MalformedRequest, coreErrors.BodyTooLarge, coreErrors.UnsupportedMediaType]

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
