import { after, test } from 'node:test'
import type {
  ChallengeRecord,
  CredentialRecord,
  EventRecord,
  LoginIdRecord,
  OutboxRecord,
  PermissionRecord,
  ProjectRecord,
  RoleRecord,
  SessionRecord,
  Storage,
  TenantRecord,
  UserRecord,
} from '../../src/core/storage.ts'
import { type DatabaseKind, databases, type TestDatabase } from '../databases.ts'

/** What a contract test works with. */
export interface Contract {
  readonly storage: Storage
  /** To open the same database once more. */
  readonly url: string
  /** Two projects that nobody else uses. */
  readonly here: string
  readonly there: string
}

/** The time at which contract tests happen. */
export const now = 1_790_000_000

const shared = new Map<string, Promise<TestDatabase>>()
after(async () => {
  for (const database of shared.values()) await (await database).close()
})

let projects = 0

/** One test on every database. The tests of a file share a database, in which each has projects of its own. */
export function contract(title: string, run: (contract: Contract) => Promise<void>): void {
  for (const kind of databases) {
    test(`${kind.name}: ${title}`, async () => {
      const database = shared.get(kind.name) ?? kind.open()
      shared.set(kind.name, database)
      await run(await withProjects(await database))
    })
  }
}

/** As `contract`, in a database of its own, for what reaches over all projects. */
export function contractAlone(title: string, run: (contract: Contract, kind: DatabaseKind) => Promise<void>): void {
  for (const kind of databases) {
    test(`${kind.name}: ${title}`, async () => {
      const database = await kind.open()
      try {
        await run(await withProjects(database), kind)
      } finally {
        await database.close()
      }
    })
  }
}

async function withProjects({ storage, url }: TestDatabase): Promise<Contract> {
  projects++
  const [here, there] = [`P${projects}here`, `P${projects}there`]
  await storage.projects.insert(project({ id: here }))
  await storage.projects.insert(project({ id: there }))
  return { storage, url, here, there }
}

export function project(given: Partial<ProjectRecord> & { id: string }): ProjectRecord {
  return { name: 'Project', settings: {}, settingsVersion: 1, createdAt: now, environment: '', tags: [], ...given }
}

export function user(projectId: string, id: string, given: Partial<UserRecord> = {}): UserRecord {
  return {
    projectId,
    id,
    status: 'enabled',
    email: '',
    isEmailVerified: false,
    phone: '',
    isPhoneVerified: false,
    name: '',
    givenName: '',
    middleName: '',
    familyName: '',
    picture: '',
    recoveryEmail: '',
    isRecoveryEmailVerified: false,
    recoveryPhone: '',
    isRecoveryPhoneVerified: false,
    isTest: false,
    isAnonymous: false,
    customAttributes: {},
    createdAt: now,
    modifiedAt: now,
    lastSignInAt: 0,
    ...given,
  }
}

export function loginId(canonical: string, shown = canonical): LoginIdRecord {
  return { canonical, shown }
}

export function credential(projectId: string, userId: string, given: Partial<CredentialRecord> = {}): CredentialRecord {
  return {
    projectId,
    userId,
    kind: 'password',
    lookup: '',
    data: { hash: 1 },
    version: 1,
    createdAt: now,
    modifiedAt: now,
    origin: '',
    isForeign: false,
    ...given,
  }
}

export function challenge(projectId: string, userId: string, id: string, given: Partial<ChallengeRecord> = {}): ChallengeRecord {
  const times = { createdAt: now, expiresAt: now + 600 }
  return {
    projectId,
    id,
    purpose: 'passwordReset',
    userId,
    address: 'a@b.example',
    secretDigest: 'd',
    loginId: '',
    data: { n: 1 },
    ...times,
    ...given,
  }
}

export function session(projectId: string, userId: string, id: string, given: Partial<SessionRecord> = {}): SessionRecord {
  return {
    projectId,
    id,
    userId,
    generation: 1,
    rotatedAt: now,
    refreshedAt: now,
    authenticatedAt: now,
    createdAt: now,
    expiresAt: now + 1_000,
    passwordDueAt: 0,
    endedAt: 0,
    endedReason: '',
    amr: ['pwd'],
    claims: { nsec: { a: [1] } },
    ip: '192.0.2.1',
    userAgent: 'test',
    ...given,
  }
}

export function event(projectId: string, userId: string, id: string, given: Partial<EventRecord> = {}): EventRecord {
  const who = { actorKind: 'user', actorId: userId, userId, ip: '192.0.2.1', userAgent: 'test' }
  return {
    projectId,
    id,
    occurredAtMilliseconds: now * 1_000,
    type: 'password.signIn',
    outcome: 'success',
    ...who,
    data: { n: 1 },
    ...given,
  }
}

export function message(projectId: string, id: string, given: Partial<OutboxRecord> = {}): OutboxRecord {
  const times = { nextAttemptAt: now, createdAt: now, expiresAt: now + 600, finishedAt: 0 }
  const row = {
    kind: 'password.reset',
    channel: 'email',
    userId: '',
    recipientDigest: '',
    sealedContent: 'sealed',
    reason: '',
    isUnanswered: false,
  }
  return { projectId, id, ...row, state: 'pending', attempts: 0, ...times, ...given }
}

export function tenant(projectId: string, id: string, given: Partial<TenantRecord> = {}): TenantRecord {
  return {
    projectId,
    id,
    name: `Name of ${id}`,
    parentId: '',
    selfProvisioningDomains: [],
    customAttributes: {},
    isDisabled: false,
    isSsoEnforced: false,
    ssoExclusions: [],
    roleInheritance: '',
    defaultRoleNames: [],
    sessionSettings: {},
    passwordSettings: {},
    createdAt: now,
    modifiedAt: now,
    ...given,
  }
}

export function role(projectId: string, id: string, given: Partial<RoleRecord> = {}): RoleRecord {
  const facts = { description: '', permissionNames: [], isDefault: false, isPrivate: false, createdAt: now }
  return { projectId, id, tenantId: '', name: `name-${id}`, ...facts, ...given }
}

export function permission(projectId: string, name: string, given: Partial<PermissionRecord> = {}): PermissionRecord {
  return { projectId, id: `PERM-${name}`, name, description: '', createdAt: now, ...given }
}

/** How many of the answers are `true`. */
export function winners(answers: readonly boolean[]): number {
  return answers.filter((answer) => answer).length
}

/** Starts all at once and waits for all. */
export function race<T>(count: number, run: (index: number) => Promise<T>): Promise<T[]> {
  return Promise.all(Array.from({ length: count }, (_, index) => run(index)))
}
