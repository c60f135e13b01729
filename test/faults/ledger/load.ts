import { setTimeout as delay } from 'node:timers/promises'
import type { Client } from './client.ts'
import type { Account, Ledger, Operation } from './ledger.ts'

/** What the load did. */
export interface Tally {
  /** Acknowledged writes by operation. */
  readonly done: Readonly<Record<Operation, number>>
  /** Answers that were not 2xx, as `status code`. */
  readonly refused: ReadonlyMap<string, number>
  /** Login IDs of accounts that were changed after their sign-up. */
  readonly changed: ReadonlySet<string>
}

export interface Load {
  /** Ends the loops once their requests have ended. */
  stop(): Promise<Tally>
}

const signUpLoops = 4
/** Between two sign-ups of one loop: four loops make at most 50 a second, since a sign-up takes 20 ms. */
const signUpPauseMilliseconds = 60
const changePauseMilliseconds = 150
const refreshPauseMilliseconds = 50

interface Running {
  readonly client: Client
  readonly ledger: Ledger
  readonly done: Record<Operation, number>
  readonly refused: Map<string, number>
  readonly changed: Set<string>
  readonly busy: Set<string>
  readonly isStopping: () => boolean
  /** Makes login IDs and passwords that no other round has. */
  readonly next: () => string
}

/** Signs users up, changes passwords both ways and refreshes, from a few loops, until it is stopped. */
export function startLoad(options: { readonly client: Client; readonly ledger: Ledger; readonly round: number }): Load {
  const { client, ledger, round } = options
  const done = { signUp: 0, update: 0, replace: 0, refresh: 0 }
  const refused = new Map<string, number>()
  const changed = new Set<string>()
  let isStopping = false
  let count = 0
  const next = () => `${round}-${count++}`
  const running: Running = { client, ledger, done, refused, changed, busy: new Set(), isStopping: () => isStopping, next }
  const loops = [
    ...Array.from({ length: signUpLoops }, () => loop(running, signUpPauseMilliseconds, signUp)),
    loop(running, changePauseMilliseconds, (state) => onSettled(state, update)),
    loop(running, changePauseMilliseconds, (state) => onSettled(state, replace)),
    loop(running, refreshPauseMilliseconds, (state) => onSettled(state, refresh)),
  ]
  return {
    async stop() {
      isStopping = true
      await Promise.all(loops)
      return { done, refused, changed }
    },
  }
}

async function loop(running: Running, pauseMilliseconds: number, step: (running: Running) => Promise<void>): Promise<void> {
  while (!running.isStopping()) {
    await step(running)
    await delay(pauseMilliseconds)
  }
}

/** One request with its lines in the ledger. A 5xx other than 503 may or may not have happened, so it settles nothing. */
async function attempt(
  { client, ledger, done, refused, changed }: Running,
  request: {
    readonly what: Operation
    readonly path: string
    readonly loginId: string
    readonly password?: string
    readonly token?: string
  },
  body: Readonly<Record<string, string>>,
): Promise<void> {
  const { what, path, loginId, token } = request
  const password = request.password === undefined ? {} : { password: request.password }
  ledger.record({ kind: 'trying', what, loginId, ...password })
  const answer = await client.call(path, body, token)
  if (!answer) return
  if (answer.status === 200) {
    ledger.record({ kind: 'done', loginId, ...password, ...(answer.refreshJwt ? { refreshJwt: answer.refreshJwt } : {}) })
    done[what]++
    if (what !== 'signUp') changed.add(loginId)
    return
  }
  const name = `${answer.status} ${answer.errorCode}`
  refused.set(name, (refused.get(name) ?? 0) + 1)
  if (answer.status < 500 || answer.status === 503) ledger.record({ kind: 'refused', loginId })
}

function signUp(running: Running): Promise<void> {
  const name = running.next()
  const loginId = `user-${name}@example.com`
  const password = `first secret of ${name}`
  return attempt(running, { what: 'signUp', path: 'password/signup', loginId, password }, { loginId, password })
}

type SettledAccount = Required<Omit<Account, 'trying'>>

async function update(running: Running, { loginId, refreshJwt }: SettledAccount): Promise<void> {
  const password = `updated secret ${running.next()}`
  await attempt(
    running,
    { what: 'update', path: 'password/update', loginId, password, token: refreshJwt },
    { loginId, newPassword: password },
  )
}

async function replace(running: Running, { loginId, password: oldPassword }: SettledAccount): Promise<void> {
  const password = `replaced secret ${running.next()}`
  await attempt(running, { what: 'replace', path: 'password/replace', loginId, password }, { loginId, oldPassword, newPassword: password })
}

async function refresh(running: Running, { loginId, refreshJwt }: SettledAccount): Promise<void> {
  await attempt(running, { what: 'refresh', path: 'refresh', loginId, token: refreshJwt }, {})
}

/** Runs a step on a random account that no other loop works on and whose state is known. */
async function onSettled(running: Running, step: (running: Running, account: SettledAccount) => Promise<void>): Promise<void> {
  const accounts = [...running.ledger.accounts.values()]
  const account = accounts[Math.floor(Math.random() * accounts.length)]
  const { loginId, password, refreshJwt } = account ?? {}
  if (!account || account.trying || !loginId || !password || !refreshJwt || running.busy.has(loginId)) return
  running.busy.add(loginId)
  try {
    await step(running, { loginId, password, refreshJwt })
  } finally {
    running.busy.delete(loginId)
  }
}
