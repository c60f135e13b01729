import { readFile } from 'node:fs/promises'
import { createSecureContext } from 'node:tls'
import type pg from 'pg'
import { type Pooler, readPostgresUrl, type TlsSettings, tlsOf } from './postgres-url.ts'

/** What reaches the database, and how. */
export interface ConnectionOptions {
  /** `postgres://USER:PASSWORD@HOST:PORT/NAME`, with the few parameters that `readPostgresUrl` takes. */
  readonly url: string
  /** Goes before what the URL says of TLS. */
  readonly tls?: TlsSettings
  /** What stands between this program and the server. Default: nothing. */
  readonly pooler?: Pooler
}

/** A connection that can be made. */
export interface PostgresConnection {
  readonly config: pg.ClientConfig
  /** Whether a pooler gives each transaction another connection. */
  readonly isPooled: boolean
  /** The value of `synchronous_commit` that all of them keep; `undefined` leaves it to the server. */
  readonly commit?: string | undefined
}

/** What is needed to connect. Reads the files with certificates. Throws a sentence that names what is wrong, without any value of the URL. */
export async function connectionOf({ url, tls, pooler }: ConnectionOptions): Promise<PostgresConnection> {
  const address = readPostgresUrl(url)
  if ('problem' in address) throw new Error(`The URL of the database cannot be used: ${address.problem}`)
  const { host, port, user, password, database } = address
  const config = {
    ...(host !== undefined && { host }),
    ...(port !== undefined && { port }),
    ...(user !== undefined && { user }),
    ...(password !== undefined && { password }),
    ...(database !== undefined && { database }),
    ...(address.sessionOptions !== undefined && { options: address.sessionOptions }),
    application_name: address.applicationName ?? 'postern',
    enableChannelBinding: address.bindsChannel,
    // Always said, so that no variable of the environment says otherwise.
    ssl: await secured(tlsOf(address, tls)),
    keepAlive: true,
  }
  return { config, isPooled: address.isPooled || pooler === 'transaction' }
}

/**
 * `verify-ca` and `verify-full` mean what they mean in libpq (https://www.postgresql.org/docs/current/libpq-ssl.html#LIBPQ-SSL-PROTECTION). Where TLS is asked for and the server does not
 * speak it, the driver does not connect.
 */
async function secured(tls: ReturnType<typeof tlsOf>): Promise<NonNullable<pg.ClientConfig['ssl']>> {
  if (tls.mode === 'disable') return false
  if (tls.mode === 'verify-ca' && tls.caFile === undefined) {
    throw new Error('databaseTlsMode: verify-ca needs databaseTlsCaFile, since public authorities vouch for anybody. Or set verify-full.')
  }
  const [ca, cert, key] = await Promise.all([
    pem('databaseTlsCaFile', tls.caFile),
    pem('databaseTlsCertFile', tls.certFile),
    pem('databaseTlsKeyFile', tls.keyFile),
  ])
  const material = { ...(ca && { ca }), ...(cert && { cert }), ...(key && { key }) }
  try {
    createSecureContext(material)
  } catch {
    throw new Error(
      'databaseTlsCaFile, databaseTlsCertFile, databaseTlsKeyFile: these are not certificates and a key in PEM that fit together',
    )
  }
  return {
    ...material,
    rejectUnauthorized: tls.mode !== 'no-verify',
    ...(tls.mode === 'verify-ca' && { checkServerIdentity: () => undefined }),
  }
}

async function pem(option: string, file: string | undefined): Promise<string | undefined> {
  if (file === undefined) return undefined
  try {
    return await readFile(file, 'utf8')
  } catch (error) {
    const { code = 'unknown' } = error as NodeJS.ErrnoException
    throw new Error(`${option} (${file}): the file cannot be read (${code})`, { cause: error })
  }
}
