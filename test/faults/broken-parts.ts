import { chmod, chown, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import pg from 'pg'
import { untilReady } from './probe.ts'
import { type Outcome, overTime, type Plan, type Scenario, unless } from './scenario.ts'
import { type Trial, withTrial } from './trial.ts'

const longestRequestMilliseconds = 3_000

/**
 * Something that sign-ins depend on does not work (RL-11). What lies inside the process, the blocklist and the hash queue for two, is broken in
 * `test/security/fail-closed.test.ts`.
 */
export const partsBroken: Scenario = {
  id: 'F15',
  title: 'limiter locked, audit gone, key file unreadable, PostgreSQL',
  database: 'postgres',
  isInShort: false,
  async run(plan) {
    const { url } = await plan.postgres()
    return withTrial({ serverUrl: url }, (trial) => breakParts(plan, trial))
  },
}

const account = { loginId: 'right@example.com', password: 'the right secret of all' }

async function breakParts(plan: Plan, trial: Trial): Promise<Outcome> {
  const server = await trial.serve()
  trial.use(server)
  await trial.client.call('password/signup', account)
  await trial.underLoad(() => trial.untilWritten())
  await trial.settle()
  const times: number[] = []
  const tokens: Record<string, number> = {}
  const database = new pg.Client({ connectionString: trial.installation.databaseUrl })
  await database.connect()
  try {
    for (const [name, { breakIt, mend }] of Object.entries(parts)) {
      await database.query(breakIt)
      tokens[name] = await tokensIssued(trial, times)
      await database.query(mend)
      await untilReady(server.url)
    }
  } finally {
    await database.end()
  }
  const again = await trial.client.call('password/signin', account)
  const start = await startWithoutKey(trial)
  await trial.underLoad(() => delay(500))
  const longest = Math.max(...times)
  const outcome = await trial.finish()
  return {
    figures: [
      ...Object.entries(tokens).map(([name, count]) => [`tokens while the ${name}`, count] as const),
      ['longest ms', Math.round(longest)],
      ['start without the key file', start],
      ...outcome.figures,
    ],
    broken: [
      ...outcome.broken.filter((sentence) => !sentence.includes(causedError)),
      ...Object.entries(tokens).flatMap(([name, count]) => unless(count === 0, `${count} tokens were issued while the ${name}`)),
      ...unless(again?.status === 200, `afterwards a sign-in answered ${again?.status} ${again?.errorCode}`),
      ...unless(/masterKeyFile .*cannot be read/.test(start), `a start without the key file: ${start}`),
      ...overTime(plan, 'a request', longest, longestRequestMilliseconds),
    ],
  }
}

/** What the database says to writes that are refused here; it is logged as it should be. */
const causedError = 'violates check constraint "broken"'

/** Statements that break a part and mend it. */
const parts: Readonly<Record<string, { readonly breakIt: string; readonly mend: string }>> = {
  'limiter was locked': { breakIt: 'begin; lock table attempts', mend: 'rollback' },
  'limiter refused to write': {
    breakIt: 'alter table attempts add constraint broken check (count < 0) not valid',
    mend: 'alter table attempts drop constraint broken',
  },
  'audit refused to write': {
    breakIt: "alter table events add constraint broken check (type = '') not valid",
    mend: 'alter table events drop constraint broken',
  },
  'sessions were locked': { breakIt: 'begin; lock table sessions', mend: 'rollback' },
}

/** Signs in and up, rightly and wrongly, and counts tokens. */
async function tokensIssued({ client }: Trial, times: number[]): Promise<number> {
  const wrong = { ...account, password: 'a wrong secret' }
  const fresh = { loginId: `fresh-${times.length}@example.com`, password: 'a secret of nobody yet' }
  let issued = 0
  for (const [path, body] of [
    ['password/signin', account],
    ['password/signin', wrong],
    ['password/signup', fresh],
  ] as const) {
    const began = performance.now()
    const answer = await client.call(path, { ...body })
    times.push(performance.now() - began)
    if (answer?.refreshJwt || answer?.status === 200) issued++
  }
  return issued
}

/** Root reads what it likes, so the server is started as somebody else where this is root. */
async function startWithoutKey(trial: Trial): Promise<string> {
  const { folder } = trial.installation
  const key = join(folder, 'master.key')
  const isRoot = process.getuid?.() === 0
  await chmod(key, 0o000)
  if (isRoot) await giveTo(folder, nobody)
  try {
    const server = await trial.installation.serve(
      isRoot ? { through: ['setpriv', `--reuid=${nobody}`, `--regid=${nobody}`, '--clear-groups'] } : {},
    )
    await server.kill()
    return 'served'
  } catch (error) {
    const text = error instanceof Error ? error.message : ''
    return `refused (${text.replaceAll('\n', ' ').slice(0, 200)})`
  } finally {
    if (isRoot) await giveTo(folder, 0)
    await chmod(key, 0o600)
  }
}

const nobody = 65_534

async function giveTo(folder: string, user: number): Promise<void> {
  await chown(folder, user, user)
  for (const name of await readdir(folder)) await chown(join(folder, name), user, user)
}
