import type { z } from 'zod'
import type { Deps } from './deps.ts'
import { type AuthError, coreErrors } from './errors.ts'
import { type Actor, adminEvent, recordEvent } from './events.ts'
import { Settings } from './settings.ts'
import type { RoleRecord, Storage } from './storage.ts'

/** A project with its settings parsed. */
export interface Project {
  readonly id: string
  readonly name: string
  readonly settings: Settings
  readonly settingsVersion: number
  /** `production` or `''`. */
  readonly environment: string
  /** What new users get who are given no role by name. */
  readonly defaultRoles: readonly RoleRecord[]
}

/** Looks projects up, from a cache of bounded size and age. */
export interface Projects {
  /** The project, or `undefined` when there is none of this ID. */
  byId(id: string): Promise<Project | undefined>
  /** Forgets what is cached of a project, or of all; called after every write of its settings. */
  forget(id: string | undefined): void
}

const cacheSeconds = 1
const maxCached = 1000

/** Settings written by another process are seen after one second, and earlier where it can tell (`changes`). */
export function cachedProjects(deps: { storage: Storage; clock: { monotonicMilliseconds(): number } }): Projects {
  const cache = new Map<string, { readonly project: Project; readonly until: number }>()
  return {
    async byId(id) {
      const now = deps.clock.monotonicMilliseconds()
      const hit = cache.get(id)
      if (hit && hit.until > now) return hit.project
      const record = await deps.storage.projects.byId(id)
      if (!record) return undefined
      const project = {
        id: record.id,
        name: record.name,
        settings: Settings.parse(record.settings),
        settingsVersion: record.settingsVersion,
        environment: record.environment,
        defaultRoles: await deps.storage.roles.listDefault(id),
      }
      if (cache.size >= maxCached) cache.clear()
      cache.set(id, { project, until: now + cacheSeconds * 1000 })
      return project
    },
    forget(id) {
      if (id === undefined) cache.clear()
      else cache.delete(id)
    },
  }
}

/** Finds the project or throws `InvalidProject`. */
export async function projectById(deps: { projects: Projects }, id: string): Promise<Project> {
  const project = await deps.projects.byId(id)
  if (!project) throw coreErrors.InvalidProject()
  return project
}

/** Changes to settings: any subset of sections and of fields in them. */
export type SettingsChanges = { readonly [Section in keyof Settings]?: Partial<Settings[Section]> }

/**
 * Merges changes into the settings of a project and stores them, with the event, in one transaction. Fields that are not named stay (settings that a client does
 * not know are never cleared); `changes` may be a function of those of now, for callers that must look at them. Throws `InvalidArguments` with every problem, or when other writes came in between three times.
 */
export async function changeSettings(
  deps: Pick<Deps, 'storage' | 'projects' | 'clock' | 'random'>,
  input: { readonly projectId: string; readonly changes: SettingsChanges | ((now: Settings) => SettingsChanges); readonly actor: Actor },
): Promise<Settings> {
  const { projectId, actor } = input
  for (let round = 0; round < 3; round++) {
    const settings = await deps.storage.transaction(async (tx) => {
      const record = await tx.projects.byId(projectId)
      if (!record) throw coreErrors.InvalidProject()
      const now = Settings.parse(record.settings)
      const changes = typeof input.changes === 'function' ? input.changes(now) : input.changes
      const merged = mergeSettings(now, changes)
      if (!merged.success) throw invalidSettings(merged.error)
      if (!(await tx.projects.saveSettings(projectId, merged.data, record.settingsVersion))) return undefined
      await tx.changes.tell(projectId)
      await recordEvent(deps, tx, adminEvent({ projectId, actor, type: 'settings.change', data: { fields: fieldsOf(changes) } }))
      return merged.data
    })
    deps.projects.forget(projectId)
    if (settings) return settings
  }
  throw coreErrors.InvalidArguments({ message: 'The settings changed at the same time; try again' })
}

function fieldsOf(changes: SettingsChanges): readonly string[] {
  return Object.entries(changes).flatMap(([section, values]) => Object.keys(values ?? {}).map((field) => `${section}.${field}`))
}

/** Settings with changes laid over them, section by section, checked as a whole. */
export function mergeSettings(now: Settings, changes: Readonly<Record<string, object | undefined>>): z.ZodSafeParseResult<Settings> {
  const merged: Record<string, unknown> = { ...now }
  for (const [section, fields] of Object.entries(changes)) merged[section] = { ...(merged[section] as object | undefined), ...fields }
  return Settings.safeParse(merged)
}

/** Tells every problem. */
export function invalidSettings(error: z.ZodError): AuthError {
  const problems = error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`)
  return coreErrors.InvalidArguments({ message: problems.join('; ') })
}
