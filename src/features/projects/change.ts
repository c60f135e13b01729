import type { Deps } from '../../core/deps.ts'
import { coreErrors } from '../../core/errors.ts'
import { type Actor, adminEvent, recordEvent } from '../../core/events.ts'
import type { Rights } from '../../core/management-keys.ts'
import type { ProjectChanges, ProjectRecord } from '../../core/storage.ts'

export interface ProjectCaller {
  readonly projectId: string
  readonly actor: Actor
}

/** Changes name, tags or environment. */
export async function updateProject(deps: Deps, input: ProjectCaller & { readonly changes: ProjectChanges }): Promise<void> {
  const { projectId, actor, changes } = input
  await deps.storage.transaction(async (tx) => {
    if (!(await tx.projects.update(projectId, changes))) throw coreErrors.InvalidProject()
    await tx.changes.tell(projectId)
    await recordEvent(deps, tx, adminEvent({ projectId, actor, type: 'project.update', data: { fields: Object.keys(changes) } }))
  })
  deps.projects.forget(projectId)
}

/**
 * Deletes the project and everything in it: no key, token or link of it is worth anything from the commit on, here at once and in other processes within a second. Its rows go
 * little by little, its audit trail too, so the log keeps a line.
 */
export async function deleteProject(deps: Deps, input: ProjectCaller): Promise<void> {
  const { projectId, actor } = input
  await deps.storage.transaction(async (tx) => {
    if (!(await tx.projects.delete(projectId, deps.clock.nowSeconds()))) throw coreErrors.InvalidProject()
    await tx.changes.tell(projectId)
    await recordEvent(deps, tx, adminEvent({ projectId, actor, type: 'project.delete' }))
  })
  deps.projects.forget(projectId)
  deps.signingKeys.forget(projectId)
  deps.log.warn('project.deleted', { projectId, actorKind: actor.kind, actorId: actor.id })
}

/** The project of the key, or all of them, oldest first, with the right for that (JW-08). */
export async function listProjects(
  deps: Deps,
  input: { readonly projectId: string; readonly rights: Rights; readonly limit: number; readonly offset: number },
): Promise<readonly ProjectRecord[]> {
  const { projectId, rights, limit, offset } = input
  const projects = rights.extra.includes('allProjects') ? await deps.storage.projects.list() : [await deps.storage.projects.byId(projectId)]
  return projects.filter((project) => project !== undefined).slice(offset, offset + limit)
}
