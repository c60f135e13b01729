import { z } from 'zod'
import { hasPermission, holdsNothingOutside, isBarred } from './access.ts'
import type { Deps } from './deps.ts'
import { coreErrors } from './errors.ts'
import type { Project } from './projects.ts'
import type { SessionRecord, UserWithLoginIds } from './storage.ts'

/** Acting as another user (`protocol/core.md` 7.5): who may, and in which sessions somebody does. */

const Acting = z.object({ act: z.object({ sub: z.string() }) })

/** The ID of the user who acts as the owner of these claims; `undefined` where nobody does. */
export function impersonatorOf({ claims }: Pick<SessionRecord, 'claims'>): string | undefined {
  const acting = Acting.safeParse(claims)
  return acting.success ? acting.data.act.sub : undefined
}

/**
 * Whether one user may act as another. With the permission for the whole project, as anybody; with the permission in tenants, as those who have nothing outside of these:
 * whoever acts as a user has everything that the user has.
 */
export function mayImpersonate(project: Project, impersonator: UserWithLoginIds, target: UserWithLoginIds): boolean {
  if (isBarred(impersonator)) return false
  if (hasPermission(impersonator, 'Impersonate')) return true
  const held = impersonator.tenants
    .map(({ tenantId }) => tenantId)
    .filter((tenantId) => hasPermission(impersonator, 'Impersonate', tenantId))
  return target.tenants.length > 0 && holdsNothingOutside(held, project, target)
}

/** Throws `InvalidSession` when somebody acts as the user in this session who may not any more. */
export async function assertImpersonator(
  deps: Pick<Deps, 'storage'>,
  project: Project,
  found: UserWithLoginIds & { readonly session: SessionRecord },
): Promise<void> {
  const id = impersonatorOf(found.session)
  if (id === undefined) return
  const impersonator = await deps.storage.users.byId(project.id, id)
  if (!impersonator || !mayImpersonate(project, impersonator, found)) throw coreErrors.InvalidSession({ log: 'impersonation ended' })
}
