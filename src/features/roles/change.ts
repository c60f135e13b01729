import { maxRoles } from '../../core/access.ts'
import type { Deps } from '../../core/deps.ts'
import { coreErrors } from '../../core/errors.ts'
import type { Storage } from '../../core/storage.ts'

/**
 * Runs a change of the roles and permissions of a project in one transaction, one after another: what a role is checked against stays so until it is stored. What is
 * cached of the project is forgotten.
 */
export async function changeRoles<T>(
  deps: Pick<Deps, 'storage' | 'projects'>,
  projectId: string,
  run: (tx: Storage) => Promise<T>,
): Promise<T> {
  const result = await deps.storage.transaction(async (tx) => {
    if (!(await tx.projects.lock(projectId))) throw coreErrors.InvalidProject()
    const done = await run(tx)
    await tx.changes.tell(projectId)
    return done
  })
  deps.projects.forget(projectId)
  return result
}

/** Throws `InvalidArguments` when a project that has `existing` roles, or permissions, would come to more than it may have. Call inside `changeRoles`. */
export function assertRoom(kind: 'roles' | 'permissions', existing: number, added: number): void {
  if (existing + added > maxRoles) throw coreErrors.InvalidArguments({ message: `A project has at most ${maxRoles} ${kind}` })
}

/** The one result of a change of one. */
export function only<T>(results: readonly T[]): T {
  const [one] = results
  if (one === undefined) throw new Error('A change of one has one result')
  return one
}
