/** A stored hash that was read: what it is, whether it may be checked, and how. */
export interface ReadHash {
  /** Name of the scheme, for example `pbkdf2-sha256`. */
  readonly scheme: string
  /** What is beyond the bounds, for a message ("the cost is over 15"); such a hash must not be checked (PW-11). `undefined` when all is within. */
  readonly excess: string | undefined
  /** Whether it is of the kind that this server makes, whatever its cost. */
  readonly isOwnKind: boolean
  /** Work that one check is known to do, in KiB times iterations of Argon2; 0 where it cannot be compared. */
  readonly work: number
  /**
   * Compares in constant time, off the event loop or in slices of a few milliseconds. `undefined` when nothing was computed: the scheme could not tell this password
   * from others, or it is empty, which none may be, or its library cannot read the hash. Never throws for what a stored text may hold.
   */
  matches(password: Uint8Array): Promise<boolean | undefined>
}

/** Reads a text of its form. `undefined` for any other text; in time linear in the length of the text. */
export type Scheme = (text: string) => ReadHash | undefined

/** A number that must stay within bounds, its ends included. */
export interface Bound {
  /** As in "the cost is over 15". */
  readonly name: string
  readonly value: number
  readonly min?: number
  readonly max: number
}

/** What a scheme is made of. `P` are the parameters that its text holds. */
export interface SchemeDefinition<P> {
  idOf(parameters: P): string
  /** Strict: what is not exactly of the form is `undefined`. */
  parse(text: string): P | undefined
  boundsOf(parameters: P): readonly Bound[]
  /** Whether the scheme tells this password from every other one; all, if absent. Bcrypt, for example, does not look beyond byte 72 (PW-05). */
  canTell?(password: Uint8Array, parameters: P): boolean
  verify(parameters: P, password: Uint8Array): Promise<boolean | undefined>
  isOwnKind?(parameters: P): boolean
  workOf?(parameters: P): number
}

export function defineScheme<P>(definition: SchemeDefinition<P>): Scheme {
  return (text) => {
    const parameters = definition.parse(text)
    if (parameters === undefined) return undefined
    const excess = excessOf(definition.boundsOf(parameters))
    return {
      scheme: definition.idOf(parameters),
      excess,
      isOwnKind: definition.isOwnKind?.(parameters) ?? false,
      work: definition.workOf?.(parameters) ?? 0,
      async matches(password) {
        if (excess !== undefined || password.length === 0 || definition.canTell?.(password, parameters) === false) return undefined
        return definition.verify(parameters, password)
      },
    }
  }
}

function excessOf(bounds: readonly Bound[]): string | undefined {
  for (const { name, value, min = 0, max } of bounds) {
    if (value < min) return `${name} is under ${min}`
    if (value > max) return `${name} is over ${max}`
  }
  return undefined
}

/** Bounds that all schemes share: what a salt and a derived key may measure, in bytes. */
export function sizeBounds({ salt, key }: { readonly salt: Uint8Array; readonly key: Uint8Array }): readonly Bound[] {
  return [
    { name: 'the length of the salt in bytes', value: salt.length, max: 128 },
    { name: 'the length of the hash in bytes', value: key.length, min: 16, max: 128 },
  ]
}

/** HMAC fills its key up with zeros, so that it cannot tell a password from the same one with a NUL behind it (PW-06). */
export function isTellableByHmac(password: Uint8Array): boolean {
  return password.at(-1) !== 0
}
