import { newManagementKey, Rights } from '../src/core/management-keys.ts'
import type { Kit } from './kit.ts'

/** A management key of the kit's project that may do less than others. */
export async function narrowKey(kit: Kit, rights: Partial<Rights>): Promise<string> {
  const { record, key } = newManagementKey(kit.auth.deps, { projectId: kit.projectId, name: 'narrow', rights: Rights.parse(rights) })
  await kit.auth.deps.storage.managementKeys.insert(record)
  return key
}
