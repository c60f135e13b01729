import type { AttributeRecord, MessageTemplateRecord, PermissionRecord, RoleRecord, Storage } from '../../core/storage.ts'

/** Everything that says how a project works, and nothing of whom it works for: no users, tenants or keys. */
export interface Configuration {
  /** As stored. */
  readonly settings: unknown
  readonly settingsVersion: number
  readonly permissions: readonly PermissionRecord[]
  /** Roles of the project; those of tenants belong to the tenants. */
  readonly roles: readonly RoleRecord[]
  readonly attributes: readonly AttributeRecord[]
  readonly messageTemplates: readonly MessageTemplateRecord[]
}

export const attributeSubjects = ['user', 'tenant', 'accessKey'] as const

/** The configuration of a project, or `undefined` when there is none; call inside a transaction or a snapshot for one state. */
export async function readConfiguration(storage: Storage, projectId: string): Promise<Configuration | undefined> {
  const project = await storage.projects.byId(projectId)
  if (!project) return undefined
  const attributes: AttributeRecord[] = []
  for (const subject of attributeSubjects) attributes.push(...(await storage.attributes.list(projectId, subject)))
  return {
    settings: project.settings,
    settingsVersion: project.settingsVersion,
    permissions: await storage.permissions.list(projectId),
    roles: (await storage.roles.list(projectId)).filter(({ tenantId }) => tenantId === ''),
    attributes,
    messageTemplates: await storage.messageTemplates.list(projectId),
  }
}
