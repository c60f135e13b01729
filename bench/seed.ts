import { hash } from '@node-rs/argon2'
import pg from 'pg'
import type { Deps } from '../src/core/deps.ts'
import { localSource } from '../src/core/events.ts'
import { newPasswordCredential } from '../src/core/password/credential.ts'
import { defaultHashParameters } from '../src/core/password/hash-cost.ts'
import { projectById } from '../src/core/projects.ts'
import { newId } from '../src/core/secrets.ts'
import { prepareSession, storeSession } from '../src/core/sessions.ts'
import type { SessionRecord, Storage } from '../src/core/storage.ts'
import { newLoginId, newUserRecord } from '../src/core/users.ts'

export const password = 'correct horse battery 1'

/** Login ID of a seeded user; all have the same length. */
export function loginIdOf(kind: string, index: number): string {
  return `${kind}-${String(index).padStart(7, '0')}@example.com`
}

/** A hash of `password` at the default cost. All seeded users share it, because hashing each would take longer than everything else. */
export function sharedHash(): Promise<string> {
  const { memoryKib, iterations } = defaultHashParameters
  return hash(password, { memoryCost: memoryKib, timeCost: iterations, parallelism: 1, outputLen: 32 })
}

const usersPerTransaction = 500
const sessionSeconds = 2_419_200

/** Puts users straight into the database, with proven addresses; `hash` absent makes them passwordless. Answers the IDs of their sessions, if asked for. */
export async function seedUsers(
  deps: Pick<Deps, 'storage' | 'clock' | 'random'>,
  input: {
    readonly projectId: string
    readonly kind: string
    readonly count: number
    readonly hash?: string
    readonly withSessions?: boolean
  },
): Promise<readonly string[]> {
  const sessionIds: string[] = []
  for (let first = 0; first < input.count; first += usersPerTransaction) {
    const end = Math.min(first + usersPerTransaction, input.count)
    await deps.storage.transaction(async (tx) => {
      for (let index = first; index < end; index++) {
        const userId = await seedUser(deps, tx, { ...input, index })
        if (input.withSessions) sessionIds.push(await seedSession(deps, tx, input.projectId, userId))
      }
    })
  }
  return sessionIds
}

async function seedUser(
  deps: Pick<Deps, 'clock' | 'random'>,
  tx: Storage,
  input: { readonly projectId: string; readonly kind: string; readonly index: number; readonly hash?: string },
): Promise<string> {
  const { projectId, hash: passwordHash } = input
  const now = deps.clock.nowSeconds()
  const loginId = newLoginId(loginIdOf(input.kind, input.index))
  const made = newUserRecord({ projectId, id: newId(deps, 'U'), loginId, details: {}, now })
  const user = { ...made, isEmailVerified: true, lastSignInAt: now }
  if (!(await tx.users.insert(user, [loginId]))) throw new Error('A seeded login ID was taken')
  if (passwordHash) await tx.credentials.insert(newPasswordCredential({ projectId, userId: user.id, hash: passwordHash, now }))
  return user.id
}

async function seedSession(deps: Pick<Deps, 'clock' | 'random'>, tx: Storage, projectId: string, userId: string): Promise<string> {
  const now = deps.clock.nowSeconds()
  const session: SessionRecord = {
    ...{ projectId, id: newId(deps, 'S'), userId, generation: 1, rotatedAt: now, refreshedAt: now, authenticatedAt: now, createdAt: now },
    ...{ expiresAt: now + sessionSeconds, passwordDueAt: 0, endedAt: 0, endedReason: '', amr: ['pwd'], claims: {} },
    ...{ ip: '127.0.0.1', userAgent: 'bench' },
  }
  await tx.sessions.insert(session)
  return session.id
}

/** Signs seeded users in without their passwords, again and again in turns, and answers the refresh tokens. */
export async function seedRefreshTokens(
  deps: Deps,
  input: { readonly projectId: string; readonly users: number; readonly count: number },
): Promise<readonly string[]> {
  const { projectId } = input
  const project = await projectById(deps, projectId)
  const tokens: string[] = []
  for (let first = 0; first < input.count; first += usersPerTransaction) {
    const indices = Array.from(
      { length: Math.min(usersPerTransaction, input.count - first) },
      (_, offset) => (first + offset) % input.users,
    )
    const prepared = await Promise.all(
      indices.map(async (index) => {
        const account = await deps.storage.users.byLoginId(projectId, loginIdOf('known', index))
        if (!account) throw new Error('A seeded user is not there')
        return prepareSession(deps, { project, account, source: localSource, amr: ['pwd'] })
      }),
    )
    await deps.storage.transaction(async (tx) => {
      for (const session of prepared) await storeSession(deps, tx, session)
    })
    tokens.push(...prepared.map(({ issued }) => issued.refreshJwt))
  }
  return tokens
}

/** Tidies a PostgreSQL database up as it does by itself in time: rows that were never read since they were written cost more the first time. */
export async function vacuum(url: string): Promise<void> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    await client.query('vacuum analyze')
  } finally {
    await client.end()
  }
}
