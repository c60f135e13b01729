/** Finds the route of a request, on Hono's routers. Path text is brought to one form first, so that every spelling meets the same route (BF-05). */
import { RegExpRouter } from 'hono/router/reg-exp-router'
import { SmartRouter } from 'hono/router/smart-router'
import { TrieRouter } from 'hono/router/trie-router'
import { coreErrors } from '../core/errors.ts'
import type { AnyRoute } from './route.ts'

export interface RouteMatch {
  readonly route: AnyRoute
  /** Path parameters, percent-decoded. */
  readonly params: Readonly<Record<string, string>>
}

export interface Router {
  /** The route, or `undefined`. Throws `MalformedRequest` when a parameter cannot be decoded. */
  find(method: string, path: string): RouteMatch | undefined
  /** Methods that the path has, in a fixed order; empty when there is no such path. */
  methodsOf(path: string): readonly string[]
}

const methods = ['GET', 'POST', 'PATCH', 'DELETE'] as const

/** Collapses repeated slashes (Python, Java and Ruby after a base URL that ends in one) and drops one at the end. Nothing is decoded here. */
export function canonicalPath(pathname: string): string {
  const path = pathname.includes('//') ? pathname.replace(/\/{2,}/g, '/') : pathname
  return path.length > 1 && path.endsWith('/') ? path.slice(0, -1) : path
}

/** Builds the router. Throws when two routes share method and path. */
export function createRouter(routes: readonly AnyRoute[]): Router {
  const router = new SmartRouter<AnyRoute>({ routers: [new RegExpRouter(), new TrieRouter()] })
  const seen = new Set<string>()
  // Where a fixed path and one with parameters both match, the first that was added wins.
  for (const route of routes.toSorted((a, b) => parameterCount(a) - parameterCount(b))) {
    const shape = `${route.method} ${route.path.replace(/\{[^}]+\}/g, '{}')}`
    if (seen.has(shape)) throw new Error(`Two routes for ${shape}`)
    seen.add(shape)
    router.add(route.method, route.path.replace(/\{([^}]+)\}/g, ':$1'), route)
  }
  return {
    find(method, path) {
      const [handlers, stash] = router.match(method, path)
      const first = handlers[0]
      if (!first) return undefined
      const [route, found] = first
      const params: Record<string, string> = {}
      for (const [name, value] of Object.entries(found)) params[name] = decoded(typeof value === 'number' ? (stash?.[value] ?? '') : value)
      return { route, params }
    },
    methodsOf(path) {
      return methods.filter((method) => router.match(method, path)[0].length > 0)
    },
  }
}

function parameterCount(route: AnyRoute): number {
  return route.path.split('{').length - 1
}

function decoded(text: string): string {
  if (!text.includes('%')) return text
  try {
    return decodeURIComponent(text)
  } catch {
    throw coreErrors.MalformedRequest()
  }
}
