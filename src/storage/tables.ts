import type { Generated } from 'kysely'
import type {
  AccessKeyRecord,
  AttributeRecord,
  ChallengeRecord,
  CredentialRecord,
  EventRecord,
  ImportRecord,
  ManagementKeyRecord,
  MessageTemplateRecord,
  OutboxRecord,
  PermissionRecord,
  ProjectRecord,
  RoleRecord,
  SessionRecord,
  SigningKeyRecord,
  TenantRecord,
  UserRecord,
} from '../core/storage.ts'
import { columns, type RowOf } from './columns.ts'

/** The tables of the database, as the queries see them. The migrations make them; `columns.ts` says how records lie in them. */
export interface Tables {
  /** A project that was deleted is not there any more, for nobody but the purge. */
  projects: RowOf<ProjectRecord> & { deleted_at: Generated<number> }
  users: RowOf<UserRecord>
  login_ids: { project_id: string; canonical: string; shown: string; user_id: string; position: number }
  credentials: RowOf<CredentialRecord>
  challenges: RowOf<ChallengeRecord>
  sessions: RowOf<SessionRecord>
  attempts: { project_id: string; key: string; count: number; window_ends_at: number }
  signing_keys: RowOf<SigningKeyRecord>
  management_keys: RowOf<ManagementKeyRecord>
  events: RowOf<EventRecord>
  outbox: RowOf<OutboxRecord>
  tenants: RowOf<TenantRecord>
  memberships: { project_id: string; subject_id: string; tenant_id: string }
  permissions: RowOf<PermissionRecord>
  roles: RowOf<RoleRecord>
  role_assignments: { project_id: string; subject_id: string; tenant_id: string; role_id: string }
  access_keys: RowOf<AccessKeyRecord>
  attributes: RowOf<AttributeRecord>
  imports: RowOf<ImportRecord>
  message_templates: RowOf<MessageTemplateRecord>
  meta: { key: string; value: string }
  leases: { name: string; holder: string; expires_at: number }
  /** Which steps of the schema ran. */
  migrations: { number: number; name: string }
}

export const projectColumns = columns<ProjectRecord>('projects', {
  id: 'text',
  name: 'text',
  settings: 'json',
  settingsVersion: 'integer',
  createdAt: 'integer',
  environment: 'text',
  tags: 'json',
})

export const userColumns = columns<UserRecord>('users', {
  projectId: 'text',
  id: 'text',
  status: 'text',
  email: 'text',
  isEmailVerified: 'flag',
  phone: 'text',
  isPhoneVerified: 'flag',
  name: 'text',
  givenName: 'text',
  middleName: 'text',
  familyName: 'text',
  picture: 'text',
  recoveryEmail: 'text',
  isRecoveryEmailVerified: 'flag',
  recoveryPhone: 'text',
  isRecoveryPhoneVerified: 'flag',
  isTest: 'flag',
  isAnonymous: 'flag',
  customAttributes: 'json',
  createdAt: 'integer',
  modifiedAt: 'integer',
  lastSignInAt: 'integer',
})

export const credentialColumns = columns<CredentialRecord>('credentials', {
  projectId: 'text',
  userId: 'text',
  kind: 'text',
  lookup: 'text',
  data: 'json',
  version: 'integer',
  createdAt: 'integer',
  modifiedAt: 'integer',
  origin: 'text',
  isForeign: 'flag',
})

export const challengeColumns = columns<ChallengeRecord>('challenges', {
  projectId: 'text',
  id: 'text',
  purpose: 'text',
  userId: 'optionalText',
  address: 'text',
  secretDigest: 'text',
  loginId: 'text',
  data: 'json',
  createdAt: 'integer',
  expiresAt: 'integer',
})

export const sessionColumns = columns<SessionRecord>('sessions', {
  projectId: 'text',
  id: 'text',
  userId: 'text',
  generation: 'integer',
  rotatedAt: 'integer',
  refreshedAt: 'integer',
  authenticatedAt: 'integer',
  createdAt: 'integer',
  expiresAt: 'integer',
  passwordDueAt: 'integer',
  endedAt: 'integer',
  endedReason: 'text',
  amr: 'json',
  claims: 'json',
  ip: 'text',
  userAgent: 'text',
})

