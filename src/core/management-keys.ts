import type { Deps } from './deps.ts'
import { coreErrors } from './errors.ts'
import type { Clock, Random } from './ports.ts'
import { digest, equalDigests, newId, newSecret, splitToken } from './secrets.ts'
import type { Project } from './settings.ts'
import type { ManagementKeyRecord } from './storage.ts'

/** Makes a management key: `K…` ID, a dot, 256 random bits. The whole key is shown once; its digest is kept (MG-01). */
export function newManagementKey(
  deps: { readonly clock: Clock; readonly random: Random },
  input: { readonly projectId: string; readonly name: string },
): { readonly record: ManagementKeyRecord; readonly key: string } {
  const id = newId(deps, 'K')
  const secret = newSecret(deps)
  const now = deps.clock.nowSeconds()
  const record = {
    projectId: input.projectId,
    id,
    name: input.name,
    secretDigest: digest(secret),
    rights: {},
    createdAt: now,
    expiresAt: 0,
    revokedAt: 0,
  }
  return { record, key: `${id}.${secret}` }
}

/** The ID of a management key of the project. Unknown, wrong, expired and revoked keys look alike (MG-02): `ManagementUnauthorized`. */
export async function verifyManagementKey(deps: Pick<Deps, 'storage' | 'clock'>, project: Project, key: string): Promise<string> {
  const parts = splitToken(key)
  const record = parts && (await deps.storage.managementKeys.byId(project.id, parts.id))
  const matches = equalDigests(digest(parts?.secret ?? ''), record?.secretDigest ?? digest('no key'))
  const now = deps.clock.nowSeconds()
  if (!record || !matches || record.revokedAt > 0 || (record.expiresAt > 0 && record.expiresAt <= now))
    throw coreErrors.ManagementUnauthorized()
  return record.id
}
