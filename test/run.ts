import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { availableParallelism } from 'node:os'
import { missingChromium } from './browser/chromium.ts'
import { makePostgresTemplate } from './databases.ts'
import { startPostgres } from './postgres.ts'

/**
 * `npm test`: every test, on every database that this machine can run. Starts one PostgreSQL server for all of them, stops it whatever happens,
 * and ends with lines that say which databases the tests ran on, and in which browser. Arguments replace the files; those that begin with `--` go to the runner.
 */
const globs = ['src/**/*.test.ts', 'test/**/*.test.ts', 'client/**/*.test.ts', 'examples/**/*.test.ts', 'bench/**/*.test.ts']

const browserLine = missingChromium ? `browser: none, pages were NOT tested (${missingChromium})\n` : 'browser: chromium\n'

let runner: ChildProcess | undefined
let isInterrupted = false

async function main(): Promise<number> {
  const postgres = await startPostgres()
  if ('reason' in postgres) {
    if (process.env.CI === 'true') {
      process.stderr.write(`PostgreSQL is required here: ${postgres.reason}\n`)
      return 1
    }
    const code = await runTests({})
    process.stdout.write(`databases: sqlite only (${postgres.reason})\n${browserLine}`)
    return code
  }
  try {
    await makePostgresTemplate(postgres.url)
    const code = await runTests({ POSTERN_TEST_POSTGRES_URL: postgres.url })
    process.stdout.write(`databases: sqlite, postgres ${postgres.version}\n${browserLine}`)
    return code
  } finally {
    await postgres.stop()
  }
}

/** Runs the runtime's own runner and returns its exit code. */
async function runTests(environment: Record<string, string>): Promise<number> {
  if (isInterrupted) return 1
  const given = process.argv.slice(2)
  const flags = given.filter((argument) => argument.startsWith('--'))
  const files = given.filter((argument) => !argument.startsWith('--'))
  // By default the runner leaves a core free, which on two cores is half of them: files wait for databases and browsers more than they compute.
  const concurrency = `--test-concurrency=${Math.max(2, availableParallelism() - 1)}`
  const reporter = flags.some((flag) => flag.startsWith('--test-reporter')) ? [] : ['--test-reporter=spec']
  runner = spawn(process.execPath, ['--test', concurrency, ...reporter, ...flags, ...(files.length > 0 ? files : globs)], {
    stdio: 'inherit',
    env: { ...process.env, ...environment },
  })
  const [code] = await once(runner, 'exit')
  return typeof code === 'number' ? code : 1
}

function interrupt(): void {
  isInterrupted = true
  runner?.kill('SIGTERM')
}

process.on('SIGINT', interrupt).on('SIGTERM', interrupt)
process.exitCode = await main()