export const signingKeyColumns = columns<SigningKeyRecord>('signing_keys', {
  projectId: 'text',
  id: 'text',
  algorithm: 'text',
  publicJwk: 'json',
  sealedPrivateJwk: 'text',
  createdAt: 'integer',
  activeAt: 'integer',
  revokedAt: 'integer',
})

export const managementKeyColumns = columns<ManagementKeyRecord>('management_keys', {
  projectId: 'text',
  id: 'text',
  name: 'text',
  description: 'text',
  createdBy: 'text',
  secretDigest: 'text',
  isActive: 'flag',
  rights: 'json',
  createdAt: 'integer',
  expiresAt: 'integer',
  revokedAt: 'integer',
})

export const eventColumns = columns<EventRecord>('events', {
  projectId: 'text',
  id: 'text',
  occurredAtMilliseconds: 'integer',
  type: 'text',
  outcome: 'text',
  actorKind: 'text',
  actorId: 'text',
  userId: 'text',
  ip: 'text',
  userAgent: 'text',
  data: 'json',
})

export const outboxColumns = columns<OutboxRecord>('outbox', {
  projectId: 'text',
  id: 'text',
  kind: 'text',
  channel: 'text',
  userId: 'optionalText',
  recipientDigest: 'text',
  sealedContent: 'text',
  state: 'text',
  attempts: 'integer',
  nextAttemptAt: 'integer',
  createdAt: 'integer',
  expiresAt: 'integer',
  finishedAt: 'integer',
  reason: 'text',
  isUnanswered: 'flag',
})

export const messageTemplateColumns = columns<MessageTemplateRecord>('message_templates', {
  projectId: 'text',
  id: 'text',
  kind: 'text',
  channel: 'text',
  name: 'text',
  isActive: 'flag',
  isPublic: 'flag',
  options: 'json',
  versions: 'json',
  createdAt: 'integer',
  modifiedAt: 'integer',
})

export const tenantColumns = columns<TenantRecord>('tenants', {
  projectId: 'text',
  id: 'text',
  name: 'text',
  parentId: 'text',
  selfProvisioningDomains: 'json',
  customAttributes: 'json',
  isDisabled: 'flag',
  isSsoEnforced: 'flag',
  ssoExclusions: 'json',
  roleInheritance: 'text',
  defaultRoleNames: 'json',
  sessionSettings: 'json',
  passwordSettings: 'json',
  createdAt: 'integer',
  modifiedAt: 'integer',
})

export const permissionColumns = columns<PermissionRecord>('permissions', {
  projectId: 'text',
  id: 'text',
  name: 'text',
  description: 'text',
  createdAt: 'integer',
})

export const roleColumns = columns<RoleRecord>('roles', {
  projectId: 'text',
  id: 'text',
  tenantId: 'optionalText',
  name: 'text',
  description: 'text',
  permissionNames: 'json',
  isDefault: 'flag',
  isPrivate: 'flag',
  createdAt: 'integer',
})

export const accessKeyColumns = columns<AccessKeyRecord>('access_keys', {
  projectId: 'text',
  id: 'text',
  name: 'text',
  description: 'text',
  secretDigest: 'text',
  status: 'text',
  userId: 'optionalText',
  customClaims: 'json',
  customAttributes: 'json',
  permittedIps: 'json',
  createdBy: 'text',
  createdAt: 'integer',
  modifiedAt: 'integer',
  expiresAt: 'integer',
})

export const attributeColumns = columns<AttributeRecord>('attributes', {
  projectId: 'text',
  subject: 'text',
  name: 'text',
  definition: 'json',
  createdAt: 'integer',
})

export const importColumns = columns<ImportRecord>('imports', {
  projectId: 'text',
  fingerprint: 'text',
  progress: 'json',
  modifiedAt: 'integer',
})
