import type { Deps } from './core/deps.ts'
import { coreErrors } from './core/errors.ts'
import { type Actor, localSource } from './core/events.ts'
import { findManagedUser } from './core/managed-users.ts'
import { changeSettings, projectById, type SettingsChanges } from './core/projects.ts'
import type { Settings } from './core/settings.ts'
import type { Found, Page, UserStatus, UserWithLoginIds } from './core/storage.ts'
import { canonicalLoginId, type NewUserDetails } from './core/users.ts'
import { type AuditEntry, type AuditSearch, searchAudit } from './features/audit/search.ts'
import {
  createManagementKey,
  listManagementKeys,
  type ManagementKey,
  readRights,
  revokeManagementKeys,
  type TypedRights,
  updateManagementKey,
} from './features/management-keys/manage.ts'
import { type RetriedMessages, retryMessages } from './features/messages/retry.ts'
import { countMessages, type MessageSearch, searchMessages } from './features/messages/search.ts'
import { type ImportedPasswords, importedPasswords } from './features/password/imported.ts'
import { setPassword, unlock } from './features/password/manage.ts'
import { createFirstProject, createProject } from './features/projects/create.ts'
import { noteRestore } from './features/projects/restored.ts'
import { listSigningKeys, rotateSigningKey, type SigningKeyView } from './features/projects/signing-keys.ts'
import { exportUsers } from './features/transfer/export-users.ts'
import type { ImportReport } from './features/transfer/import-report.ts'
import { type ImportInput, importUsers } from './features/transfer/import-users.ts'
import { createUser } from './features/users/create.ts'
import { listUsers } from './features/users/list.ts'
import { deleteUser } from './features/users/remove.ts'
import { setUserStatus } from './features/users/status.ts'
import { verifyUser } from './features/users/verify.ts'
import { createMessageAdministration, type MessageAdministration } from './message-administration.ts'

interface InProject {
  readonly projectId: string
}

interface OneUser extends InProject {
  /** Login ID, or user ID where no such login ID exists. */
  readonly loginId: string
}

/** What an administrator can do, as plain functions: the command line and programs that embed the server call these. Each throws `AuthError`s. */
export interface Administration extends MessageAdministration {
  /** Answers the management key, once. */
  createProject(input: {
    readonly name: string
    readonly isHardened?: boolean
  }): Promise<{ readonly projectId: string; readonly managementKey: string }>
  /** As `createProject`, unless there is a project already; of several processes that ask at once one makes it. */
  createFirstProject(input: {
    readonly name: string
    readonly isHardened?: boolean
  }): Promise<{ readonly projectId: string; readonly managementKey: string } | undefined>
  /** Notes in every project's audit trail that the database was restored from a backup of `createdAt`. */
  noteRestore(input: { readonly createdAt: number; readonly endSessions: boolean }): Promise<void>
  listProjects(): Promise<readonly { readonly id: string; readonly name: string; readonly environment: string }[]>
  createUser(
    input: OneUser & { readonly password?: string; readonly details?: NewUserDetails; readonly isEmailVerified?: boolean },
  ): Promise<UserWithLoginIds>
  showUser(input: OneUser): Promise<UserWithLoginIds>
  setPassword(input: OneUser & { readonly password: string; readonly isTemporary?: boolean }): Promise<void>
  setUserStatus(input: OneUser & { readonly status: UserStatus }): Promise<void>
  verifyUser(input: OneUser): Promise<void>
  unlockUser(input: OneUser): Promise<void>
  deleteUser(input: OneUser): Promise<void>
  listUsers(
    input: InProject & { readonly prefix?: string; readonly after?: string; readonly limit: number },
  ): Promise<Page<UserWithLoginIds>>
  listSigningKeys(input: InProject): Promise<readonly SigningKeyView[]>
  rotateSigningKey(input: InProject & { readonly isEmergency?: boolean }): Promise<{ readonly kid: string; readonly activeAt: number }>
  importedPasswords(input: InProject): Promise<readonly ImportedPasswords[]>
  /** Answers the text of the key, once. Without rights it can do all that the API says. */
  createManagementKey(
    input: InProject & {
      readonly name: string
      readonly description?: string | undefined
      readonly expiresInSeconds?: number | undefined
      readonly rights: TypedRights
    },
  ): Promise<{ readonly key: ManagementKey; readonly cleartext: string }>
  listManagementKeys(input: InProject): Promise<readonly ManagementKey[]>
  /** Changes what is given. */
  limitManagementKey(
    input: InProject & { readonly id: string; readonly isActive?: boolean | undefined; readonly rights: TypedRights },
  ): Promise<ManagementKey>
  revokeManagementKeys(input: InProject & { readonly ids: readonly string[] }): Promise<number>
  /** Takes users of another system in, from a stream. What is wrong with single users is in the report. */
  importUsers(input: Omit<ImportInput, 'actor'>): Promise<ImportReport>
  /** Writes every user, and what users refer to, as one state of the database. */
  exportUsers(input: Omit<Parameters<typeof exportUsers>[1], 'actor'>): Promise<{ readonly users: number }>
  /** What happened, newest first; `user` is a login ID, or a user ID, also of one who is gone. */
  searchAudit(input: Omit<AuditSearch, 'userIds' | 'loginIds'> & { readonly user?: string | undefined }): Promise<Found<AuditEntry>>
  /** The delivery log, newest first: what became of messages, never what they say. */
  searchMessages(input: Parameters<typeof searchMessages>[1]): ReturnType<typeof searchMessages>
  /** Numbers of messages of the last seven days. */
  countMessages(input: InProject): ReturnType<typeof countMessages>
  /** Lets messages that were given up wait again, 200 at most. */
  retryMessages(input: { readonly search: MessageSearch; readonly isAll?: boolean }): Promise<RetriedMessages>
  showSettings(input: InProject): Promise<Settings>
  changeSettings(input: InProject & { readonly changes: SettingsChanges }): Promise<Settings>
}

