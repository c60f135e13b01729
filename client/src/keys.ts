import { type CryptoKey, importJWK } from 'jose'
import { TokenError, UnavailableError } from './errors.ts'
import { abortable, isObject } from './http.ts'

/** The public keys of one project. */
export interface Keys {
  /**
   * The key with exactly this ID. Throws `TokenError` when the project has none, `UnavailableError` when the keys cannot be had,
   * or the reason of the signal.
   */
  byId(kid: string, signal?: AbortSignal): Promise<CryptoKey>
}

export interface KeyDeps {
  /** Fetches the key set, `{"keys":[…]}`. */
  readonly fetchKeySet: () => Promise<unknown>
  /** Milliseconds since an arbitrary point; never goes back. */
  readonly monotonicMilliseconds: () => number
}

/** Shortest time between two fetches for unknown key IDs: tokens that a stranger makes up cannot make the application hammer the server. */
const cooldownMilliseconds = 30_000
/** The same while no keys are known, so that the application recovers soon after the server does. */
const firstCooldownMilliseconds = 1000
/** Age at which keys are fetched anew in the background, so that a withdrawn key is dropped without a restart. */
const freshMilliseconds = 600_000
/** Age at which keys are not used any more when every fetch has failed since. */
const maxAgeMilliseconds = 86_400_000
const maxKeys = 100
/** A modulus of 2048 to 8192 bits in base64url. */
const modulus = /^[A-Za-z0-9_-]{342,1366}$/
/** The one exponent that the protocol has, 65537. */
const exponent = 'AQAB'

/**
 * Keeps the keys of a project: fetches them at the first use, again for an unknown key ID (not more often than every 30 s), and
 * in the background every 10 minutes of use. A fetch replaces all keys; one that fails leaves them. Callers share one fetch.
 */
export function cachedKeys(deps: KeyDeps): Keys {
  let keys: ReadonlyMap<string, CryptoKey> | undefined
  let fetchedAt = 0
  let triedAt = Number.NEGATIVE_INFINITY
  let failure: unknown
  let pending: Promise<void> | undefined

  async function fetchAll(): Promise<void> {
    try {
      keys = await importKeySet(await deps.fetchKeySet())
      fetchedAt = deps.monotonicMilliseconds()
      failure = undefined
    } catch (error) {
      failure = error
    }
    triedAt = deps.monotonicMilliseconds()
    pending = undefined
  }

  /** Joins the fetch that is under way, or starts one unless it is too soon. Never rejects. */
  function load(): Promise<void> {
    const isTooSoon = deps.monotonicMilliseconds() - triedAt < (keys ? cooldownMilliseconds : firstCooldownMilliseconds)
    pending ??= isTooSoon ? undefined : fetchAll()
    return pending ?? Promise.resolve()
  }

  function unavailable(): UnavailableError {
    return failure instanceof UnavailableError
      ? failure
      : new UnavailableError('reply', 'The keys of the project cannot be read', { cause: failure })
  }

  return {
    async byId(kid, signal) {
      const wait = (work: Promise<void>) =>
        abortable(signal, (resolve, reject) => {
          work.then(resolve, reject)
          return undefined
        })
      const age = deps.monotonicMilliseconds() - fetchedAt
      if (keys && age > maxAgeMilliseconds) keys = undefined
      if (!keys) await wait(load())
      else if (age > freshMilliseconds) void load()
      if (!keys) throw unavailable()
      const key = keys.get(kid)
      if (key) return key
      await wait(load())
      const late = keys.get(kid)
      if (late) return late
      if (failure !== undefined) throw unavailable()
      throw new TokenError('unknownKey', 'No key of the project has the key ID of the token')
    },
  }
}

/** Takes the RSA signature keys of a set and skips the rest: one odd key must not stop the others. Throws when it is no key set. */
async function importKeySet(set: unknown): Promise<ReadonlyMap<string, CryptoKey>> {
  if (!isObject(set) || !Array.isArray(set.keys)) throw new UnavailableError('reply', 'The answer is not a key set')
  const keys = new Map<string, CryptoKey>()
  for (const jwk of set.keys.slice(0, maxKeys)) {
    if (!isObject(jwk)) continue
    const { kid, kty, alg = 'RS256', use = 'sig', n, e } = jwk
    const isUsable = kty === 'RSA' && alg === 'RS256' && use === 'sig' && typeof kid === 'string' && kid !== ''
    if (!isUsable || typeof n !== 'string' || !modulus.test(n) || e !== exponent) continue
    const key = await importPublicKey(n)
    if (key) keys.set(kid, key)
  }
  return keys
}

async function importPublicKey(n: string): Promise<CryptoKey | undefined> {
  try {
    const key = await importJWK({ kty: 'RSA', n, e: exponent }, 'RS256')
    return key instanceof Uint8Array ? undefined : key
  } catch {
    return undefined
  }
}
