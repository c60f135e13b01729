import { resolve } from 'node:path'
import type { Fields } from './option-fields.ts'
import type { OpenOptions } from './storage/open.ts'
import { readPostgresUrl, tlsOf } from './storage/postgres-url.ts'

/** A problem of options together: the option that it is told of, and the sentence. */
type Together = readonly [name: keyof Fields, sentence: string]

const isPostgres = (database: string | undefined): database is string => /^postgres(ql)?:/.test(database ?? '')

/** What the options about the database say together. Looks at those that could be parsed. */
export function databaseProblems(fields: Partial<Fields>): readonly Together[] {
  const { databaseConnectMilliseconds: connect = 0, databaseLockMilliseconds: lock = 0 } = fields
  const { databaseDeadlineMilliseconds: deadline, databaseIdleTransactionMilliseconds: idle = Number.POSITIVE_INFINITY } = fields
  const { databaseTlsMode, databaseTlsCertFile, databaseTlsKeyFile } = fields
  const files = ['databaseTlsCaFile', 'databaseTlsCertFile', 'databaseTlsKeyFile'] as const
  const file = files.find((name) => fields[name] !== undefined)
  const found: readonly (readonly [boolean, Together])[] = [
    ...(deadline === undefined ? [] : timeProblems({ connect, lock, idle, deadline })),
    [databaseTlsMode === 'disable' && file !== undefined, [file ?? 'databaseTlsCaFile', 'it is of no use with databaseTlsMode disable.']],
    [
      databaseTlsMode === 'verify-ca' && fields.databaseTlsCaFile === undefined,
      ['databaseTlsMode', 'verify-ca needs databaseTlsCaFile, since public authorities vouch for anybody. Or set verify-full.'],
    ],
    [databaseTlsCertFile !== undefined && databaseTlsKeyFile === undefined, ['databaseTlsCertFile', 'it needs databaseTlsKeyFile.']],
    [databaseTlsKeyFile !== undefined && databaseTlsCertFile === undefined, ['databaseTlsKeyFile', 'it needs databaseTlsCertFile.']],
  ]
  return [...found.filter(([isSo]) => isSo).map(([, problem]) => problem), ...urlProblems(fields)]
}

function timeProblems(time: Readonly<Record<'connect' | 'lock' | 'idle' | 'deadline', number>>): readonly (readonly [boolean, Together])[] {
  const { connect, lock, idle, deadline } = time
  return [
    [connect > deadline, ['databaseConnectMilliseconds', 'it is over databaseDeadlineMilliseconds, of which it is a part.']],
    [lock >= deadline, ['databaseLockMilliseconds', 'it must be under databaseDeadlineMilliseconds, which ends the wait otherwise.']],
    [
      idle < deadline,
      ['databaseIdleTransactionMilliseconds', 'it is under databaseDeadlineMilliseconds, and would end what is still in time.'],
    ],
  ]
}

function urlProblems({ database, ...fields }: Partial<Fields>): readonly Together[] {
  if (!isPostgres(database)) return []
  const address = readPostgresUrl(database)
  if ('problem' in address) return [['database', address.problem]]
  const { tls, sessionOptions, isPooled } = address
  const { databaseTlsMode, databaseTlsCaFile, databaseTlsCertFile, databaseTlsKeyFile, databasePooler } = fields
  const isSaidTwice =
    [databaseTlsMode, databaseTlsCaFile, databaseTlsCertFile, databaseTlsKeyFile].some((value) => value !== undefined) &&
    Object.values(tls).some((value) => value !== undefined)
  const lacksCa = tls.mode === 'verify-ca' && tls.caFile === undefined
  return [
    ...(isSaidTwice
      ? ([['database', 'it has parameters about TLS, and there are options databaseTls… as well. Say it in one place.']] as const)
      : []),
    ...(lacksCa && !isSaidTwice
      ? ([
          ['database', 'its sslmode=verify-ca needs sslrootcert, since public authorities vouch for anybody. Or say verify-full.'],
        ] as const)
      : []),
    ...(sessionOptions !== undefined && (isPooled || databasePooler === 'transaction')
      ? ([
          ['database', 'its parameter options is of no use behind a pooler in transaction mode. Set it for the role in the database.'],
        ] as const)
      : []),
  ]
}

/** The options of the database, as `openStorage` takes them. */
export function storageOptions(fields: Fields & { readonly database: string }): OpenOptions {
  return {
    database: fields.database,
    poolSize: fields.databasePoolSize,
    connectMilliseconds: fields.databaseConnectMilliseconds,
    deadlineMilliseconds: fields.databaseDeadlineMilliseconds,
    lockMilliseconds: fields.databaseLockMilliseconds,
    idleTransactionMilliseconds: fields.databaseIdleTransactionMilliseconds,
    tls: {
      mode: fields.databaseTlsMode,
      caFile: fields.databaseTlsCaFile,
      certFile: fields.databaseTlsCertFile,
      keyFile: fields.databaseTlsKeyFile,
    },
    pooler: fields.databasePooler,
    allowsAsynchronousCommit: fields.allowAsynchronousCommit,
  }
}

/** Files of the database's TLS with their whole paths. */
export function resolvedTlsFiles(fields: Fields): Pick<Fields, 'databaseTlsCaFile' | 'databaseTlsCertFile' | 'databaseTlsKeyFile'> {
  const whole = (path: string | undefined) => (path === undefined ? undefined : resolve(path))
  return {
    databaseTlsCaFile: whole(fields.databaseTlsCaFile),
    databaseTlsCertFile: whole(fields.databaseTlsCertFile),
    databaseTlsKeyFile: whole(fields.databaseTlsKeyFile),
  }
}

/** How the way to a PostgreSQL server beyond this machine is not protected: nobody proves the server, or nothing is encrypted; `undefined` where it is, or there is no such way. */
export function databaseExposure(fields: Fields & { readonly database: string }): 'unproven' | 'inTheClear' | undefined {
  const { tls, database } = storageOptions(fields)
  const address = isPostgres(database) ? readPostgresUrl(database) : undefined
  if (!address || 'problem' in address) return undefined
  const { host = 'localhost' } = address
  const { mode } = tlsOf(address, tls)
  if (host.startsWith('/') || host === 'localhost' || host === '::1' || /^127\./.test(host)) return undefined
  return mode === 'disable' ? 'inTheClear' : mode === 'no-verify' ? 'unproven' : undefined
}
