import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { createDatabase, type Installation, install, type ServeOptions, type ServerProcess } from '../server-process.ts'
import { type Findings, settle } from './ledger/check.ts'
import { type Client, createClient, type Ending } from './ledger/client.ts'
import { inspect } from './ledger/database.ts'
import { type Account, type Ledger, openLedger, replay } from './ledger/ledger.ts'
import { startLoad } from './ledger/load.ts'
import { type Outcome, quantile } from './scenario.ts'

/** Data with servers over it, the load on them, and the ledger of what they acknowledged. */
export interface Trial {
  readonly installation: Installation
  readonly client: Client
  /** Starts a server on the data. Its log is looked through at the end, and it is killed at the latest when the scenario ends. */
  serve(how?: ServeOptions): Promise<ServerProcess>
  /** How every request of the load ended since the last `forget`. */
  readonly endings: readonly Ending[]
  forget(): void
  /** Servers that the load and the checks ask from now on. */
  use(...servers: readonly { readonly url: string }[]): void
  /** Runs something while the load runs, and answers what it gave once both have ended. */
  underLoad<T>(during: () => Promise<T>): Promise<T>
  /** Waits until the load, which must be running, signs somebody up, and answers how long that took. */
  untilWritten(): Promise<number>
  /** Checks what the last load did or may have done, through the servers in use, which must be well again. */
  settle(): Promise<void>
  /** Checks the whole ledger through the servers in use, ends all servers, and looks into the database and the logs. Answers figures and what is wrong. */
  finish(): Promise<Outcome>
}

export interface TrialOptions {
  /** PostgreSQL server that gets a database for it; embedded if absent. */
  readonly serverUrl?: string
  /** Where the data is made; the system's folder of temporary files if absent. */
  readonly parentFolder?: string
  /** Whether each refresh makes a new refresh token. Default: yes. */
  readonly isRotating?: boolean
}

/** Makes data of its own for a scenario, and hands a trial over it to `run`. Removes it afterwards. */
export async function withTrial(options: TrialOptions, run: (trial: Trial) => Promise<Outcome>): Promise<Outcome> {
  const { serverUrl, parentFolder, isRotating = true } = options
  const database = serverUrl ? await createDatabase(serverUrl) : undefined
  const folder = await mkdtemp(join(tmpdir(), 'postern-ledger-'))
  const installation = await install({ ...(database && { databaseUrl: database.url }), ...(parentFolder && { parentFolder }) })
  const servers: ServerProcess[] = []
  try {
    if (isRotating) await installation.command(['settings', 'set', 'project.rotateJwt=true', 'project.rotationGraceSeconds=60'])
    return await run(createTrial(installation, folder, servers))
  } finally {
    await Promise.all(servers.filter((server) => server.isAlive()).map((server) => server.kill()))
    await rm(folder, { recursive: true, force: true })
    await installation.remove()
    await database?.drop().catch(() => undefined)
  }
}

interface Found {
  readonly lost: string[]
  readonly halves: string[]
  phantoms: number
}

/** Hundreds of rounds ask for more mails in an hour than a project may send, and what is over that is dropped. */
const unlimitedMails = ['--limits-project-mails', '0/3600']

function createTrial(installation: Installation, folder: string, servers: ServerProcess[]): Trial {
  const file = join(folder, 'ledger.jsonl')
  const logFile = join(folder, 'servers.log')
  const ledger = openLedger(file)
  const found: Found = { lost: [], halves: [], phantoms: 0 }
  const endings: Ending[] = []
  let urls: readonly string[] = []
  let isLoading = false
  let round = 0
  let acks = 0
  let changed: ReadonlySet<string> = new Set()
  const onEnding = (ending: Ending) => void (isLoading && endings.push(ending))
  const client = createClient({ urls: () => urls, projectId: installation.projectId, onEnding })
  return {
    installation,
    client,
    async serve(how = {}) {
      const server = await installation.serve({ logFile, ...how, flags: [...unlimitedMails, ...(how.flags ?? [])] })
      servers.push(server)
      return server
    },
    endings,
    forget: () => void endings.splice(0),
    use: (...servers) => {
      urls = servers.map(({ url }) => url)
    },
    untilWritten: () => untilWritten(endings),
    async underLoad(during) {
      isLoading = true
      const load = startLoad({ client, ledger, round: ++round })
      try {
        return await during()
      } finally {
        const tally = await load.stop()
        isLoading = false
        acks += sum(Object.values(tally.done))
        changed = new Set([...changed, ...tally.changed])
      }
    },
    async settle() {
      note(found, await settle(client, ledger.record, toSettle(ledger, changed)))
      changed = new Set()
    },
    async finish() {
      note(found, await settle(client, ledger.record, toSettle(ledger, changed)))
      ledger.close()
      // The file is what counts: everything in it, from its beginning, against the servers.
      const accounts = [...replay(file).values()]
      note(found, await settle(client, () => undefined, accounts))
      const codes = await Promise.all(servers.filter((server) => server.isAlive()).map((server) => server.stop()))
      const users = accounts.filter(({ password }) => password !== undefined).length
      found.halves.push(...(await inspect({ ...installation, users })))
      const { figures, broken } = outcomeOf(found, { acks, accounts: accounts.length })
      const badEnds = codes.filter((code) => code !== 0).map((code) => `a server that was asked to end did so with ${code}`)
      return { figures, broken: [...broken, ...badEnds, ...(await bugsIn(logFile))] }
    },
  }
}

