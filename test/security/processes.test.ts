import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Ports } from '../../src/auth.ts'
import type { Clock } from '../../src/core/ports.ts'
import { claimsOf } from '../../src/features/access-keys/test-access-keys.ts'
import { parseOptions } from '../../src/options.ts'
import { openStorage } from '../../src/storage/open.ts'
import { databases } from '../databases.ts'
import { type Answer, type Call, createKit, goodPassword, type Json, type Kit, testClock } from '../kit.ts'

/** Two processes over one database. What a process does holds on the other one within a second, and what is to happen once happens once. */

interface Pair {
  readonly kit: Kit
  /** A call of the project of `kit`, answered by the other process. */
  there(path: string, call?: Call): Promise<Answer>
  readonly other: Kit
}

type Setting = {
  readonly clocks?: readonly [Clock, Clock]
  readonly overrides?: Parameters<typeof createKit>[1]
  readonly listens?: boolean
}

const realClock: Clock = {
  nowSeconds: () => Math.floor(Date.now() / 1000),
  nowMilliseconds: () => Date.now(),
  monotonicMilliseconds: () => performance.now(),
}

/** One test on every database. Unless it `listens`, the other process is deaf, so that what holds does so by the age of what is cached. */
function onTwoProcesses(title: string, run: (pair: Pair) => Promise<void>, setting: Setting = {}): void {
  const { clocks: [clock, otherClock] = [realClock, realClock], overrides = {}, listens = false } = setting
  for (const kind of databases) {
    if (listens && kind.name === 'sqlite') continue
    test(`${title} [${kind.name}]`, { timeout: 120_000 }, async () => {
      const database = await kind.open()
      const ports = (own: Clock): Ports => ({ clock: own })
      const kit = await createKit(database.storage, overrides, ports(clock))
      const other = await createKit(await openStorage({ database: database.url }), overrides, ports(otherClock))
      if (listens) other.auth.start()
      try {
        await run({ kit, other, there: (path, call = {}) => other.call(path, { projectId: kit.projectId, ...call }) })
      } finally {
        await other.auth.close()
        await database.close()
      }
    })
  }
}

const withinMilliseconds = 1_000

/**
 * Asks the other process over and over, from before the change on, until it follows: of the requests that begin more than a second after the answer to the change none may be answered as
 * before. How long a request takes does not matter.
 */
async function follows(name: string, isAsBefore: () => Promise<boolean>, change: () => Promise<Answer | undefined>): Promise<void> {
  let changedAt = Number.POSITIVE_INFINITY
  assert.equal(await isAsBefore(), true, `${name}: before`)
  const changing = change().then((answer) => {
    if (answer) assert.equal(answer.status, 200, `${name}: ${answer.text}`)
    changedAt = performance.now()
  })
  for (let following = 0; following < 3; ) {
    const beganAt = performance.now()
    if (await isAsBefore()) {
      assert.ok(beganAt <= changedAt + withinMilliseconds, `${name}: as before ${Math.round(beganAt - changedAt)} ms after the change`)
      following = 0
    } else if (beganAt > changedAt) following++
    await Promise.race([changing, new Promise(setImmediate)])
  }
  await changing
}

const isFine = async (asked: Promise<Answer>) => (await asked).status === 200

onTwoProcesses('SE-06: a user who is disabled, deleted or loses a role on one process is so on the other within a second', async (pair) => {
  const { kit, there } = pair
  const refresh = (session: Json) => there('/v1/auth/refresh', { method: 'POST', token: session.refreshJwt })
  for (const [loginId, path, body] of [
    ['a@example.com', '/v1/mgmt/user/update/status', { status: 'disabled' }],
    ['b@example.com', '/v1/mgmt/user/logout', {}],
    ['c@example.com', '/v1/mgmt/user/delete', {}],
  ] as const) {
    const session = await kit.signUp(loginId)
    const change = () => kit.manage(path, { body: { loginId, ...body } })
    await follows(path, () => isFine(refresh(session)), change)
  }
  const session = await kit.signUp('d@example.com')
  const made = await kit.manage('/v1/mgmt/role/create', { body: { name: 'Editor' } })
  assert.equal(made.status, 200, made.text)
  const roles = { loginId: 'd@example.com', roleNames: ['Editor'] }
  assert.equal((await kit.manage('/v1/mgmt/user/update/role/add', { body: roles })).status, 200)
  const hasRole = async () => claimsOf((await refresh(session)).body.sessionJwt).roles?.includes('Editor') ?? false
  await follows('role/remove', hasRole, () => kit.manage('/v1/mgmt/user/update/role/remove', { body: roles }))
})

