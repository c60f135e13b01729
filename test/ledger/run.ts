import { randomInt } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { startPostgres } from '../postgres.ts'
import { createDatabase, type Installation, install } from '../server-process.ts'
import { type Findings, settle } from './check.ts'
import { createClient } from './client.ts'
import { inspect } from './database.ts'
import { type Account, type Ledger, type Operation, openLedger, replay } from './ledger.ts'
import { startLoad } from './load.ts'

/**
 * Kills the server while it writes, many times, and checks that nothing it acknowledged is gone (RL-01, RL-02; faults F1 and F2). Ends with 0 when nothing was lost.
 *
 *     node test/ledger/run.ts --rounds 200
 *     node test/ledger/run.ts --rounds 200 --database postgres            a PostgreSQL server of its own, with durable commits
 *     node test/ledger/run.ts --rounds 200 --database postgres://...      an empty database that is there
 *     node test/ledger/run.ts --rounds 20 --kill-after 300-1500           milliseconds from ready to the kill; 0-3000 if absent
 */

interface Figures {
  readonly done: Record<Operation, number>
  readonly refused: Map<string, number>
  readonly lost: string[]
  readonly halves: string[]
  readonly readyMilliseconds: number[]
  phantoms: number
}

interface Plan {
  readonly rounds: number
  readonly killAfter: { readonly leastMilliseconds: number; readonly mostMilliseconds: number }
}

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      rounds: { type: 'string', default: '20' },
      database: { type: 'string' },
      'kill-after': { type: 'string', default: '0-3000' },
    },
  })
  const [leastMilliseconds = 0, mostMilliseconds = 3000] = values['kill-after'].split('-').map(Number)
  const plan = { rounds: Number(values.rounds), killAfter: { leastMilliseconds, mostMilliseconds } }
  if (![plan.rounds, leastMilliseconds, mostMilliseconds].every(Number.isInteger)) throw new Error('Not a number')
  return withDatabase(values.database, async (databaseUrl) => {
    const installation = await install(databaseUrl ? { databaseUrl } : {})
    const folder = await mkdtemp(join(tmpdir(), 'postern-ledger-'))
    try {
      await installation.command(['settings', 'set', 'project.rotateJwt=true', 'project.rotationGraceSeconds=60'])
      return await kills(installation, join(folder, 'ledger.jsonl'), plan)
    } finally {
      await rm(folder, { recursive: true, force: true })
      await installation.remove()
    }
  })
}

async function withDatabase(database: string | undefined, run: (url: string | undefined) => Promise<number>): Promise<number> {
  if (database !== 'postgres') return run(database)
  const server = await startPostgres({ isDurable: true })
  if ('reason' in server) throw new Error(server.reason)
  try {
    return await run((await createDatabase(server.url)).url)
  } finally {
    await server.stop()
  }
}

async function kills(installation: Installation, file: string, plan: Plan): Promise<number> {
  const ledger = openLedger(file)
  const started = performance.now()
  const done = { signUp: 0, update: 0, replace: 0, refresh: 0 }
  const figures: Figures = { done, refused: new Map(), lost: [], halves: [], readyMilliseconds: [], phantoms: 0 }
  let changed: ReadonlySet<string> = new Set()
  for (let round = 1; round <= plan.rounds; round++) changed = await oneRound(installation, ledger, { round, plan, figures, changed })
  const server = await installation.serve()
  figures.readyMilliseconds.push(server.readyAfterMilliseconds)
  const client = createClient(server.url, installation.projectId)
  note(figures, await settle(client, ledger.record, toSettle(ledger, changed)))
  ledger.close()
  // The file is what counts: everything in it, from its beginning, against the server.
  const accounts = [...replay(file).values()]
  note(figures, await settle(client, () => undefined, accounts))
  await server.stop()
  figures.halves.push(...(await inspect(installation)))
  return report(figures, { plan, accounts: accounts.length, seconds: (performance.now() - started) / 1000 })
}

interface Round {
  readonly round: number
  readonly plan: Plan
  readonly figures: Figures
  /** Accounts that the round before changed. */
  readonly changed: ReadonlySet<string>
}

/** Starts the server on what the last kill left, checks what that kill may have hurt, and kills it again under load. Answers the accounts that it changed. */
async function oneRound(
  installation: Installation,
  ledger: Ledger,
  { round, plan, figures, changed }: Round,
): Promise<ReadonlySet<string>> {
  const server = await installation.serve()
  figures.readyMilliseconds.push(server.readyAfterMilliseconds)
  const client = createClient(server.url, installation.projectId)
  note(figures, await settle(client, ledger.record, toSettle(ledger, changed)))
  const load = startLoad({ client, ledger, round })
  await delay(randomInt(plan.killAfter.leastMilliseconds, plan.killAfter.mostMilliseconds + 1))
  await server.kill()
  const tally = await load.stop()
  for (const [what, count] of Object.entries(tally.done)) figures.done[what as Operation] += count
  for (const [name, count] of tally.refused) figures.refused.set(name, (figures.refused.get(name) ?? 0) + count)
  return tally.changed
}

function toSettle(ledger: Ledger, changed: ReadonlySet<string>): readonly Account[] {
  return [...ledger.accounts.values()].filter(({ loginId, trying }) => trying !== undefined || changed.has(loginId))
}

function note(figures: Figures, findings: Findings): void {
  figures.lost.push(...findings.lost)
  figures.halves.push(...findings.halves)
  figures.phantoms += findings.phantoms
}

const longestReadyMilliseconds = 3_000

function report(figures: Figures, run: { readonly plan: Plan; readonly accounts: number; readonly seconds: number }): number {
  const { done, refused, lost, halves, phantoms, readyMilliseconds } = figures
  const acks = Object.values(done).reduce((sum, count) => sum + count, 0)
  const ready = readyMilliseconds.toSorted((a, b) => a - b)
  const readyAt = (share: number) => Math.round(ready[Math.min(ready.length - 1, Math.floor(ready.length * share))] ?? 0)
  // The load asks for nothing that may be refused, but for what is shed under load.
  const bugs = [...refused].filter(([name]) => !name.startsWith('429') && !name.startsWith('503'))
  const lines = [
    `rounds ${run.plan.rounds} in ${run.seconds.toFixed(1)} s, accounts ${run.accounts}`,
    `acks ${acks} (${Object.entries(done)
      .map(([what, count]) => `${what} ${count}`)
      .join(', ')})`,
    `lost ${lost.length}, half states ${halves.length}, phantoms ${phantoms}`,
    `time to ready p50 ${readyAt(0.5)} ms, p99 ${readyAt(0.99)} ms`,
    `refused ${[...refused].map(([name, count]) => `${name}: ${count}`).join(', ') || 'none'}`,
    ...lost.slice(0, 20).map((text) => `LOST ${text}`),
    ...halves.slice(0, 20).map((text) => `HALF ${text}`),
    ...bugs.map(([name]) => `UNEXPECTED ${name}`),
  ]
  // On a machine that does other things a single start may be slow; the usual one may not.
  const isSlow = readyAt(0.5) > longestReadyMilliseconds
  if (isSlow) lines.push(`SLOW half of the starts took longer than ${longestReadyMilliseconds} ms`)
  process.stdout.write(`${lines.join('\n')}\n`)
  return lost.length + halves.length + bugs.length > 0 || acks === 0 || isSlow ? 1 : 0
}

process.exitCode = await main()
