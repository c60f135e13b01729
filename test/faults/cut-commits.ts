import { randomInt } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import pg from 'pg'
import type { ServerProcess } from '../server-process.ts'
import { startProxy, type TcpProxy } from './proxy.ts'
import { type Outcome, type Plan, type Scenario, unless } from './scenario.ts'
import { type Trial, through, withTrial } from './trial.ts'

/** The connection to the database is reset right after a COMMIT went through: the server cannot know what happened, and who asks again must get on (RL-05). */
export const commitsCut: Scenario = {
  id: 'F7',
  title: 'connection cut after COMMIT, PostgreSQL',
  database: 'postgres',
  isInShort: true,
  async run(plan) {
    const { url } = await plan.postgres()
    const proxy = await startProxy({ port: Number(new URL(url).port) })
    try {
      return await withTrial({ serverUrl: url }, (trial) => cutting(plan, trial, proxy))
    } finally {
      await proxy.close()
    }
  },
}

/** What one kind of requests came to. */
interface Tally {
  cuts: number
  /** Of those cut: answered although nobody can know. Work after the commit may have gone another way. */
  acknowledged: number
  readonly contradictions: string[]
}

async function cutting(plan: Plan, trial: Trial, proxy: TcpProxy): Promise<Outcome> {
  const rounds = plan.rounds ?? (plan.isShort ? 21 : 1_000)
  const server = await trial.serve({ flags: ['--database', through(trial.installation.databaseUrl ?? '', proxy.port)] })
  trial.use(server)
  const cutter = createCutter(proxy)
  const tallies: Record<keyof typeof steps, Tally> = { signUp: newTally(), refresh: newTally(), reset: newTally() }
  const kinds = Object.keys(steps) as (keyof typeof steps)[]
  for (let round = 0; round < rounds; round++) {
    const kind = kinds[round % kinds.length] ?? 'signUp'
    const account = { loginId: `cut-${round}@example.com`, password: `the first secret of ${round}` }
    try {
      await steps[kind]({ trial, server, cutter, tally: tallies[kind] }, account)
    } catch (error) {
      tallies[kind].contradictions.push(error instanceof Error ? error.message : String(error))
    }
  }
  // The load gives the checks of the ledger something to look at.
  await trial.underLoad(() => trial.untilWritten())
  const duplicates = await duplicateAccounts(trial.installation.databaseUrl ?? '')
  const outcome = await trial.finish()
  return {
    figures: [
      ['rounds', rounds],
      ...kinds.map((kind) => [`${kind} cut`, `${tallies[kind].cuts}, ${tallies[kind].acknowledged} answered 200`] as const),
      ['contradictory', kinds.reduce((total, kind) => total + tallies[kind].contradictions.length, 0)],
      ['duplicates', duplicates],
      ...outcome.figures,
    ],
    broken: [
      ...outcome.broken,
      ...kinds.flatMap((kind) => [...new Set(tallies[kind].contradictions)].slice(0, 5).map((text) => `${kind}: ${text}`)),
      ...kinds.flatMap((kind) => unless(tallies[kind].cuts > 0, `no ${kind} was cut, so nothing was tested`)),
      ...unless(duplicates === 0, `${duplicates} login IDs have more than one account`),
    ],
  }
}

const newTally = (): Tally => ({ cuts: 0, acknowledged: 0, contradictions: [] })

interface Step {
  readonly trial: Trial
  readonly server: ServerProcess
  readonly cutter: Cutter
  readonly tally: Tally
}

interface NewAccount {
  readonly loginId: string
  readonly password: string
}

const steps = { signUp, refresh, reset }

async function signUp({ trial, cutter, tally }: Step, account: NewAccount): Promise<void> {
  const cut = await cutter.during(() => trial.client.call('password/signup', { ...account }))
  note(tally, cut)
  const again = await trial.client.call('password/signup', { ...account })
  const exists = again?.errorCode === 'E062107'
  if (again?.status !== 200 && !exists) throw new Error(`asked again it answered ${again?.status} ${again?.errorCode}`)
  if (cut.answer?.status === 503 && exists) throw new Error('it answered 503 and had happened')
  if (cut.answer?.status === 200 && !exists) throw new Error('it was acknowledged and had not happened')
  await mustSignIn(trial, account)
}

