import type { AccessKeyRecord, AttributeRecord, Grants, PermissionRecord, RoleRecord, TenantRecord } from './management-records.ts'

/** A role that is given: by ID, in a tenant or, with `''`, for the whole project. */
export interface Assignment {
  readonly tenantId: string
  readonly roleId: string
}

export type TenantChanges = Partial<Omit<TenantRecord, 'projectId' | 'id' | 'createdAt'>>
export type RoleChanges = Partial<Pick<RoleRecord, 'name' | 'description' | 'permissionNames' | 'isDefault' | 'isPrivate'>>
export type AccessKeyChanges = Partial<Omit<AccessKeyRecord, 'projectId' | 'id' | 'createdAt' | 'createdBy'>>

/** The part of the storage port that is about what administrators manage. The promises of `storage.ts` hold here too. */
export interface ManagementStorage {
  readonly tenants: {
    /** False when the ID or the name is taken in the project. */
    insert(tenant: TenantRecord): Promise<boolean>
    byId(projectId: string, id: string): Promise<TenantRecord | undefined>
    /** As `byId`; other changes of the tenant wait until the end of the transaction. For what reads, merges and writes. */
    lock(projectId: string, id: string): Promise<TenantRecord | undefined>
    /** Tenants of these IDs; those that are not there are missing from the answer. */
    byIds(projectId: string, ids: readonly string[]): Promise<readonly TenantRecord[]>
    /** All tenants, by name; at most `limit` from `offset` on. */
    list(projectId: string, page: { readonly limit: number; readonly offset: number }): Promise<readonly TenantRecord[]>
    /** Tenants that match every given list (any entry of it), by name. */
    search(
      projectId: string,
      query: {
        readonly ids?: readonly string[]
        readonly names?: readonly string[]
        readonly selfProvisioningDomains?: readonly string[]
        readonly customAttributes?: Readonly<Record<string, unknown>>
        readonly parentId?: string
        readonly limit: number
        readonly offset: number
      },
    ): Promise<readonly TenantRecord[]>
    /** Changes the named fields. `taken` when the new name belongs to another tenant, `missing` when there is no such tenant. */
    update(projectId: string, id: string, changes: TenantChanges): Promise<'done' | 'taken' | 'missing'>
    /**
     * Deletes the tenant with its roles, and every membership and role that was held in it; tenants below it come to the one above it. Call inside a transaction. False
     * when it is not there.
     */
    delete(projectId: string, id: string): Promise<boolean>
    /** Users and access keys that are in this tenant and in no other, at most `limit` of each. */
    soleMembers(
      projectId: string,
      id: string,
      limit: number,
    ): Promise<{ readonly userIds: readonly string[]; readonly accessKeyIds: readonly string[] }>
  }

  readonly permissions: {
    /** False when the ID or the name is taken. */
    insert(permission: PermissionRecord): Promise<boolean>
    /** By name. */
    list(projectId: string): Promise<readonly PermissionRecord[]>
    /** Renames and describes; roles that hold it follow. Call inside a transaction. */
    update(
      projectId: string,
      name: string,
      changes: { readonly name: string; readonly description: string },
    ): Promise<'done' | 'taken' | 'missing'>
    /** Deletes it and takes it out of every role; call inside a transaction. False when it is not there. */
    delete(projectId: string, name: string): Promise<boolean>
  }

  readonly roles: {
    /** False when the name is taken in the project or in the tenant. */
    insert(role: RoleRecord): Promise<boolean>
    byName(projectId: string, tenantId: string, name: string): Promise<RoleRecord | undefined>
    /** Roles of the project and of all tenants, by tenant and name. */
    list(projectId: string): Promise<readonly RoleRecord[]>
    /** Roles of these names: of the project, and of these tenants. */
    named(projectId: string, tenantIds: readonly string[], names: readonly string[]): Promise<readonly RoleRecord[]>
    /** The roles that new users get: `isDefault`, of the project. */
    listDefault(projectId: string): Promise<readonly RoleRecord[]>
    /** The roles of these tenants that are given to those who come into them: `isDefault`. */
    listDefaultOfTenants(projectId: string, tenantIds: readonly string[]): Promise<readonly RoleRecord[]>
    /** Changes the named fields. Whoever holds the role keeps it under a new name, and so do the default roles of tenants. Call inside a transaction. */
    update(projectId: string, id: string, changes: RoleChanges): Promise<'done' | 'taken' | 'missing'>
    /** Deletes the role; nobody holds it afterwards, and no tenant gives it. Call inside a transaction. False when it is not there. */
    delete(projectId: string, id: string): Promise<boolean>
  }

  /** Who belongs to which tenants and holds which roles. A subject is a user or an access key. */
  readonly grants: {
    of(projectId: string, subjectId: string): Promise<Grants>
    /** Puts the subject into a tenant. False when there is no such tenant; true also when it was in it already. */
    join(projectId: string, subjectId: string, tenantId: string): Promise<boolean>
    /** Takes the subject out of a tenant and away its roles there; call inside a transaction. False when it was not in it. */
    leave(projectId: string, subjectId: string, tenantId: string): Promise<boolean>
    /** Gives roles; those that are held already stay, and those that are gone, or are to be held in a tenant that is gone, are not given. */
    give(projectId: string, subjectId: string, assignments: readonly Assignment[]): Promise<void>
    /** Takes roles away; those that are not held do not matter. */
    take(projectId: string, subjectId: string, assignments: readonly Assignment[]): Promise<void>
    /** Takes away all roles in a tenant, or with `''` those of the project. */
    takeAll(projectId: string, subjectId: string, tenantId: string): Promise<void>
    /** Forgets everything of a subject that is deleted; call inside the transaction that deletes it. */
    forget(projectId: string, subjectIds: readonly string[]): Promise<void>
  }

  readonly accessKeys: {
    insert(key: AccessKeyRecord): Promise<void>
    /** The key with its grants, and with the user it is bound to still to be looked up. */
    byId(projectId: string, id: string): Promise<(AccessKeyRecord & Grants) | undefined>
    byIds(projectId: string, ids: readonly string[]): Promise<readonly (AccessKeyRecord & Grants)[]>
    /** Keys that match everything given, newest first: a member of any of the tenants, an attribute of this value or of one of a list of them. */
    search(
      projectId: string,
      query: {
        readonly tenantIds?: readonly string[]
        readonly userId?: string
        readonly createdBy?: string
        readonly customAttributes?: Readonly<Record<string, unknown>>
        readonly limit: number
        readonly offset: number
      },
    ): Promise<readonly (AccessKeyRecord & Grants)[]>
    update(projectId: string, id: string, changes: AccessKeyChanges): Promise<boolean>
    /** Deletes keys with their grants; call inside a transaction. Tells how many were there. */
    delete(projectId: string, ids: readonly string[]): Promise<number>
  }

  readonly attributes: {
    /** Inserts or replaces the definition of this subject and name. */
    put(attribute: AttributeRecord): Promise<void>
    list(projectId: string, subject: AttributeRecord['subject']): Promise<readonly AttributeRecord[]>
    delete(projectId: string, subject: AttributeRecord['subject'], names: readonly string[]): Promise<number>
  }
}
