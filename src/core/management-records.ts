/** Rows that an administrator manages, as the storage port knows them. Times are epoch seconds. */

/** A customer of the application, with users, roles and settings of its own. */
export interface TenantRecord {
  readonly projectId: string
  readonly id: string
  /** Unique in the project. */
  readonly name: string
  /** `''` for a tenant at the top. */
  readonly parentId: string
  /** E-mail domains whose users are put into this tenant. */
  readonly selfProvisioningDomains: readonly string[]
  readonly customAttributes: Readonly<Record<string, unknown>>
  /** Nobody gets into it. */
  readonly isDisabled: boolean
  /** Nobody gets into it but by single sign-on. */
  readonly isSsoEnforced: boolean
  /** IDs of users for whom `isSsoEnforced` does not hold. */
  readonly ssoExclusions: readonly string[]
  readonly roleInheritance: '' | 'none' | 'userOnly'
  /** Roles of the project or of the tenant that users get when they come into it. */
  readonly defaultRoleNames: readonly string[]
  /** As stored; parsed by `core/tenant-settings.ts`. `{}` where the project's settings hold. */
  readonly sessionSettings: unknown
  /** As stored; `{}` where the project's password settings hold. */
  readonly passwordSettings: unknown
  readonly createdAt: number
  readonly modifiedAt: number
}

/** A role of the project, or of one tenant. Its name is unique there. */
export interface RoleRecord {
  readonly projectId: string
  readonly id: string
  /** `''` for a role of the project, which can be given in any tenant too. */
  readonly tenantId: string
  readonly name: string
  readonly description: string
  readonly permissionNames: readonly string[]
  /** Given to every new user who is given no role by name. */
  readonly isDefault: boolean
  readonly isPrivate: boolean
  readonly createdAt: number
}

export interface PermissionRecord {
  readonly projectId: string
  readonly id: string
  /** Unique in the project. */
  readonly name: string
  readonly description: string
  readonly createdAt: number
}

/** A role that a user or an access key holds: in a tenant, or for the whole project where `tenantId` is `''`. */
export interface GrantedRole {
  readonly tenantId: string
  readonly name: string
  readonly permissionNames: readonly string[]
}

/** A tenant that a user or an access key belongs to, with what its settings say. */
export interface Membership {
  readonly tenantId: string
  readonly tenantName: string
  /** False while the tenant is disabled, or demands single sign-on of this subject: it counts for nothing then. */
  readonly isOpen: boolean
  readonly sessionSettings: unknown
  readonly passwordSettings: unknown
}

/** What a user or an access key may do, in the order of names. */
export interface Grants {
  readonly roles: readonly GrantedRole[]
  readonly tenants: readonly Membership[]
}

export type AccessKeyStatus = 'active' | 'inactive'

/** A key with which a program, not a person, gets session tokens. Only the digest of its secret is here. */
export interface AccessKeyRecord {
  readonly projectId: string
  readonly id: string
  readonly name: string
  readonly description: string
  readonly secretDigest: string
  readonly status: AccessKeyStatus
  /** The user that the key speaks for, `''` if none. */
  readonly userId: string
  readonly customClaims: Readonly<Record<string, unknown>>
  readonly customAttributes: Readonly<Record<string, unknown>>
  /** Addresses and CIDR ranges from where it is taken; empty is everywhere. */
  readonly permittedIps: readonly string[]
  readonly createdBy: string
  readonly createdAt: number
  readonly modifiedAt: number
  /** 0 = never. */
  readonly expiresAt: number
}

/** The definition of a custom attribute; its feature parses `definition`. */
export interface AttributeRecord {
  readonly projectId: string
  readonly subject: 'user' | 'tenant' | 'accessKey'
  readonly name: string
  readonly definition: unknown
  readonly createdAt: number
}
