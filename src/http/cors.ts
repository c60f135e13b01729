/**
 * Which origins browsers may call from (WB-03). Origins are compared exactly with those that the project lists and with the public URL's own;
 * `null` and wildcards never match, and an origin is echoed only when it is listed.
 *
 * A preflight carries no project ID, and neither does a request that fails before its project is known: for these an origin counts when any
 * project lists it. That tells a browser no more than that this server knows the origin; the request itself is then judged by its project.
 */
import type { Clock } from '../core/ports.ts'
import type { Project } from '../core/projects.ts'
import { Settings } from '../core/settings.ts'
import type { Storage } from '../core/storage.ts'

export interface OriginRules {
  /** True when a browser on this origin may call; with a project its own list counts, without one the lists of all. */
  isAllowed(origin: string, project: Project | undefined): Promise<boolean>
}

export interface OriginRulesDeps {
  readonly clock: Pick<Clock, 'monotonicMilliseconds'>
  readonly storage: { readonly projects: Pick<Storage['projects'], 'list'> }
  readonly ownOrigin: () => string
}

const listedForMilliseconds = 1000

/** Rules with the lists of all projects cached for a second; while the database is away the last known ones hold. */
export function createOriginRules(deps: OriginRulesDeps): OriginRules {
  const byProject = new WeakMap<Project, ReadonlySet<string>>()
  let everywhere: { readonly origins: ReadonlySet<string>; readonly until: number } = { origins: new Set(), until: 0 }

  async function originsOfAll(): Promise<ReadonlySet<string>> {
    const now = deps.clock.monotonicMilliseconds()
    if (everywhere.until > now) return everywhere.origins
    const origins = await listAll(deps.storage).catch(() => everywhere.origins)
    everywhere = { origins, until: now + listedForMilliseconds }
    return origins
  }

  return {
    async isAllowed(origin, project) {
      if (origin === 'null') return false
      if (origin === deps.ownOrigin()) return true
      if (!project) return (await originsOfAll()).has(origin)
      let origins = byProject.get(project)
      if (!origins) {
        origins = new Set(listedOrigins(project.settings.project.allowedOrigins))
        byProject.set(project, origins)
      }
      return origins.has(origin)
    },
  }
}

async function listAll(storage: OriginRulesDeps['storage']): Promise<ReadonlySet<string>> {
  const origins = new Set<string>()
  for (const record of await storage.projects.list()) {
    const settings = Settings.safeParse(record.settings)
    if (!settings.success) continue
    for (const origin of listedOrigins(settings.data.project.allowedOrigins)) origins.add(origin)
  }
  return origins
}

/** The origins in a comma-separated setting, as browsers write them. Entries that are no origin (with a path, a wildcard, `null`) are left out. */
export function listedOrigins(setting: string): readonly string[] {
  return setting.split(',').flatMap((entry) => originOf(entry.trim()) ?? [])
}

function originOf(entry: string): string | undefined {
  const match = /^([a-z][a-z0-9+.-]*):\/\/([A-Za-z0-9.-]+|\[[0-9A-Fa-f:]+\])(:\d{1,5})?\/?$/.exec(entry)
  if (!match || !URL.canParse(entry)) return undefined
  const url = new URL(entry)
  // App schemes (`capacitor://localhost`) have no origin of their own in the URL standard; their web views send scheme and host.
  return url.origin === 'null' ? `${url.protocol}//${url.host}` : url.origin
}

const plainRequestHeaders: ReadonlySet<string> = new Set(['authorization', 'content-type', 'if-none-match'])

/** Headers of an answer to an allowed origin; callers add `Vary: Origin` whether it is allowed or not. */
export function allowingHeaders(origin: string): Record<string, string> {
  return {
    'access-control-allow-origin': origin,
    'access-control-allow-credentials': 'true',
    'access-control-expose-headers': 'retry-after, x-request-id',
  }
}

/** Headers of the answer to a preflight of an allowed origin. Only header names that clients of this API send are echoed. */
export function preflightHeaders(origin: string, methods: readonly string[], requested: string | null): Record<string, string> {
  const names = (requested ?? '').split(',').map((name) => name.trim().toLowerCase())
  const echoed = names.filter((name) => plainRequestHeaders.has(name) || /^x-descope-[a-z0-9-]{1,64}$/.test(name))
  return {
    'access-control-allow-origin': origin,
    'access-control-allow-credentials': 'true',
    'access-control-allow-methods': methods.join(', '),
    'access-control-allow-headers': echoed.join(', '),
    'access-control-max-age': '600',
  }
}

/**
 * True when a request that acts on a cookie proves to come from one of our pages or an allowed one (WB-02): an allowed `Origin`, or the
 * browser's own word that it is same-origin. A request without either, or with the origin `null`, does not.
 */
export async function isSameSite(headers: Headers, isAllowed: (origin: string) => Promise<boolean>): Promise<boolean> {
  const origin = headers.get('origin')
  if (origin === 'null') return false
  if (headers.get('sec-fetch-site') === 'same-origin') return true
  return origin !== null && (await isAllowed(origin))
}
