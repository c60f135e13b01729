import type { CryptoKey, JWK } from 'jose'

/** A key that tokens are signed with or checked against. */
export interface SigningKey {
  readonly id: string
  readonly algorithm: string
  readonly publicKey: CryptoKey
  readonly publicJwk: JWK
}

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
}
