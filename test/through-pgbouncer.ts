import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync } from 'node:fs'
import { makePostgresTemplate } from './databases.ts'
import { startPgBouncer } from './pgbouncer.ts'
import { startPostgres } from './postgres.ts'

/**
 * `npm run pgbouncer`: the contract of the storage, and what users do, through PgBouncer in transaction mode before a PostgreSQL server, both of which it starts and stops. Arguments replace the files.
 * Where there is no PgBouncer it says so, and fails in CI.
 */

/** Of the contract, what is about other things than the port: other databases, what no pooler passes on, how much a pooler adds. */
const elsewhere = new Set(
  ['sqlite', 'postgres', 'postgres-tls', 'changes', 'conflicts', 'pipelines', 'search-plans', 'plans'].map((name) => `${name}.test.ts`),
)

const contract = readdirSync(new URL('storage-contract/', import.meta.url)).filter(
  (name) => name.endsWith('.test.ts') && !elsewhere.has(name),
)

const files = [
  'test/pgbouncer.test.ts',
  ...contract.map((name) => `test/storage-contract/${name}`),
  'src/features/password/password.test.ts',
  'src/features/password/reset.test.ts',
  'src/features/session/session.test.ts',
]

/** Why it cannot be tested here; `undefined` when it was. */
async function main(): Promise<{ readonly reason: string } | { readonly code: number }> {
  const postgres = await startPostgres()
  if ('reason' in postgres) return postgres
  try {
    await makePostgresTemplate(postgres.url)
    const pgbouncer = await startPgBouncer(postgres.url)
    if ('reason' in pgbouncer) return pgbouncer
    try {
      const code = await runTests({
        POSTERN_TEST_POSTGRES_URL: pgbouncer.url,
        POSTERN_TEST_DIRECT_URL: postgres.url,
        POSTERN_TEST_DATABASES: 'postgres',
        POSTERN_TEST_UNHURRIED: 'true',
      })
      process.stdout.write(`PgBouncer ${pgbouncer.version} in transaction mode, postgres ${postgres.version}\n`)
      return { code }
    } finally {
      await pgbouncer.stop()
    }
  } finally {
    await postgres.stop()
  }
}

async function runTests(environment: Readonly<Record<string, string>>): Promise<number> {
  const given = process.argv.slice(2)
  const words = [
    '--test',
    '--test-concurrency=2',
    '--test-reporter=dot',
    '--test-timeout=60000',
    '--test-skip-pattern=by its indexes',
    ...(given.length > 0 ? given : files),
  ]
  const runner = spawn(process.execPath, words, { stdio: 'inherit', env: { ...process.env, ...environment } })
  const interrupt = () => runner.kill('SIGTERM')
  process.on('SIGINT', interrupt).on('SIGTERM', interrupt)
  const [code] = await once(runner, 'exit')
  return typeof code === 'number' ? code : 1
}

const outcome = await main()
if ('reason' in outcome) process.stdout.write(`NOT TESTED through PgBouncer: ${outcome.reason}\n`)
process.exitCode = 'code' in outcome ? outcome.code : Number(process.env.CI === 'true')