async function refresh({ trial, cutter, tally }: Step, account: NewAccount): Promise<void> {
  const first = await trial.client.call('password/signup', { ...account })
  const token = first?.refreshJwt ?? ''
  const cut = await cutter.during(() => trial.client.call('refresh', {}, token))
  note(tally, cut)
  const again = await trial.client.call('refresh', {}, token)
  if (again?.status !== 200) throw new Error(`the family is burnt: asked again it answered ${again?.status} ${again?.errorCode}`)
  if (cut.answer?.status === 200 && cut.answer.refreshJwt !== again.refreshJwt) throw new Error('two successors of one token')
  const next = await trial.client.call('refresh', {}, again.refreshJwt)
  if (next?.status !== 200) throw new Error(`the family is burnt: the successor answered ${next?.status} ${next?.errorCode}`)
}

async function reset({ trial, server, cutter, tally }: Step, account: NewAccount): Promise<void> {
  const { client, installation } = trial
  await createVerified(trial, server, account)
  await client.call('password/reset', { loginId: account.loginId })
  const token = await resetToken(server, account.loginId)
  const password = `${account.password}, again`
  const post = () => postForm(`${server.url}/reset/${installation.projectId}`, { t: token, password })
  const cut = await cutter.during(post)
  note(tally, cut)
  const again = await post()
  const hasWorked = [cut.answer, again].some(({ status, text }) => status === 200 && text.includes('Your new password is set'))
  if (cut.answer.status === 503 && !again.text.includes('Your new password is set')) throw new Error('it answered 503 and had happened')
  if (again.status !== 200) throw new Error(`asked again it answered ${again.status}`)
  // Whether the second one set it or was told that the link is used up: the password is the new one.
  await mustSignIn(trial, { ...account, password })
  if (!hasWorked && !again.text.includes('was used already'))
    throw new Error('the second answer says neither that it works nor that it did')
}

async function mustSignIn({ client }: Trial, account: NewAccount): Promise<void> {
  const answer = await client.call('password/signin', { ...account })
  if (answer?.status !== 200) throw new Error(`the sign-in afterwards answered ${answer?.status} ${answer?.errorCode}`)
}

function note(
  tally: Tally,
  { isCut, answer }: { readonly isCut: boolean; readonly answer: { readonly status: number } | undefined },
): void {
  if (!isCut) return
  tally.cuts++
  if (answer?.status === 200) tally.acknowledged++
}

interface Cutter {
  /** Cuts after the first thing, or now and then the second one, that lasts while `call` runs. */
  during<T>(call: () => Promise<T>): Promise<{ readonly answer: T; readonly isCut: boolean }>
}

function createCutter(proxy: TcpProxy): Cutter {
  return {
    async during(call) {
      let left = randomInt(4) === 0 ? 2 : 1
      let isCut = false
      proxy.set({
        cutsAfterCommit() {
          left--
          if (left !== 0) return false
          isCut = true
          return true
        },
      })
      const answer = await call()
      proxy.set({})
      return { answer, isCut }
    },
  }
}

/** Links to set a password go to verified addresses only. */
async function createVerified({ installation }: Trial, { url }: ServerProcess, { loginId, password }: NewAccount): Promise<void> {
  const { projectId, managementKey } = installation
  const post = async (path: string, body: unknown) => {
    const headers = { authorization: `Bearer ${projectId}:${managementKey}`, 'content-type': 'application/json' }
    const { status } = await fetch(`${url}/v1/mgmt/user/${path}`, { method: 'POST', headers, body: JSON.stringify(body) })
    if (status !== 200) throw new Error(`user/${path} answered ${status}`)
  }
  await post('create', { loginId, email: loginId, verifiedEmail: true })
  await post('password/set/active', { loginId, password })
}

/** The mail is written after the answer, so that the answer tells nothing by its time. */
async function resetToken({ url }: ServerProcess, to: string): Promise<string> {
  for (let tries = 0; tries < 500; tries++) {
    const response = await fetch(`${url}/v1/test/outbox?limit=20`)
    const { messages }: { messages: readonly { to: string; kind: string; link?: string }[] } = JSON.parse(await response.text())
    const link = messages.find((message) => message.to === to && message.kind === 'password.reset')?.link
    if (link) return new URL(link).searchParams.get('t') ?? ''
    await delay(20)
  }
  throw new Error('there is no link to set the password anew')
}

async function postForm(
  url: string,
  fields: Readonly<Record<string, string>>,
): Promise<{ readonly status: number; readonly text: string }> {
  const response = await fetch(url, { method: 'POST', body: new URLSearchParams(fields) })
  return { status: response.status, text: await response.text() }
}

async function duplicateAccounts(databaseUrl: string): Promise<number> {
  const client = new pg.Client({ connectionString: databaseUrl })
  await client.connect()
  try {
    const { rows } = await client.query<{ found: string }>(
      'select count(*) as found from (select 1 from users where email is not null group by project_id, email having count(*) > 1) as duplicates',
    )
    return Number(rows[0]?.found)
  } finally {
    await client.end()
  }
}