onTwoProcesses(
  'MG-02: keys that are revoked or switched off on one process are refused by the other within a second',
  async ({ kit, there }) => {
    const management = (await kit.manage('/v1/mgmt/managementkey', { method: 'PUT', body: { name: 'made' } })).body
    const access = (await kit.manage('/v1/mgmt/accesskey/create', { body: { name: 'made' } })).body
    await follows(
      'management key',
      () => isFine(there('/v1/mgmt/license', { token: management.cleartext })),
      () => kit.manage('/v1/mgmt/managementkey/delete', { body: { ids: [management.key.id] } }),
    )
    await follows(
      'access key',
      () => isFine(there('/v1/auth/accesskey/exchange', { token: access.cleartext, body: {} })),
      () => kit.manage('/v1/mgmt/accesskey/deactivate', { body: { id: access.key.id } }),
    )
  },
)

/** The key that a token was signed with. */
function keyOf(jwt: string): string {
  return JSON.parse(Buffer.from(jwt.split('.')[0] ?? '', 'base64url').toString('utf8')).kid
}

/** What is cached: settings and signing keys of a project. */
async function followCached({ kit, there }: Pair): Promise<void> {
  const { projectId } = kit
  const credentials = { loginId: 'ada@example.com', password: goodPassword }
  const session = await kit.signUp(credentials.loginId)
  const minLength = async () => (await there('/v1/auth/password/policy')).body.minLength
  const before = await minLength()
  await follows(
    'settings',
    async () => (await minLength()) === before,
    async () => void (await kit.set({ password: { minLength: before + 4 } })),
  )
  await follows(
    'emergency rotation',
    () => isFine(there('/v1/auth/validate', { token: session.sessionJwt, body: {} })),
    async () => void (await kit.auth.api.rotateSigningKey({ projectId, isEmergency: true })),
  )
  const { sessionJwt } = (await there('/v1/auth/password/signin', { body: credentials })).body
  assert.notEqual(keyOf(sessionJwt), keyOf(session.sessionJwt))
  assert.equal((await kit.call('/v1/auth/validate', { token: sessionJwt, body: {} })).status, 200)
  const { keys } = (await there(`/v2/keys/${projectId}`)).body
  assert.deepEqual(
    keys.map(({ kid }: Json) => kid),
    [keyOf(sessionJwt)],
  )
  await follows(
    'project',
    () => isFine(there('/v1/auth/password/policy')),
    () => kit.manage('/v1/mgmt/project/delete', { body: {} }),
  )
}

onTwoProcesses('SE-06, JW-06: settings, signing keys and the end of a project hold on the other process within a second', followCached)

/** A clock that stands still: what is cached never grows old by itself. */
const still = testClock()
onTwoProcesses('changes are told: what is cached follows at once where the database passes it on', followTold, {
  clocks: [still, still],
  listens: true,
})

async function followTold({ kit, there }: Pair): Promise<void> {
  const untilTold = async (isAsBefore: () => Promise<boolean>) => {
    while (await isAsBefore()) await new Promise(setImmediate)
  }
  const { projectId } = kit
  const minLength = async () => (await there('/v1/auth/password/policy')).body.minLength
  const before = await minLength()
  await kit.set({ password: { minLength: before + 4 } })
  await untilTold(async () => (await minLength()) === before)
  const published = async () => (await there(`/v2/keys/${projectId}`)).body.keys.length
  assert.equal(await published(), 1)
  await kit.auth.api.rotateSigningKey({ projectId })
  await untilTold(async () => (await published()) === 1)
}

const limits = {
  ...{ accountSource: { max: 4, perSeconds: 900 }, accountFailures: 6, sourceFailures: { max: 0, perSeconds: 300 } },
  ...{ sourceAccounts: { max: 0, perSeconds: 600 } },
}