const writtenMilliseconds = 60_000

async function untilWritten(endings: readonly Ending[]): Promise<number> {
  const began = performance.now()
  const before = endings.length
  while (!endings.slice(before).some(({ path, status }) => path === 'password/signup' && status === 200)) {
    if (performance.now() - began > writtenMilliseconds) throw new Error('Nobody can sign up any more')
    await delay(20)
  }
  return performance.now() - began
}

function toSettle(ledger: Ledger, changed: ReadonlySet<string>): readonly Account[] {
  return [...ledger.accounts.values()].filter(({ loginId, trying }) => trying !== undefined || changed.has(loginId))
}

function note(found: Found, { lost, halves, phantoms }: Findings): void {
  found.lost.push(...lost)
  found.halves.push(...halves)
  found.phantoms += phantoms
}

const shownSentences = 20

function outcomeOf({ lost, halves, phantoms }: Found, { acks, accounts }: { readonly acks: number; readonly accounts: number }): Outcome {
  return {
    figures: [
      ['acks', acks],
      ['accounts', accounts],
      ['lost', lost.length],
      ['half states', halves.length],
      ['phantoms', phantoms],
    ],
    broken: [
      ...(acks === 0 ? ['nothing was acknowledged, so nothing was tested'] : []),
      ...lost.slice(0, shownSentences).map((text) => `lost: ${text}`),
      ...halves.slice(0, shownSentences).map((text) => `half state: ${text}`),
    ],
  }
}

const bugEvents = new Set(['http.failed', 'http.undeclaredError', 'http.responseFailed', 'process.uncaught', 'process.unhandled'])
/** An answer of 500 is right where nobody can know whether something happened. */
const honestFailure = 'The outcome of a commit is not known'

/** Errors in the logs that no state of the world excuses: one sentence for each kind. */
async function bugsIn(logFile: string): Promise<readonly string[]> {
  const text = await readFile(logFile, 'utf8').catch(() => '')
  const found = new Set<string>()
  for (const line of text.split('\n')) {
    // What a kill left of a line, and what Node.js itself says, are not JSON.
    if (!line.startsWith('{') || !line.endsWith('}')) continue
    const { event, route, error }: { event?: string; route?: string; error?: { message?: string; stack?: string } } = JSON.parse(line)
    if (!event || !bugEvents.has(event) || error?.message?.includes(honestFailure)) continue
    found.add(`logged ${event} ${route ?? ''}: ${error?.message ?? ''} ${(error?.stack ?? '').split('\n').slice(0, 3).join(' ')}`)
  }
  return [...found]
}

const sum = (numbers: readonly number[]) => numbers.reduce((total, number) => total + number, 0)

/** Answers by status and code, the refusals first asked for: `503 E130503: 12`. Those without an answer are `no answer`. */
export function refusals(endings: readonly Ending[]): string {
  const counts = new Map<string, number>()
  for (const { status, errorCode } of endings) {
    if (status === 200) continue
    const name = status === 0 ? 'no answer' : `${status} ${errorCode}`
    counts.set(name, (counts.get(name) ?? 0) + 1)
  }
  return [...counts].map(([name, count]) => `${name}: ${count}`).join(', ') || 'none'
}

/** Sentences about answers that no fault excuses: anything but success, shedding (429), "nothing has happened" (503), and what `isExcused` says. */
export function unexpected(endings: readonly Ending[], isExcused: (ending: Ending) => boolean = () => false): readonly string[] {
  const odd = endings.filter((ending) => ![0, 200, 429, 503].includes(ending.status) && !isExcused(ending))
  const names = new Set(odd.map(({ path, status, errorCode }) => `${path} answered ${status} ${errorCode}`))
  return [...names]
}

/** Milliseconds of the slowest request, and the one that 99 of 100 stay under. */
export function durations(endings: readonly Ending[]): { readonly p99: number; readonly longest: number } {
  const all = endings.map(({ milliseconds }) => milliseconds)
  return { p99: Math.round(quantile(all, 0.99)), longest: Math.round(quantile(all, 1)) }
}

/** The address of a database by way of a proxy on this machine. */
export function through(databaseUrl: string, port: number): string {
  const url = new URL(databaseUrl)
  url.port = String(port)
  return url.href
}
