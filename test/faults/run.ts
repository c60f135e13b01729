import { parseArgs } from 'node:util'
import { startPostgres, type TestPostgres } from '../postgres.ts'
import { NotRun, type Outcome, type Plan, type Scenario } from './scenario.ts'
import { scenarios } from './scenarios.ts'

/**
 * Causes faults around servers that run as their users run them, and checks what must hold (security bar, section 2). Ends with 0 when all of it did; under CI a
 * scenario that this machine cannot run fails too.
 *
 *     npm run faults                             all of them, as long as it takes
 *     npm run faults -- --short                  those that check every change, a few rounds each
 *     npm run faults -- F1 F2 --rounds 200       some of them
 *     npm run faults -- F1 --kill-after 300-1500 milliseconds from ready to the kill; 0-3000 if absent
 *     npm run faults -- --database postgres      those of one database
 */
async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      short: { type: 'boolean', default: false },
      rounds: { type: 'string' },
      database: { type: 'string' },
      'kill-after': { type: 'string' },
    },
  })
  const chosen = choose(positionals, { isShort: values.short, database: values.database })
  const postgres = sharedPostgres()
  const plan: Plan = {
    isShort: values.short,
    rounds: values.rounds === undefined ? undefined : wholeNumber(values.rounds),
    killAfter: killAfter(values['kill-after'] ?? (values.short ? '300-1500' : '0-3000')),
    allowance: values.short ? 3 : 1,
    postgres: postgres.get,
  }
  const began = performance.now()
  try {
    const results = await runLanes(chosen, plan)
    const seconds = (performance.now() - began) / 1000
    return report(
      results.toSorted((a, b) => chosen.indexOf(a.scenario) - chosen.indexOf(b.scenario)),
      seconds,
    )
  } finally {
    await postgres.stop()
  }
}

function choose(names: readonly string[], { isShort, database }: { isShort: boolean; database: string | undefined }): readonly Scenario[] {
  const unknown = names.filter((name) => !scenarios.some(({ id }) => id === name))
  if (unknown.length > 0) throw new Error(`No such scenario: ${unknown.join(', ')}. There are ${scenarios.map(({ id }) => id).join(', ')}`)
  return scenarios.filter(
    (scenario) =>
      (names.length > 0 ? names.includes(scenario.id) : !isShort || scenario.isInShort) &&
      (database === undefined || scenario.database === database),
  )
}

function killAfter(text: string): Plan['killAfter'] {
  const [least = '', most = ''] = text.split('-')
  return { leastMilliseconds: wholeNumber(least), mostMilliseconds: wholeNumber(most) }
}

function wholeNumber(text: string): number {
  if (!/^\d+$/.test(text)) throw new Error(`"${text}" is not a whole number`)
  return Number(text)
}

/** One server for all scenarios that do not need one of their own. */
function sharedPostgres(): { get(): Promise<TestPostgres>; stop(): Promise<void> } {
  let started: Promise<TestPostgres> | undefined
  const start = async () => {
    const server = await startPostgres({ isDurable: true, settings: { max_connections: 80 } })
    if ('reason' in server) throw new NotRun(server.reason)
    return server
  }
  return {
    get() {
      started ??= start()
      return started
    },
    async stop() {
      const server = await started?.catch(() => undefined)
      await server?.stop()
    },
  }
}

interface Result {
  readonly scenario: Scenario
  readonly outcome: Outcome
  readonly notRun: string | undefined
  readonly seconds: number
}

/** In the short form those of the two databases run side by side: most of what they do is wait. What uses PostgreSQL at all is in one lane, since others break it there. */
async function runLanes(chosen: readonly Scenario[], plan: Plan): Promise<readonly Result[]> {
  const others = chosen.filter(({ database, isAlsoOnPostgres }) => database === 'postgres' || isAlsoOnPostgres)
  const embedded = chosen.filter((one) => !others.includes(one))
  if (!plan.isShort) return runEach(chosen, plan)
  return (await Promise.all([runEach(embedded, plan), runEach(others, plan)])).flat()
}

async function runEach(chosen: readonly Scenario[], plan: Plan): Promise<readonly Result[]> {
  const results: Result[] = []
  for (const scenario of chosen) {
    const result = await runOne(scenario, plan)
    process.stdout.write(`${headingOf(result)}\n`)
    results.push(result)
  }
  return results
}

async function runOne(scenario: Scenario, plan: Plan): Promise<Result> {
  const began = performance.now()
  const ended = (outcome: Outcome, notRun?: string) => ({ scenario, outcome, notRun, seconds: (performance.now() - began) / 1000 })
  try {
    return ended(await scenario.run(plan))
  } catch (error) {
    if (error instanceof NotRun) return ended({ figures: [], broken: [] }, error.message)
    const text = error instanceof Error ? (error.stack ?? error.message) : String(error)
    return ended({ figures: [], broken: [`the scenario ended early: ${text}`] })
  }
}

function headingOf({ scenario, outcome, notRun, seconds }: Result): string {
  const state = notRun === undefined ? (outcome.broken.length > 0 ? 'BROKEN' : 'held') : `NOT RUN: ${notRun}`
  return `${scenario.id} ${scenario.title} (${seconds.toFixed(1)} s): ${state}`
}

function textOf(result: Result): readonly string[] {
  const { outcome } = result
  return [
    headingOf(result),
    ...(outcome.figures.length > 0 ? [`    ${outcome.figures.map(([name, value]) => `${name} ${value}`).join(' · ')}`] : []),
    ...outcome.broken.map((sentence) => `    BROKEN ${sentence}`),
  ]
}

function report(results: readonly Result[], seconds: number): number {
  const broken = results.filter(({ outcome }) => outcome.broken.length > 0)
  const absent = results.filter(({ notRun }) => notRun !== undefined)
  const isFailed = broken.length > 0 || results.length === 0 || (absent.length > 0 && process.env.CI === 'true')
  const lines = [
    '',
    ...results.flatMap(textOf),
    `faults: ${results.length - broken.length - absent.length} held, ${broken.length} broken, ${absent.length} not run, in ${seconds.toFixed(0)} s`,
  ]
  process.stdout.write(`${lines.join('\n')}\n`)
  return isFailed ? 1 : 0
}

process.exitCode = await main()
