import { randomBytes } from 'node:crypto'
import { rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import type { ServerProcess } from '../server-process.ts'
import { type Outcome, type Scenario, unless } from './scenario.ts'
import { type Trial, withTrial } from './trial.ts'

/** Two servers over one database whose clocks are five seconds off either way, and a clock that jumps by an hour and back under a running server (RL-07). */
export const clocksDiffer: Scenario = {
  id: 'F11',
  title: 'clocks that differ and jump, PostgreSQL',
  database: 'postgres',
  isInShort: false,
  async run(plan) {
    const { url } = await plan.postgres()
    return withTrial({ serverUrl: url, isRotating: false }, shiftClocks)
  },
}

const skewSeconds = 5
const jumpSeconds = 3_600

async function shiftClocks(trial: Trial): Promise<Outcome> {
  const ahead = await serveShifted(trial, skewSeconds)
  const behind = await serveShifted(trial, -skewSeconds)
  const broken: string[] = []
  const check = (holds: boolean, sentence: string) => void broken.push(...unless(holds, sentence))
  trial.use(ahead.server, behind.server)
  await trial.underLoad(() => delay(1_500))
  check(
    trial.endings.every(({ status }) => status === 200),
    'a request failed at servers that are ten seconds apart',
  )
  const early = await signUp(trial, ahead.server, 'early')
  check((await statusOf(trial, behind.server, 'refresh', early.refreshJwt)) === 200, 'a fresh token is not good at the server behind')
  check(
    (await statusOf(trial, behind.server, 'validate', early.sessionJwt)) === 200,
    'a fresh session token is not good at the server behind',
  )
  await trial.settle()

  await ahead.shift(jumpSeconds)
  check((await statusOf(trial, ahead.server, 'validate', early.sessionJwt)) === 401, 'a session token of ten minutes outlives an hour')
  check((await statusOf(trial, ahead.server, 'refresh', early.refreshJwt)) === 200, 'a jump ahead ends sessions')
  const late = await signUp(trial, ahead.server, 'late')
  const lockedAhead = await retryAfter(trial, ahead.server)

  await ahead.shift(0)
  const isRevived = (await statusOf(trial, ahead.server, 'validate', early.sessionJwt)) === 200
  check(!isRevived, 'a step back revives a session token that had expired')
  for (const { server } of [ahead, behind]) {
    check((await statusOf(trial, server, 'refresh', late.refreshJwt)) === 200, 'a step back ends sessions that began before it')
  }
  const lockedBack = await retryAfter(trial, behind.server)
  for (const seconds of [lockedAhead, lockedBack]) check(seconds > 0 && seconds <= jumpSeconds + 910, `Retry-After is ${seconds}`)
  await trial.underLoad(() => delay(1_000))
  const outcome = await trial.finish()
  return {
    figures: [
      ...outcome.figures,
      ['revived tokens', Number(isRevived)],
      ['Retry-After ahead s', lockedAhead],
      ['after the step back s', lockedBack],
    ],
    broken: [...outcome.broken, ...broken],
  }
}

/** A server whose clock is off by some seconds. */
interface Shifted {
  readonly server: ServerProcess
  shift(seconds: number): Promise<void>
}

async function serveShifted(trial: Trial, seconds: number): Promise<Shifted> {
  const file = join(trial.installation.folder, `clock-${randomBytes(6).toString('hex')}`)
  const shift = async (to: number) => {
    await writeFile(`${file}.new`, String(to))
    await rename(`${file}.new`, file)
    await delay(100)
  }
  await shift(seconds)
  const module = new URL('shifting-clock.ts', import.meta.url)
  module.searchParams.set('file', file)
  return { server: await trial.serve({ nodeFlags: ['--import', module.href] }), shift }
}

interface Tokens {
  readonly sessionJwt: string
  readonly refreshJwt: string
}

async function signUp(trial: Trial, server: ServerProcess, name: string): Promise<Tokens> {
  const response = await post(trial, server, 'password/signup', {
    body: { loginId: `${name}@example.com`, password: `the secret of ${name}` },
  })
  return JSON.parse(await response.text())
}

async function statusOf(trial: Trial, server: ServerProcess, path: string, token: string): Promise<number> {
  const response = await post(trial, server, path, { token })
  await response.arrayBuffer()
  return response.status
}

/** Guesses wrongly until it has to wait, and answers for how long. */
async function retryAfter(trial: Trial, server: ServerProcess): Promise<number> {
  for (let guess = 0; guess < 40; guess++) {
    const response = await post(trial, server, 'password/signin', { body: { loginId: 'late@example.com', password: 'wrong wrong wrong' } })
    await response.arrayBuffer()
    if (response.status === 429) return Number(response.headers.get('retry-after'))
  }
  return Number.NaN
}

function post(
  { installation }: Trial,
  { url }: ServerProcess,
  path: string,
  { token, body = {} }: { readonly token?: string; readonly body?: unknown },
): Promise<Response> {
  const headers = { authorization: `Bearer ${installation.projectId}${token ? `:${token}` : ''}`, 'content-type': 'application/json' }
  return fetch(`${url}/v1/auth/${path}`, { method: 'POST', headers, body: JSON.stringify(body), signal: AbortSignal.timeout(10_000) })
}
