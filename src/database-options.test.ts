import assert from 'node:assert/strict'
import { resolve } from 'node:path'
import { test } from 'node:test'
import { storageOptions } from './database-options.ts'
import { OptionsProblem, parseOptions } from './options.ts'
import { readPostgresUrl } from './storage/postgres-url.ts'

const parse = (file: object) => parseOptions({ flags: {}, environment: {}, file })

function problemsOf(file: object): readonly string[] {
  try {
    parse(file)
  } catch (error) {
    if (error instanceof OptionsProblem) return error.problems
    throw error
  }
  return []
}

const url = 'postgres://ada:canary@db.example/postern'

test('RL-04: by default a request ends in 3 s, and waits 2 s for a connection at most', () => {
  const { poolSize, connectMilliseconds, deadlineMilliseconds, lockMilliseconds, idleTransactionMilliseconds } = storageOptions(parse({}))
  assert.deepEqual(
    { poolSize, connectMilliseconds, deadlineMilliseconds, lockMilliseconds, idleTransactionMilliseconds },
    { poolSize: 10, connectMilliseconds: 2_000, deadlineMilliseconds: 2_800, lockMilliseconds: 2_000, idleTransactionMilliseconds: 5_600 },
  )
})

test('the database: flags, variables and the file say the same', () => {
  const fromFlags = parseOptions({ flags: { databasePoolSize: '40', databaseTlsCaFile: 'ca.pem' }, environment: {}, file: undefined })
  const environment = { POSTERN_DATABASE_POOL_SIZE: '40', POSTERN_DATABASE_TLS_CA_FILE: 'ca.pem' }
  const fromEnvironment = parseOptions({ flags: {}, environment, file: undefined })
  assert.deepEqual(fromFlags, fromEnvironment)
  assert.deepEqual(fromFlags, parse({ databasePoolSize: 40, databaseTlsCaFile: 'ca.pem' }))
  assert.equal(storageOptions(fromFlags).poolSize, 40)
  assert.equal(storageOptions(fromFlags).tls?.caFile, resolve('ca.pem'))
})

for (const [name, file, problems] of [
  ['nothing', {}, []],
  ['no connection', { databasePoolSize: 0 }, [/^databasePoolSize \(configuration file\): it cannot be used/]],
  ['too many connections', { databasePoolSize: 201 }, [/^databasePoolSize/]],
  ['half a millisecond', { databaseLockMilliseconds: 200.5 }, [/^databaseLockMilliseconds.*from 100 to 60000/]],
  ['no end', { databaseDeadlineMilliseconds: 0 }, [/^databaseDeadlineMilliseconds.*from 500 to 60000/]],
  [
    'a short deadline',
    { databaseDeadlineMilliseconds: 1_000 },
    [/^databaseConnectMilliseconds \(default\): it is over databaseDeadline/, /^databaseLockMilliseconds \(default\): it must be under/],
  ],
  ['all of it shorter', { databaseDeadlineMilliseconds: 1_000, databaseConnectMilliseconds: 500, databaseLockMilliseconds: 700 }, []],
  ['a long deadline', { databaseDeadlineMilliseconds: 6_000 }, [/^databaseIdleTransactionMilliseconds \(default\)/]],
  ['a mode that may go on without TLS', { databaseTlsMode: 'prefer' }, [/^databaseTlsMode.*verify-full/]],
  ['files without TLS', { databaseTlsMode: 'disable', databaseTlsCaFile: 'ca.pem' }, [/^databaseTlsCaFile.*of no use/]],
  ['verify-ca without an authority', { databaseTlsMode: 'verify-ca' }, [/^databaseTlsMode.*needs databaseTlsCaFile/]],
  ['half a certificate', { databaseTlsCertFile: 'a.pem' }, [/^databaseTlsCertFile.*needs databaseTlsKeyFile/]],
  ['half a key', { databaseTlsKeyFile: 'a.key' }, [/^databaseTlsKeyFile.*needs databaseTlsCertFile/]],
  ['TLS in the URL', { database: `${url}?sslmode=require` }, []],
  ['TLS in two places', { database: `${url}?sslmode=require`, databaseTlsMode: 'disable' }, [/^database .*Say it in one place/]],
  ['verify-ca in the URL', { database: `${url}?sslmode=verify-ca` }, [/^database .*needs sslrootcert/]],
  ['a setting of the driver', { database: `${url}?query_timeout=0` }, [/^database .*parameter query_timeout is not taken/]],
  ['an sslmode that may go on without TLS', { database: `${url}?sslmode=prefer` }, [/^database .*its sslmode cannot be used/]],
  ['several hosts', { database: 'postgres://ada:canary@one,two/postern' }, [/^database .*several hosts/]],
  ['a bad escape', { database: 'postgres://ada:canary%zz@one/postern' }, [/^database .*%25/]],
  ['settings through a pooler', { database: `${url}?options=-c%20jit%3Doff`, databasePooler: 'transaction' }, [/^database .*of no use/]],
  ['the pooling of a session', { databasePooler: 'session' }, [/^databasePooler.*none or transaction/]],
] as const) {
  test(`the database: ${name}`, () => {
    const found = problemsOf(file)
    assert.equal(found.length, problems.length, found.join('\n'))
    for (const [index, pattern] of problems.entries()) assert.match(found[index] ?? '', pattern)
    assert.doesNotMatch(found.join('\n'), /canary/, 'CR-02: no value is told')
  })
}

for (const [text, expected] of [
  ['postgres://a%40b:p%2Fq@[::1]:5433/my%20base', { host: '::1', port: 5433, user: 'a@b', password: 'p/q', database: 'my base' }],
  ['postgres:///base?host=%2Frun%2Fpostgresql', { host: '/run/postgresql', port: undefined, user: undefined, database: 'base' }],
  ['postgresql://%2Frun%2Fpostgresql/base', { host: '/run/postgresql', database: 'base' }],
  [
    'postgres://h/b?sslmode=verify-full&sslrootcert=system',
    { tls: { mode: 'verify-full', caFile: undefined, certFile: undefined, keyFile: undefined } },
  ],
] as const) {
  test(`the database: ${text} is read`, () => {
    const address = readPostgresUrl(text)
    assert.ok(!('problem' in address))
    assert.deepEqual({ ...address, ...expected }, address)
  })
}