onTwoProcesses(
  'BF-01, BF-02, BF-06: two processes count as one, also at the same time',
  async ({ kit, other, there }) => {
    const loginId = 'ada@example.com'
    await kit.signUp(loginId)
    const attempt = (turn: number, ip: string, password = 'wrong horse battery 1') =>
      (turn % 2 ? kit.call : there)('/v1/auth/password/signin', { ip, body: { loginId, password } })
    const statuses = async (count: number, ip: string) =>
      (await Promise.all(Array.from({ length: count }, (_, turn) => attempt(turn, ip)))).map(({ status }) => status)
    const evaluated = async (count: number, ip: string) => (await statuses(count, ip)).filter((status) => status === 401).length
    assert.equal(await evaluated(12, '192.0.2.1'), 4, 'ten of one source, here four, on both together')
    assert.equal((await attempt(0, '192.0.2.1', goodPassword)).status, 429)
    assert.equal((await attempt(1, '192.0.2.1', goodPassword)).status, 429)
    assert.equal((await attempt(0, '192.0.2.2', goodPassword)).status, 200, 'the owner is not shut out')
    for (const ip of ['192.0.2.3', '192.0.2.4']) await evaluated(6, ip)
    for (const turn of [0, 1]) assert.equal((await attempt(turn, '192.0.2.5', goodPassword)).status, 401, 'locked on both')
    await other.auth.api.unlockUser({ projectId: kit.projectId, loginId })
    for (const turn of [0, 1]) assert.equal((await attempt(turn, '192.0.2.6', goodPassword)).status, 200, 'and unlocked on both')
  },
  { overrides: { limits: { ...parseOptions({ flags: {}, environment: {}, file: undefined }).limits, ...limits } } },
)

onTwoProcesses('RL-03, RC-03, SE-02: what is to happen once happens once over two processes', async ({ kit, other, there }) => {
  const onBoth = (path: string, call: Call, times = 6) =>
    Promise.all(Array.from({ length: times }, (_, turn) => (turn % 2 ? kit.call : there)(path, call)))
  const won = (answers: readonly Answer[]) => answers.filter(({ status }) => status === 200)
  for (const loginId of ['a@example.com', 'b@example.com', 'c@example.com']) {
    const signUps = await onBoth('/v1/auth/password/signup', { body: { loginId, password: goodPassword } })
    assert.equal(won(signUps).length, 1)
    for (const lost of signUps) if (lost.status !== 200) assert.deepEqual([lost.status, lost.body.errorCode], [400, 'E062107'])
  }
  await kit.auth.api.verifyUser({ projectId: kit.projectId, loginId: 'a@example.com' })
  await kit.call('/v1/auth/password/reset', { body: { loginId: 'a@example.com' } })
  const token = await kit.linkToken('a@example.com', 'password.reset')
  assert.equal(won(await onBoth('/v1/auth/magiclink/verify', { body: { token } })).length, 1)

  await kit.set({ project: { rotateJwt: true } })
  other.auth.deps.projects.forget(kit.projectId)
  const session = await kit.signUp('d@example.com')
  const refreshed = await onBoth('/v1/auth/refresh', { method: 'POST', token: session.refreshJwt })
  const successors = new Set(won(refreshed).map(({ body }) => body.refreshJwt))
  assert.equal(won(refreshed).length, refreshed.length)
  assert.equal(successors.size, 1, 'whoever loses the race gets what the winner made')
})

for (const skew of [-5, 5]) {
  const [clock, skewed] = [testClock(), testClock(1_790_000_000 + skew)]
  onTwoProcesses(
    `RL-07: a process whose clock is ${Math.abs(skew)} seconds ${skew < 0 ? 'behind' : 'ahead'} serves what another one makes`,
    async ({ kit, other, there }) => {
      const body = { loginId: 'ada@example.com', password: goodPassword }
      const session = await kit.signUp(body.loginId)
      const access = (await kit.manage('/v1/mgmt/accesskey/create', { body: { name: 'made', expireTime: clock.nowSeconds() + 60 } })).body
      for (const [name, path, call] of [
        ['me', '/v1/auth/me', { token: session.refreshJwt }],
        ['validate', '/v1/auth/validate', { token: session.sessionJwt, body: {} }],
        ['refresh', '/v1/auth/refresh', { method: 'POST', token: session.refreshJwt }],
        ['sign-in', '/v1/auth/password/signin', { body }],
        ['access key', '/v1/auth/accesskey/exchange', { token: access.cleartext, body: {} }],
        ['reset', '/v1/auth/password/reset', { body: { loginId: body.loginId } }],
      ] as const) {
        const answer = await there(path, call)
        assert.equal(answer.status, 200, `${name}: ${answer.text}`)
      }
      const token = await kit.linkToken(body.loginId, 'password.reset')
      assert.equal((await kit.call('/v1/auth/magiclink/verify', { body: { token } })).status, 200)
      await kit.auth.api.rotateSigningKey({ projectId: kit.projectId, isEmergency: true })
      other.auth.deps.signingKeys.forget(kit.projectId)
      const again = await there('/v1/auth/password/signin', { body })
      assert.equal(again.status, 200, again.text)
      assert.equal((await kit.call('/v1/auth/validate', { token: again.body.sessionJwt, body: {} })).status, 200)
    },
    { clocks: [clock, skewed] },
  )
}
