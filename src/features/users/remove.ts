import type { Deps } from '../../core/deps.ts'
import { coreErrors } from '../../core/errors.ts'
import { adminEvent, recordEvent } from '../../core/events.ts'
import { assertWhollyInReach, isInReach } from '../../core/managed-users.ts'
import { assertBatch } from './batch.ts'
import type { Administration, OneUser } from './change.ts'

/** Deletes the user and everything that is theirs; the audit trail stays. Throws `ManagedUserNotFound`, `ManagementForbidden`. */
export async function deleteUser(deps: Deps, input: OneUser): Promise<void> {
  if (!(await deleteOne(deps, input, input.account.user.id))) throw coreErrors.ManagedUserNotFound()
}

/** Deletes users one after another; those that are not there, or not in reach of the key, do not matter. Throws `ManagementForbidden` before the first is deleted. */
export async function deleteUsers(deps: Deps, input: Administration & { readonly userIds: readonly string[] }): Promise<void> {
  const { project, rights } = input
  assertBatch(input.userIds)
  const found = await deps.storage.users.byIds(project.id, [...new Set(input.userIds)])
  const reached = found.filter((account) => isInReach(rights, account))
  for (const account of reached) assertWhollyInReach(rights, project, account)
  for (const { user } of reached) await deleteOne(deps, input, user.id)
}

const deletedAtOnce = 100

/** Deletes every test user of the project. */
export async function deleteTestUsers(deps: Deps, input: Administration): Promise<void> {
  for (;;) {
    const userIds = await deps.storage.users.listTestIds(input.project.id, deletedAtOnce)
    for (const userId of userIds) await deleteOne(deps, input, userId)
    if (userIds.length < deletedAtOnce) return
  }
}

/** In a transaction of its own, so that no two calls wait for each other's users. False when the user is not there any more. */
function deleteOne(deps: Deps, { project, actor, rights }: Administration, userId: string): Promise<boolean> {
  return deps.storage.transaction(async (tx) => {
    await tx.users.lock(project.id, userId)
    const account = await tx.users.byId(project.id, userId)
    if (!account || !isInReach(rights, account)) return false
    assertWhollyInReach(rights, project, account)
    await tx.users.delete(project.id, userId)
    await recordEvent(deps, tx, adminEvent({ projectId: project.id, actor, userId, type: 'user.delete' }))
    return true
  })
}
