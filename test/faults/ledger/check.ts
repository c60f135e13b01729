import { setTimeout as delay } from 'node:timers/promises'
import type { Answer, Client } from './client.ts'
import type { Account, Entry } from './ledger.ts'

/** What a check of accounts against the server found. */
export interface Findings {
  readonly checked: number
  /** Acknowledged and gone: one sentence each. */
  readonly lost: readonly string[]
  /** Neither before nor after a request, or both. */
  readonly halves: readonly string[]
  /** Requests without an answer that had happened. */
  readonly phantoms: number
}

type Record = (entry: Entry) => void

const concurrency = 4

/**
 * Checks accounts whose last request may have had no answer, and records how it ended, so that every account is settled afterwards: the last acknowledged
 * password signs in, the last acknowledged refresh token refreshes, and what was under way has happened wholly or not at all.
 */
export async function settle(client: Client, record: Record, accounts: readonly Account[]): Promise<Findings> {
  const lost: string[] = []
  const halves: string[] = []
  let phantoms = 0
  const queue = [...accounts]
  const worker = async () => {
    for (let account = queue.pop(); account; account = queue.pop()) {
      const outcome = await (account.password === undefined ? settleSignUp(client, record, account) : settleKnown(client, record, account))
      if (outcome.lost) lost.push(`${account.loginId}: ${outcome.lost}`)
      if (outcome.half) halves.push(`${account.loginId}: ${outcome.half}`)
      if (outcome.isPhantom) phantoms++
    }
  }
  await Promise.all(Array.from({ length: concurrency }, worker))
  return { checked: accounts.length, lost, halves, phantoms }
}

interface Outcome {
  readonly lost?: string
  readonly half?: string
  readonly isPhantom?: boolean
}

/** A sign-up without an answer: done again, it works, or says that the user exists, who can then sign in. */
async function settleSignUp(client: Client, record: Record, { loginId, trying }: Account): Promise<Outcome> {
  const password = trying?.password ?? ''
  const again = await whenServed(() => client.call('password/signup', { loginId, password }))
  if (again?.status === 200) {
    record({ kind: 'done', loginId, password, refreshJwt: again.refreshJwt })
    return {}
  }
  const signIn = again?.errorCode === 'E062107' ? await signInWith(client, loginId, password) : undefined
  if (signIn) {
    record({ kind: 'done', loginId, password, refreshJwt: signIn })
    return { isPhantom: true }
  }
  record({ kind: 'absent', loginId })
  return { half: `a sign-up without an answer can neither be repeated (${again?.errorCode ?? 'no answer'}) nor signed in` }
}

async function settleKnown(client: Client, record: Record, { loginId, password = '', refreshJwt, trying }: Account): Promise<Outcome> {
  const refreshed = await whenServed(() => client.call('refresh', {}, refreshJwt))
  const isOld = await signInWith(client, loginId, password)
  const isNew = trying?.password !== undefined && !isOld ? await signInWith(client, loginId, trying.password) : undefined
  const signedIn = isOld ?? isNew
  if (!signedIn) return { lost: `the last acknowledged password does not sign in${trying ? `, nor what ${trying.what} was setting` : ''}` }
  const hasEnded = refreshed?.errorCode === 'E064001'
  const isPhantom = isNew !== undefined
  // A replaced password ends the session before it; nothing else here does.
  const mayHaveEnded = trying?.what === 'replace' && isPhantom
  record({
    kind: 'done',
    loginId,
    password: isPhantom ? (trying?.password ?? '') : password,
    refreshJwt: refreshed?.status === 200 && refreshed.refreshJwt ? refreshed.refreshJwt : signedIn,
  })
  if (mayHaveEnded && !hasEnded) return { half: 'the password was replaced and the session before it lives', isPhantom }
  if (!mayHaveEnded && refreshed?.status !== 200) {
    return { lost: `the last acknowledged refresh token answers ${refreshed?.errorCode ?? 'nothing'}`, isPhantom }
  }
  return { isPhantom }
}

/** The refresh token of a sign-in that worked. */
async function signInWith(client: Client, loginId: string, password: string): Promise<string | undefined> {
  const answer = await whenServed(() => client.call('password/signin', { loginId, password }))
  return answer?.status === 200 ? answer.refreshJwt : undefined
}

const mostTries = 40
const pauseMilliseconds = 250

/** Asks again while a server is too busy to say anything about the account: nothing has happened then. */
async function whenServed(call: () => Promise<Answer | undefined>): Promise<Answer | undefined> {
  for (let tries = 1; ; tries++) {
    const answer = await call()
    const isServed = answer !== undefined && answer.status !== 429 && answer.status < 500
    if (isServed || tries === mostTries) return answer
    await delay(pauseMilliseconds)
  }
}
