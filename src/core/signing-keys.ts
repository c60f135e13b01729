import type { CryptoKey, JWK } from 'jose'
import type { Clock, Log, Random } from './ports.ts'
import { newId, type Sealer } from './secrets.ts'
import type { SigningKeyRecord, Storage } from './storage.ts'
import { defaultAlgorithm, importKey, type KeyPair } from './tokens.ts'
import { beginWait, onNobodysAccount } from './vain-waits.ts'

/** A key that tokens are signed with or checked against. */
export interface SigningKey {
  readonly id: string
  readonly algorithm: string
  readonly publicKey: CryptoKey
  readonly publicJwk: JWK
}

type FullKey = SigningKey & { readonly privateKey: CryptoKey; readonly activeAt: number }

/** The signing keys of the projects, from memory. */
export interface SigningKeys {
  /** The key that signs now. */
  current(projectId: string): Promise<SigningKey & { readonly privateKey: CryptoKey }>
  /** A key by its exact `kid`, or `undefined` (JW-02). */
  byId(projectId: string, id: string): Promise<SigningKey | undefined>
  /** The public key set: RSA members only, nothing else at the root (`protocol/core.md` 3.1). `undefined` when there is no such project. */
  keySet(projectId: string): Promise<{ readonly keys: readonly JWK[] } | undefined>
  /** Forgets what is cached of a project. */
  forget(projectId: string): void
  /** Reloads what is cached of a project, or of all, because another process may have changed it; while the database is away it stays. */
  refresh(projectId: string | undefined): void
}

/** Seconds that a new key is published before it signs, so that every client has it by then (JW-06). */
export const publishAheadSeconds = 600

const freshMilliseconds = 1000
/** A key set that nobody asked for in so long is loaded before it is shown. */
const idleMilliseconds = 10_000
const maxCachedProjects = 1000

interface Cached {
  readonly keys: readonly FullKey[]
  loadedAt: number
  /** Whether the last try to reload failed. */
  hasFailed: boolean
  refreshing: Promise<unknown> | undefined
}

type KeyDeps = { readonly storage: Storage; readonly sealer: Sealer; readonly clock: Clock; readonly log: Log }

/**
 * Reads keys through a cache. Signing and verifying use keys that are at most a second old, so that a rotation or a revocation by another process holds
 * here too (JW-06); while the database is away, those that are cached. The key set is served from memory at once, and reloaded behind the answer (JW-07).
 */
