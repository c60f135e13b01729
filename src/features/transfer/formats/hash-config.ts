import { z } from 'zod'

/** The parameters of a Firebase project's hashes. Key and separator in standard base64. */
export interface FirebaseHashConfig {
  readonly signerKey: string
  readonly saltSeparator: string
  readonly rounds: number
  /** Logarithm of the cost. */
  readonly memory: number
}

const base64 = z.string().regex(/^[A-Za-z0-9+/_-]+={0,2}$/)

const Config = z.object({
  algorithm: z.literal('SCRYPT').optional(),
  base64_signer_key: base64,
  base64_salt_separator: base64,
  rounds: z.coerce.number().int(),
  mem_cost: z.coerce.number().int(),
})

/**
 * Reads the parameters as the Firebase console shows them, `hash_config { algorithm: SCRYPT, ... }` (https://firebase.google.com/docs/cli/auth), or as a JSON object
 * with the same names. `undefined` when they are of another form. Bounds are those of the hash itself.
 */
export function readFirebaseHashConfig(text: unknown): FirebaseHashConfig | undefined {
  const read = Config.safeParse(typeof text === 'string' ? membersOf(text) : text)
  if (!read.success) return undefined
  const { base64_signer_key, base64_salt_separator, rounds, mem_cost } = read.data
  return { signerKey: standard(base64_signer_key), saltSeparator: standard(base64_salt_separator), rounds, memory: mem_cost }
}

function membersOf(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    const lines = [...text.slice(0, 10_000).matchAll(/^\s*([a-z0-9_]+)\s*:\s*"?([^\s",]+)"?,?\s*$/gm)]
    return Object.fromEntries(lines.map(([, name = '', value]) => [name, value]))
  }
}

/** Firebase writes base64 in both alphabets. */
export function standard(base64: string): string {
  return Buffer.from(base64, 'base64').toString('base64')
}
