import { z } from 'zod'
import { fromBase64, toPhcBase64 } from './encodings.ts'

/** Longest credential that is looked at; Keycloak's have some 400 characters. */
const maxCharacters = 4096

/** A part that Keycloak keeps as text within the JSON, and that other tools unfold. */
function Part<S extends z.ZodType>(schema: S) {
  return z.preprocess((value) => (typeof value === 'string' ? parsedJson(value) : value), schema)
}

const Credential = z.object({
  secretData: Part(z.object({ value: z.string(), salt: z.string() })),
  credentialData: Part(
    z.object({
      hashIterations: z.int(),
      algorithm: z.string(),
      additionalParameters: z.record(z.string(), z.array(z.string())).default({}),
    }),
  ),
})

const pbkdf2Names: Readonly<Record<string, string>> = {
  pbkdf2: 'pbkdf2-sha1',
  'pbkdf2-sha256': 'pbkdf2-sha256',
  'pbkdf2-sha512': 'pbkdf2-sha512',
}
const argon2Versions: Readonly<Record<string, string>> = { '1.0': '16', '1.3': '19' }

/** The PHC string of a Keycloak password credential in JSON, as its exports hold it; `undefined` for anything else. What it says is not checked yet. */
export function phcOfKeycloak(text: string): string | undefined {
  if (text.length > maxCharacters) return undefined
  const read = Credential.safeParse(parsedJson(text))
  if (!read.success) return undefined
  const { secretData, credentialData } = read.data
  const [salt, key] = [fromBase64(secretData.salt), fromBase64(secretData.value)]
  if (!salt || !key) return undefined
  const { algorithm, hashIterations, additionalParameters } = credentialData
  const tail = `${toPhcBase64(salt)}$${toPhcBase64(key)}`
  const name = Object.hasOwn(pbkdf2Names, algorithm) ? pbkdf2Names[algorithm] : undefined
  if (name) return `$${name}$i=${hashIterations}$${tail}`
  if (algorithm !== 'argon2') return undefined
  const of = (parameter: string, otherwise: string) => additionalParameters[parameter]?.[0] ?? otherwise
  const version = argon2Versions[of('version', '1.3')]
  return `$argon2${of('type', 'id')}$v=${version}$m=${of('memory', '7168')},t=${hashIterations},p=${of('parallelism', '1')}$${tail}`
}

function parsedJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
