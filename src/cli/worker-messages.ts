/** What the process that listens and its workers tell each other. None of it is secret. */

export type ToWorker =
  /** What a worker needs to begin. */
  | { readonly kind: 'start'; readonly number: number; readonly count: number; readonly port: number; readonly hashMilliseconds: number }
  /** One more password may be hashed. */
  | { readonly kind: 'permit' }
  /** Another worker is asked for figures. */
  | { readonly kind: 'figuresWanted'; readonly id: number }
  | { readonly kind: 'figures'; readonly shares: readonly string[] }
  | { readonly kind: 'stop'; readonly signal: string }

export type FromWorker =
  /** It takes messages from now on. */
  | { readonly kind: 'ready' }
  | { readonly kind: 'listening'; readonly url: string }
  /** It cannot start; it ends by itself. */
  | { readonly kind: 'failed'; readonly message: string; readonly exitCode: number }
  | { readonly kind: 'permitAsked' }
  | { readonly kind: 'permitGivenBack' }
  | { readonly kind: 'figuresAsked' }
  | { readonly kind: 'share'; readonly id: number; readonly share: string }