/** Binds the administrator's use cases to their dependencies; `actor` goes into the audit trail. */
export function createAdministration(deps: Deps, actor: Actor): Administration {
  const managed = async (input: OneUser) => {
    const project = await projectById(deps, input.projectId)
    return { project, account: await findManagedUser(deps, input), actor }
  }
  return {
    ...createMessageAdministration(deps, actor),
    createProject: async (input) => {
      const { project, managementKey } = await createProject(deps, { ...input, actor })
      return { projectId: project.id, managementKey }
    },
    createFirstProject: async (input) => {
      const made = await createFirstProject(deps, { ...input, actor })
      return made && { projectId: made.project.id, managementKey: made.managementKey }
    },
    noteRestore: (input) => noteRestore(deps, { ...input, actor }),
    listProjects: async () => (await deps.storage.projects.list()).map(({ id, name, environment }) => ({ id, name, environment })),
    createUser: async ({ projectId, loginId, password, details = {}, isEmailVerified = false }) => {
      const project = await projectById(deps, projectId)
      const user = { ...details, loginId, password, isEmailVerified, isPhoneVerified: false, status: 'enabled' as const }
      return createUser(deps, { project, actor, user, caller: { signal: new AbortController().signal, source: localSource } })
    },
    showUser: (input) => findManagedUser(deps, input),
    setPassword: async (input) =>
      setPassword(deps, { ...(await managed(input)), password: input.password, isTemporary: input.isTemporary ?? false }),
    setUserStatus: async (input) => {
      await setUserStatus(deps, { ...(await managed(input)), status: input.status })
    },
    verifyUser: async (input) => verifyUser(deps, await managed(input)),
    unlockUser: async (input) => unlock(deps, await managed(input)),
    deleteUser: async (input) => deleteUser(deps, await managed(input)),
    listUsers: (input) => listUsers(deps, input),
    listSigningKeys: (input) => listSigningKeys(deps, input),
    rotateSigningKey: (input) => rotateSigningKey(deps, { ...input, actor }),
    importedPasswords: (input) => importedPasswords(deps, input),
    createManagementKey: ({ rights, ...input }) => createManagementKey(deps, { ...input, actor, rights: readRights(rights) }),
    listManagementKeys: (input) => listManagementKeys(deps, input),
    limitManagementKey: ({ rights, ...input }) => updateManagementKey(deps, { ...input, actor, rights: readRights(rights) }),
    revokeManagementKeys: (input) => revokeManagementKeys(deps, { ...input, actor }),
    importUsers: (input) => importUsers(deps, { ...input, actor }),
    exportUsers: (input) => exportUsers(deps, { ...input, actor }),
    searchAudit: async ({ user, ...input }) => {
      const named = user === undefined ? undefined : await deps.storage.users.byLoginId(input.projectId, canonicalLoginId(user))
      return searchAudit(deps, { ...input, userIds: user === undefined ? undefined : [named?.user.id ?? user] })
    },
    searchMessages: (input) => searchMessages(deps, input),
    countMessages: (input) => countMessages(deps, input),
    retryMessages: (input) => retryMessages(deps, { ...input, actor }),
    showSettings: async (input) => (await projectById(deps, input.projectId)).settings,
    changeSettings: async ({ projectId, changes }) => {
      if (Object.keys(changes).length === 0) throw coreErrors.InvalidArguments({ message: 'No settings were named' })
      return changeSettings(deps, { projectId, changes, actor })
    },
  }
}
