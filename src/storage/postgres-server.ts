import { type Kysely, sql } from 'kysely'
import type { PostgresOptions } from './postgres-options.ts'
import type { Tables } from './tables.ts'

/** What a server says of itself, in the words of its settings. */
export interface PostgresServer {
  /** As `15.18`, or what a server that is no PostgreSQL but speaks its protocol calls itself. */
  readonly version: string
  readonly versionNumber: number
  readonly isPostgres: boolean
  /** `on`, `remote_apply`, `remote_write`, `local` or `off`. */
  readonly synchronousCommit: string
  /** Off, a crash of the machine can lose everything; `on` where the server does not tell. */
  readonly fsync: string
}

const oldest = { number: 140_000, name: '14' }

/** Asks in one query, on one connection; settings may differ per role and database, and this has ours. */
export async function readServer(db: Kysely<Tables>): Promise<PostgresServer> {
  const setting = (name: string) => sql<string | null>`current_setting(${sql.lit(name)}, true)`
  const { rows } = await sql<{ described: string; version: string; number: string; commit: string | null; fsync: string | null }>`
    select version() as described, ${setting('server_version')} as version, ${setting('server_version_num')} as number,
      ${setting('synchronous_commit')} as commit, ${setting('fsync')} as fsync`.execute(db)
  const [row] = rows
  if (!row) throw new Error('The server did not say which one it is')
  const isPostgres = row.described.startsWith('PostgreSQL')
  return {
    version: isPostgres ? row.version : row.described.slice(0, 100),
    versionNumber: Number(row.number),
    isPostgres,
    synchronousCommit: row.commit ?? 'on',
    fsync: row.fsync ?? 'on',
  }
}

/**
 * Throws for a server that cannot be used: one older than PostgreSQL 14, and one that acknowledges a commit before it is on disk (RL-02), unless that is allowed. `local` and
 * `remote_write` are on the disk of the server itself, and what a standby has is for its operator to decide.
 */
export function assertUsable(server: PostgresServer, { allowsAsynchronousCommit = false, onUnsafeSetting }: PostgresOptions): void {
  if (server.isPostgres && server.versionNumber < oldest.number) {
    throw new Error(`The database is PostgreSQL ${server.version}, but Postern needs ${oldest.name} or newer`)
  }
  if (server.synchronousCommit === 'off' && !allowsAsynchronousCommit) {
    throw new Error(
      'PostgreSQL has synchronous_commit off, so that an acknowledged write can be lost. Switch it on for this database and this role, or set allowAsynchronousCommit.',
    )
  }
  if (server.synchronousCommit === 'off') onUnsafeSetting?.('synchronous_commit')
  if (server.fsync === 'off') onUnsafeSetting?.('fsync')
}

/**
 * The setting that every connection keeps as it was found, so that somebody who changes it later, for the role, the database or the server, does not change what was checked; `undefined` where
 * it is off, which whoever allows it may switch on at any time.
 */
export function commitToKeep({ synchronousCommit }: PostgresServer): string | undefined {
  return ['on', 'remote_apply', 'remote_write', 'local'].find((value) => value === synchronousCommit)
}

/** Reasons why a first connection fails, and what to do. */
const remedies: readonly (readonly [RegExp, string])[] = [
  [/unsupported startup parameter/, 'A pooler is in between: set databasePooler to transaction.'],
  [/does not support SSL/, 'The server speaks no TLS: switch it on there (ssl = on). Postern does not go on without it.'],
  [/ALTNAME_INVALID/, 'The certificate is for another name: give the name that it was made for in the URL.'],
  [/CERT|VERIFY|SELF_SIGNED/, 'The server is not proven: give the certificate of its authority as databaseTlsCaFile.'],
  [/pg_hba\.conf.*no encryption|SSL off/, 'The server wants TLS: set databaseTlsMode to verify-full.'],
]

/** A sentence to go behind the reason of a failure; empty when nothing is known. */
export function remedyOf(reason: string): string {
  const known = remedies.find(([pattern]) => pattern.test(reason))
  return known ? `. ${known[1]}` : ''
}
