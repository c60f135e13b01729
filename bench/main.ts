/**
 * `npm run bench`: measures the server against the limits of its parts, in one run, and prints ratios beside what they were made of. Ends with 1 when an answer was wrong or a
 * process died, and with `--strict` when a target was missed; `--short` takes under a minute; `--json` prints JSON on standard output; `--only a,b` picks measures.
 */
import { availableParallelism, cpus } from 'node:os'
import { parseArgs } from 'node:util'
import { startPostgres, type TestPostgres } from '../test/postgres.ts'
import { createDatabase } from '../test/server-process.ts'
import { type Bench, type Subject, startLoad } from './bench.ts'
import { startHelper } from './child.ts'
import { measureBackup } from './measures/backup.ts'
import { measureFlood } from './measures/flood.ts'
import { measureGrowth } from './measures/growth.ts'
import { measureImport } from './measures/import.ts'
import { measureLight } from './measures/light.ts'
import { measureMillion } from './measures/million.ts'
import { measureRefresh } from './measures/refresh.ts'
import { measureRising } from './measures/rising.ts'
import { measureScale } from './measures/scale.ts'
import { measureSearch } from './measures/search.ts'
import { bareRate, measureSignIn, signInUsers } from './measures/sign-in.ts'
import { measureStart } from './measures/start.ts'
import { measureStatements } from './measures/statements.ts'
import { measureTiming, usersPerClass } from './measures/timing.ts'
import { createReport, lineOf } from './report.ts'
import { seedUsers, sharedHash, vacuum } from './seed.ts'
import { install, serve } from './servers.ts'

const { values: flags } = parseArgs({
  options: {
    short: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
    strict: { type: 'boolean', default: false },
    only: { type: 'string', default: '' },
  },
})

const say = (line: string) => void (flags.json ? process.stderr : process.stdout).write(`${line}\n`)

/** What has to be undone, last first. */
const cleanups: (() => Promise<unknown>)[] = []

/** Makes data, with seeded users, and a server on it. */
async function startSubject(database: Subject['database'], url?: string): Promise<Subject> {
  const installation = await install(url ? { database: url } : {})
  cleanups.push(installation.remove)
  const auth = await installation.open()
  const hash = await sharedHash()
  const { projectId, rotatingProjectId } = installation
  const count = Math.max(signInUsers, usersPerClass({ isShort: flags.short }))
  await seedUsers(auth.deps, { projectId, kind: 'known', count, hash })
  await seedUsers(auth.deps, { projectId, kind: 'plain', count })
  await seedUsers(auth.deps, { projectId: rotatingProjectId, kind: 'known', count: signInUsers, hash })
  await auth.close()
  if (url) await vacuum(url)
  const served = await serve({ installation, isProbed: true })
  cleanups.push(served.stop)
  return { database, installation, served }
}

async function run(): Promise<number> {
  const load = startLoad()
  // As many threads as the program gives itself.
  process.env.UV_THREADPOOL_SIZE ??= String(availableParallelism() + 4)
  const bare = startHelper('bare.ts')
  cleanups.push(
    async () => load.stop(),
    async () => bare.stop(),
  )
  const postgres = await startPostgres({ isDurable: true })
  const postgresUrl = 'url' in postgres ? postgres.url : undefined
  if ('stop' in postgres) cleanups.push(postgres.stop)
  const subjects = [await startSubject('sqlite')]
  if (postgresUrl) subjects.push(await startSubject('postgres', (await createDatabase(postgresUrl)).url))

  const report = createReport((figure) => say(lineOf(figure)))
  const bench: Bench = { isShort: flags.short, report, subjects, load: load.load, bare }
  const machine = `${availableParallelism()} cores (${cpus()[0]?.model.trim() ?? 'unknown'}), Node.js ${process.versions.node}`
  say(`${machine}, ${'version' in postgres ? `PostgreSQL ${postgres.version}` : `no PostgreSQL (${postgres.reason})`}`)
  say('The load generator runs on the same cores as the server and takes its share of them.\n')
  await measureAll(bench, 'url' in postgres ? postgres : undefined)
  for (const { served, database } of subjects) if (!served.isAlive()) report.fail(`The server on ${database} died`)
  return finish(bench, machine)
}

async function measureAll(bench: Bench, postgres: TestPostgres | undefined): Promise<void> {
  const postgresUrl = postgres?.url
  const chosen = flags.only === '' ? undefined : new Set(flags.only.split(','))
  const wants = (name: string) => chosen?.has(name) ?? true
  const capacity = wants('sign-in') ? await measureSignIn(bench) : (await bareRate(bench, 'signIn', 1500)).perSecond
  if (wants('refresh')) await measureRefresh(bench)
  if (wants('light')) await measureLight(bench)
  if (wants('timing')) await measureTiming(bench, capacity)
  if (wants('flood')) await measureFlood(bench, capacity)
  if (wants('start')) await measureStart(bench)
  if (wants('statements')) await measureStatements(bench)
  if (wants('import')) await measureImport(bench, postgres)
  if (wants('backup')) await measureBackup(bench, postgres)
  if (wants('growth') && !bench.isShort) await measureGrowth(bench, postgresUrl)
  if (wants('scale') && !bench.isShort) await measureScale(bench, postgresUrl)
  if (wants('rising') && !bench.isShort) await measureRising(bench)
  // A million users take a while to seed, so only for whoever asks.
  if (chosen?.has('million')) await measureMillion(bench, postgresUrl)
  if (chosen?.has('search')) await measureSearch(bench, postgresUrl)
}

function finish({ report }: Bench, machine: string): number {
  const missed = report.figures.filter(({ target }) => target && !target.isMet)
  const withTarget = report.figures.filter(({ target }) => target)
  say(`\n${withTarget.length - missed.length} of ${withTarget.length} targets met, ${report.errors.length} errors`)
  for (const error of report.errors) say(`ERROR ${error}`)
  if (flags.json) process.stdout.write(`${JSON.stringify({ machine, figures: report.figures, errors: report.errors }, undefined, 2)}\n`)
  return report.errors.length > 0 || (flags.strict && missed.length > 0) ? 1 : 0
}

async function cleanUp(): Promise<void> {
  for (let cleanup = cleanups.pop(); cleanup; cleanup = cleanups.pop()) await cleanup()
}

async function interrupted(): Promise<void> {
  await cleanUp()
  process.exit(1)
}

process.on('SIGINT', () => void interrupted()).on('SIGTERM', () => void interrupted())
try {
  process.exitCode = await run()
} finally {
  await cleanUp()
}