export function createSigningKeys(deps: KeyDeps): SigningKeys {
  const cache = new Map<string, Cached>()

  async function load(projectId: string): Promise<Cached | undefined> {
    const known = new Map(cache.get(projectId)?.keys.map((key) => [key.id, key]))
    // A change that commits while the list is under way may be missing in it.
    const loadedAt = deps.clock.monotonicMilliseconds()
    const records = await deps.storage.signingKeys.list(projectId)
    if (records.length === 0) {
      cache.delete(projectId)
      return undefined
    }
    const keys = await Promise.all(records.map(async (record) => known.get(record.id) ?? (await importRecord(deps.sealer, record))))
    if (cache.size >= maxCachedProjects) cache.clear()
    const loaded = { keys, loadedAt, hasFailed: false, refreshing: undefined }
    cache.set(projectId, loaded)
    return loaded
  }

  /** Reloads once, whoever asks; what was cached stays when the database does not answer. */
  function reload(projectId: string, cached: Cached): Promise<unknown> {
    cached.refreshing ??= onNobodysAccount(() => load(projectId))
      .catch((cause: unknown) => {
        cached.hasFailed = true
        deps.log.error('signingKeys.reloadFailed', cause, { projectId })
      })
      .finally(() => {
        cached.refreshing = undefined
      })
    return cached.refreshing
  }

  const ageOf = ({ loadedAt }: Cached) => deps.clock.monotonicMilliseconds() - loadedAt
  const isFresh = (cached: Cached) => ageOf(cached) < freshMilliseconds

  /** What is cached, at once; a reload follows behind. */
  async function cachedKeys(projectId: string): Promise<readonly FullKey[]> {
    const cached = cache.get(projectId)
    if (!cached) return (await load(projectId))?.keys ?? []
    if (!isFresh(cached)) void reload(projectId, cached)
    return cached.keys
  }

  /** Keys as they were at most a second ago: what was revoked elsewhere is not trusted any more. */
  async function freshKeys(projectId: string): Promise<readonly FullKey[]> {
    // A reload that was under way already may have begun too long ago. One that fails is not tried again: nobody waits longer than the database does.
    for (let round = 0; round < 2; round++) {
      const cached = cache.get(projectId)
      if (!cached || isFresh(cached) || (round > 0 && cached.hasFailed)) break
      const wait = beginWait()
      await reload(projectId, cached)
      if (cached.hasFailed) wait.wasInVain()
    }
    return cachedKeys(projectId)
  }

  return {
    async current(projectId) {
      const now = deps.clock.nowSeconds()
      const keys = (await freshKeys(projectId)).toSorted((a, b) => b.activeAt - a.activeAt)
      // The first key of a project is active at once, also where the clock is behind that of the process that made it (RL-07).
      const key = keys.find(({ activeAt }) => activeAt <= now) ?? keys.at(-1)
      if (!key) throw new Error('The project has no active signing key')
      return key
    },
    async byId(projectId, id) {
      return (await freshKeys(projectId)).find((key) => key.id === id)
    },
    async keySet(projectId) {
      const cached = cache.get(projectId)
      if (cached && !cached.hasFailed && ageOf(cached) > idleMilliseconds) await reload(projectId, cached)
      const keys = await cachedKeys(projectId)
      if (keys.length === 0) return undefined
      return { keys: keys.filter((key) => key.publicJwk.kty === 'RSA').map((key) => publicMembers(key)) }
    },
    forget(projectId) {
      cache.delete(projectId)
    },
    refresh(projectId) {
      for (const [id, cached] of cache) {
        if (projectId !== undefined && id !== projectId) continue
        cached.loadedAt = Number.NEGATIVE_INFINITY
        // Of one it is worth a look at once; of all, when they are asked for.
        if (projectId !== undefined) void reload(id, cached)
      }
    },
  }
}

function publicMembers(key: SigningKey): JWK {
  const { e, n } = key.publicJwk
  return { alg: key.algorithm, e, kid: key.id, kty: 'RSA', n, use: 'sig' } as JWK
}

function sealContext(projectId: string, id: string): string {
  return `signingKey/${projectId}/${id}`
}

async function importRecord(sealer: Sealer, record: SigningKeyRecord): Promise<FullKey> {
  const privateJwk = JSON.parse(sealer.open(sealContext(record.projectId, record.id), record.sealedPrivateJwk)) as JWK
  return {
    id: record.id,
    algorithm: record.algorithm,
    publicJwk: record.publicJwk as JWK,
    publicKey: await importKey(record.publicJwk as JWK, record.algorithm),
    privateKey: await importKey(privateJwk, record.algorithm),
    activeAt: record.activeAt,
  }
}

/** Makes a signing key of a project, ready to insert. It signs from `activeAt` on. */
export async function newSigningKey(
  deps: { readonly clock: Clock; readonly random: Random; readonly sealer: Sealer; generateKeyPair(): Promise<KeyPair> },
  input: { readonly projectId: string; readonly activeAt: number },
): Promise<SigningKeyRecord> {
  const pair = await deps.generateKeyPair()
  const id = newId(deps, 'SK')
  return {
    projectId: input.projectId,
    id,
    algorithm: defaultAlgorithm,
    publicJwk: pair.publicJwk as Record<string, unknown>,
    sealedPrivateJwk: deps.sealer.seal(sealContext(input.projectId, id), JSON.stringify(pair.privateJwk)),
    createdAt: deps.clock.nowSeconds(),
    activeAt: input.activeAt,
    revokedAt: 0,
  }
}
