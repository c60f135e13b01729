/** How a connection is secured, in the words of libpq where they mean the same. */
export const tlsModes = ['disable', 'no-verify', 'require', 'verify-ca', 'verify-full'] as const
export type TlsMode = (typeof tlsModes)[number]

/** What may stand between this program and the server. */
export const poolers = ['none', 'transaction'] as const
export type Pooler = (typeof poolers)[number]

export interface TlsSettings {
  readonly mode?: TlsMode | undefined
  readonly caFile?: string | undefined
  readonly certFile?: string | undefined
  readonly keyFile?: string | undefined
}

/** What a URL of PostgreSQL says. What is absent is for the driver to know. */
export interface PostgresAddress {
  readonly host: string | undefined
  readonly port: number | undefined
  readonly user: string | undefined
  readonly password: string | undefined
  readonly database: string | undefined
  readonly applicationName: string | undefined
  /** Settings of the session, as `-c NAME=VALUE`. */
  readonly sessionOptions: string | undefined
  /** Whether the proof of the password is bound to the TLS connection where the server offers that. */
  readonly bindsChannel: boolean
  /** What `pgbouncer=true` says, a word of other programs that some services put into their URLs: a pooler in transaction mode is in between. */
  readonly isPooled: boolean
  readonly tls: TlsSettings
}

/** Why a URL cannot be used: a sentence without anything of its values. */
export interface UrlProblem {
  readonly problem: string
}

const parameters = new Set([
  'sslmode',
  'sslrootcert',
  'sslcert',
  'sslkey',
  'channel_binding',
  'host',
  'application_name',
  'options',
  'pgbouncer',
])

/**
 * Reads `postgres://USER:PASSWORD@HOST:PORT/NAME?…`. A parameter that is not known is refused, since it may be one that would switch a protection off: the driver
 * takes any setting of its own from there.
 */
export function readPostgresUrl(text: string): PostgresAddress | UrlProblem {
  if (!URL.canParse(text)) return { problem: 'it is not a URL. Percent-encode special characters of the password.' }
  const url = new URL(text)
  const given = new Map(url.searchParams)
  const unknown = [...given.keys()].find((name) => !parameters.has(name))
  if (unknown !== undefined) {
    const shown = unknown.replaceAll(/[^A-Za-z0-9_]/g, '?').slice(0, 60)
    return { problem: `its parameter ${shown} is not taken. Time-outs, the pool, a pooler and TLS have options of their own.` }
  }
  const mode = given.get('sslmode')
  if (mode !== undefined && !isTlsMode(mode)) return { problem: `its sslmode cannot be used: take one of ${tlsModes.join(', ')}.` }
  if (url.hostname.includes(',')) return { problem: 'it names several hosts. Name one, which leads to the server that takes writes.' }
  return decoded(() => addressOf(url, given, mode)) ?? { problem: 'it has a % that is not percent-encoding. Write %25 for it.' }
}

const isTlsMode = (text: string): text is TlsMode => (tlsModes as readonly string[]).includes(text)

function decoded<T>(read: () => T): T | undefined {
  try {
    return read()
  } catch (error) {
    if (error instanceof URIError) return undefined
    throw error
  }
}

function addressOf(url: URL, given: ReadonlyMap<string, string>, mode: TlsMode | undefined): PostgresAddress {
  const rootFile = given.get('sslrootcert')
  return {
    host: given.get('host') || decodeURIComponent(url.hostname.replace(/^\[(.+)\]$/, '$1')) || undefined,
    port: url.port === '' ? undefined : Number(url.port),
    user: decodeURIComponent(url.username) || undefined,
    password: decodeURIComponent(url.password) || undefined,
    database: decodeURIComponent(url.pathname.slice(1)) || undefined,
    applicationName: given.get('application_name') || undefined,
    sessionOptions: given.get('options') || undefined,
    bindsChannel: ['prefer', 'require'].includes(given.get('channel_binding') ?? ''),
    isPooled: given.get('pgbouncer') === 'true',
    tls: {
      mode,
      // `system` is libpq's word for the authorities that the machine knows.
      caFile: rootFile === 'system' ? undefined : rootFile || undefined,
      certFile: given.get('sslcert') || undefined,
      keyFile: given.get('sslkey') || undefined,
    },
  }
}

/** What is in force: the options, and what they leave open from the URL. A file of authorities without a mode asks for the whole proof. */
export function tlsOf(address: PostgresAddress, given: TlsSettings = {}): TlsSettings & { readonly mode: TlsMode } {
  const caFile = given.caFile ?? address.tls.caFile
  const certFile = given.certFile ?? address.tls.certFile
  const keyFile = given.keyFile ?? address.tls.keyFile
  const isAsked = (caFile ?? certFile ?? keyFile) !== undefined
  const mode = given.mode ?? address.tls.mode ?? (isAsked ? 'verify-full' : 'disable')
  // In libpq it proves nothing by itself, which is not what whoever writes it expects.
  return { mode: mode === 'require' ? 'verify-full' : mode, caFile, certFile, keyFile }
}
