import { mkdtemp, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { createDatabase, type Installation, install, restore, type ServerProcess } from '../server-process.ts'
import { type Client, createClient } from './ledger/client.ts'
import { inspect } from './ledger/database.ts'
import { type Account, type Ledger, openLedger } from './ledger/ledger.ts'
import { startLoad } from './ledger/load.ts'
import { type Outcome, type Plan, type Scenario, unless } from './scenario.ts'

/** Backups while users sign up, change passwords and refresh; the last one is restored on a clean machine, into both databases (RL-09). */

export const backedUp: Scenario = {
  id: 'F13',
  title: 'backup and restore under load, embedded database',
  database: 'sqlite',
  isAlsoOnPostgres: true,
  isInShort: true,
  run: (plan) => backups(plan, 'sqlite'),
}

export const backedUpOnPostgres: Scenario = {
  id: 'F13',
  title: 'backup and restore under load, PostgreSQL',
  database: 'postgres',
  isInShort: true,
  run: (plan) => backups(plan, 'postgres'),
}

/** What one backup must hold. */
interface Moment {
  readonly file: string
  readonly seconds: number
  /** Acknowledged before it began, with nothing under way. */
  readonly accounts: readonly Account[]
  /** Whether nothing was asked of the account while the backup was made. */
  isUntouched(account: Account): boolean
  /** What may be its password: that of before, and those that were set meanwhile. */
  passwords(account: Account): readonly string[]
}

const longestLoadMilliseconds = 300_000
const pauseMilliseconds = 500

async function backups(plan: Plan, database: 'sqlite' | 'postgres'): Promise<Outcome> {
  const { url: serverUrl } = await plan.postgres()
  const cleanups: (() => Promise<unknown>)[] = []
  const newDatabase = async () => {
    const { url, drop } = await createDatabase(serverUrl)
    cleanups.push(() => drop().catch(() => undefined))
    return url
  }
  const newFolder = async () => {
    const folder = await mkdtemp(join(tmpdir(), 'postern-restored-'))
    cleanups.push(() => rm(folder, { recursive: true, force: true }))
    return folder
  }
  try {
    const installation = await install(database === 'postgres' ? { databaseUrl: await newDatabase() } : {})
    cleanups.push(installation.remove)
    const moment = await lastBackup(plan, installation, await newFolder())
    const places = [
      { databaseUrl: undefined, endsSessions: database === 'postgres' },
      { databaseUrl: await newDatabase(), endsSessions: database === 'sqlite' },
    ]
    const broken: string[] = []
    for (const { databaseUrl, endsSessions } of places) {
      broken.push(
        ...(await misses(installation, moment, { databaseUrl, endsSessions })).map(
          (text) => `${databaseUrl ? 'PostgreSQL' : 'SQLite'}: ${text}`,
        ),
      )
    }
    const bytes = (await stat(moment.file)).size
    return {
      figures: [
        ['users checked', moment.accounts.length],
        ['misses', broken.length],
        ['seconds', moment.seconds.toFixed(1)],
        ['MB', (bytes / 1_000_000).toFixed(2)],
      ],
      broken: [...broken.slice(0, 20), ...unless(moment.accounts.length > 0, 'nothing was acknowledged, so nothing was tested')],
    }
  } finally {
    for (const clean of cleanups.reverse()) await clean()
  }
}

/** Backups one after the other under load; answers the last. */
async function lastBackup(plan: Plan, installation: Installation, folder: string): Promise<Moment> {
  const rounds = plan.rounds ?? (plan.isShort ? 2 : 5)
  const wanted = plan.isShort ? 40 : 1000
  const server = await installation.serve()
  const ledger = openLedger(join(folder, 'ledger.jsonl'))
  /** Every password that was ever asked for, by login ID, in order. */
  const asked = new Map<string, string[]>()
  const noting: Ledger = {
    ...ledger,
    record(entry) {
      if (entry.kind === 'trying' && entry.password !== undefined)
        asked.set(entry.loginId, [...(asked.get(entry.loginId) ?? []), entry.password])
      ledger.record(entry)
    },
  }
  const client = createClient({ urls: () => [server.url], projectId: installation.projectId })
  const load = startLoad({ client, ledger: noting, round: 1 })
  try {
    const began = performance.now()
    let moment: Moment | undefined
    for (let round = 1; round <= rounds || ledger.accounts.size < wanted; round++) {
      if (performance.now() - began > longestLoadMilliseconds) throw new Error(`There are only ${ledger.accounts.size} accounts`)
      await delay(pauseMilliseconds)
      if (round >= rounds && ledger.accounts.size < wanted) continue
      moment = await backUp(installation, ledger, asked, join(folder, `${round}.backup`))
    }
    if (!moment) throw new Error('No backup was made')
    return moment
  } finally {
    await load.stop()
    ledger.close()
    await server.stop()
  }
}

async function backUp(
  installation: Installation,
  ledger: Ledger,
  asked: ReadonlyMap<string, readonly string[]>,
  file: string,
): Promise<Moment> {
  const accounts = [...ledger.accounts.values()].filter(({ password, trying }) => password !== undefined && !trying)
  const began = performance.now()
  await installation.command(['backup', file])
  const seconds = (performance.now() - began) / 1000
  const after = new Map(ledger.accounts)
  const askedThen = new Map(asked)
  return {
    file,
    seconds,
    accounts,
    isUntouched: (account) => after.get(account.loginId) === account,
    passwords({ loginId, password = '' }) {
      const all = askedThen.get(loginId) ?? []
      return all.slice(Math.max(0, all.indexOf(password)))
    },
  }
}

const checkers = 4

/** Restores a backup where nothing is but the key file, and looks for all that it must hold. One sentence for each miss. */
async function misses(from: Installation, moment: Moment, place: Place): Promise<readonly string[]> {
  const { databaseUrl, endsSessions } = place
  const choice = endsSessions ? '--end-sessions' : '--keep-sessions'
  const restored = await restore({ from, file: moment.file, choice, databaseUrl })
  let server: ServerProcess | undefined
  try {
    // Before anything else is written: rows without the others of their transaction, and what the database itself finds.
    const halves = await inspect(restored)
    server = await restored.serve()
    const { url } = server
    const client = createClient({ urls: () => [url], projectId: from.projectId })
    const queue = [...moment.accounts]
    const found = [...halves]
    const checker = async () => {
      for (let account = queue.pop(); account; account = queue.pop()) found.push(...(await missesOf(client, moment, account, endsSessions)))
    }
    await Promise.all(Array.from({ length: checkers }, checker))
    return found
  } finally {
    await server?.stop()
    await restored.remove()
  }
}

interface Place {
  readonly databaseUrl: string | undefined
  readonly endsSessions: boolean
}

async function missesOf(client: Client, moment: Moment, account: Account, endsSessions: boolean): Promise<readonly string[]> {
  const { loginId, refreshJwt } = account
  const refreshed = await client.call('refresh', {}, refreshJwt)
  const isAlive = refreshed?.status === 200
  let isSignedIn = false
  for (const password of moment.passwords(account)) {
    isSignedIn ||= (await client.call('password/signin', { loginId, password }))?.status === 200
  }
  return [
    ...unless(isSignedIn, `${loginId} cannot sign in`),
    ...(endsSessions
      ? unless(!isAlive, `${loginId}: a session was revived`)
      : unless(isAlive || !moment.isUntouched(account), `${loginId}: the session is gone (${refreshed?.errorCode ?? 'no answer'})`)),
  ]
}
