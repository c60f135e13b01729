import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { test } from 'node:test'
import type { Deps } from '../../src/core/deps.ts'
import { coreErrors } from '../../src/core/errors.ts'
import { verifyManagementKey } from '../../src/core/management-keys.ts'
import { blocklistFile } from '../../src/core/password/blocklist.ts'
import { dictionariesFile } from '../../src/core/password/dictionaries.ts'
import { createPasswordRules } from '../../src/core/password/strength.ts'
import { liveSession } from '../../src/core/sessions.ts'
import type { Storage } from '../../src/core/storage.ts'
import * as features from '../../src/features/index.ts'
import { createHandler, defaultHttpOptions } from '../../src/http/handler.ts'
import { databases } from '../databases.ts'
import { type Answer, createKit, goodPassword, type Json, type Kit, onEveryDatabase } from '../kit.ts'
import { tamper } from './dump.ts'
import { type FailingStorage, failingStorage } from './failing-storage.ts'

const loginId = 'ada@example.com'
const readDictionaries = () => readFile(dictionariesFile)
const wrongPassword = 'wrong password 1'
const newPassword = 'another good passphrase 2'

const signIn = (kit: Kit, password = goodPassword, id = loginId) =>
  kit.call('/v1/auth/password/signin', { ip: '203.0.113.7', body: { loginId: id, password } })
const refresh = (kit: Kit, token: string) => kit.call('/v1/auth/refresh', { token, body: {} })
const holdsToken = ({ text }: Answer) => /"(?:session|refresh)Jwt":"[^"]/.test(text)

function assertClosed(answer: Answer, what: string): void {
  assert.ok(answer.status >= 400, `${what}: ${answer.status}`)
  assert.ok(!holdsToken(answer), what)
}

/** One test on each database, with a storage that can be made to fail. */
function withFailingStorage(name: string, run: (kit: Kit, failing: FailingStorage, storage: Storage) => Promise<void>): void {
  for (const database of databases) {
    test(`${name} [${database.name}]`, async () => {
      const opened = await database.open()
      try {
        const failing = failingStorage(opened.storage)
        const kit = await createKit(failing.storage)
        await run(kit, failing, opened.storage)
      } finally {
        await opened.close()
      }
    })
  }
}

/** Calls of the storage that some work makes. */
async function callsOf(failing: FailingStorage, work: () => Promise<unknown>): Promise<readonly string[]> {
  failing.called.clear()
  await work()
  return [...failing.called]
}

withFailingStorage('RL-11: a limiter that cannot count lets nobody in', async (kit, failing) => {
  await kit.signUp(loginId)
  failing.fail('attempts.take', 'attempts.takeEach', 'attempts.takeInSteps')
  for (const password of [goodPassword, wrongPassword]) {
    assertClosed(await signIn(kit, password), 'sign-in')
    const body = { loginId, oldPassword: password, newPassword }
    assertClosed(await kit.call('/v1/auth/password/replace', { body }), 'replace')
  }
  const taken = await kit.call('/v1/auth/password/signup', {
    ip: '203.0.113.7',
    body: { loginId: 'new@example.com', password: goodPassword },
  })
  assertClosed(taken, 'sign-up')
  await kit.call('/v1/auth/password/reset', { body: { loginId } })
  failing.fail()
  assert.ok(!(await kit.mails()).some(({ kind }) => kind === 'password.reset'))
  assert.equal((await signIn(kit)).status, 200, 'and afterwards all is well')
})

withFailingStorage(
  'RL-11: whichever call of a sign-in fails, a wrong password gives no token, and a right one no half session',
  async (kit, failing, storage) => {
    const { user } = await kit.signUp(loginId)
    const live = async () => (await storage.sessions.listForUser(kit.projectId, user.userId, kit.clock.nowSeconds())).length
    const names = await callsOf(failing, async () => {
      kit.clock.advance(2)
      await signIn(kit, wrongPassword)
      await signIn(kit)
    })
    assert.ok(names.includes('transaction') && names.includes('events.insert') && names.includes('users.forSignIn'), names.join(' '))
    for (const name of names) {
      kit.clock.advance(1000)
      failing.fail(name)
      assertClosed(await signIn(kit, wrongPassword), `${name}, wrong`)
      const before = await live()
      const right = await signIn(kit)
      failing.fail()
      if (right.status === 200) assert.equal(await live(), before + 1, name)
      else {
        assertClosed(right, `${name}, right`)
        assert.equal(await live(), before, name)
      }
      kit.clock.advance(1000)
      assert.equal((await signIn(kit)).status, 200, `after ${name}`)
    }
  },
)

withFailingStorage('RL-01, RL-11: whichever call of a sign-up fails, there is a whole user or none', async (kit, failing, storage) => {
  let count = 0
  const signUp = (id: string) => kit.call('/v1/auth/password/signup', { ip: '203.0.113.7', body: { loginId: id, password: goodPassword } })
  const names = await callsOf(failing, () => signUp('first@example.com'))
  assert.ok(names.includes('outbox.insert'), 'the verification mail is part of it')
  for (const name of names) {
    kit.clock.advance(2)
    const id = `user${count++}@example.com`
    failing.fail(name)
    const answer = await signUp(id)
    failing.fail()
    const account = await storage.users.byLoginId(kit.projectId, id)
    const mails = (await kit.mails()).filter(({ to }) => to === id)
    assert.equal(account !== undefined, answer.status === 200, name)
    assert.equal(mails.length, answer.status === 200 ? 1 : 0, name)
    if (answer.status !== 200) {
      assertClosed(answer, name)
      assert.equal((await signUp(id)).status, 200, `again after ${name}`)
    }
  }
})

for (const rotateJwt of [false, true]) {
  withFailingStorage(
    `SE-04: a refresh that fails in the database leaves the token usable, rotation ${rotateJwt ? 'on' : 'off'}`,
    async (kit, failing) => {
      await kit.set({ project: { rotateJwt } })
      let token: string = (await kit.signUp(loginId)).refreshJwt
      const names = await callsOf(failing, async () => {
        kit.clock.advance(2)
        token = (await refresh(kit, token)).body.refreshJwt
      })
      for (const name of names) {
        kit.clock.advance(60)
        failing.fail(name)
        const failed = await refresh(kit, token)
        failing.fail()
        if (failed.status !== 200) assertClosed(failed, name)
        const { status, body } = await refresh(kit, token)
        assert.equal(status, 200, `after ${name}`)
        token = body.refreshJwt
      }
    },
  )
}

withFailingStorage('RL-11: whichever call fails, what has ended stays ended', async (kit, failing) => {
  const ended = await kit.signUp(loginId)
  await kit.call('/v1/auth/logout', { token: ended.refreshJwt, body: {} })
  const disabled = await kit.signUp('off@example.com')
  await kit.auth.api.setUserStatus({ projectId: kit.projectId, loginId: 'off@example.com', status: 'disabled' })
  const live = await kit.signUp('live@example.com')
  await kit.call('/v1/auth/password/reset', { body: { loginId } })
  const token = await kit.linkToken(loginId, 'password.reset')
  assert.equal((await kit.call('/v1/auth/magiclink/verify', { body: { token } })).status, 200)
  const attempts: Readonly<Record<string, () => Promise<Answer>>> = {
    'an ended session': () => refresh(kit, ended.refreshJwt),
    'me of an ended session': () => kit.call('/v1/auth/me', { token: ended.refreshJwt }),
    'a session token of an ended session': () => kit.call('/v1/auth/validate', { token: ended.sessionJwt, body: {} }),
    'a disabled user': () => signIn(kit, goodPassword, 'off@example.com'),
    'the session of a disabled user': () => refresh(kit, disabled.refreshJwt),
    'a spent link': () => kit.call('/v1/auth/magiclink/verify', { body: { token } }),
    'a wrong management key': () => kit.call('/v1/mgmt/license', { token: `${kit.managementKey.slice(0, -3)}AAA` }),
    'an update of somebody else': () => kit.call('/v1/auth/password/update', { token: live.refreshJwt, body: { loginId, newPassword } }),
  }
  for (const [what, attempt] of Object.entries(attempts)) {
    for (const name of await callsOf(failing, attempt)) {
      kit.clock.advance(2)
      failing.fail(name)
      assertClosed(await attempt(), `${what}, ${name}`)
      failing.fail()
    }
    assertClosed(await attempt(), what)
  }
})

withFailingStorage(
  'RC-03, RL-01: whichever call of a reset fails, the link is spent with a new password or neither',
  async (kit, failing) => {
    const form = { 'content-type': 'application/x-www-form-urlencoded' }
    await kit.signUp(loginId)
    let current = goodPassword
    let count = 0
    const freshLink = async () => {
      kit.clock.advance(86_401)
      await kit.call('/v1/auth/password/reset', { body: { loginId } })
      return kit.linkToken(loginId, 'password.reset')
    }
    const post = (t: string, password: string) =>
      kit.call(`/reset/${kit.projectId}`, { body: new URLSearchParams({ t, password }).toString(), headers: form })
    const first = await freshLink()
    const names = await callsOf(failing, () => post(first, newPassword))
    current = newPassword
    assert.ok(names.includes('challenges.spend') && names.includes('outbox.insert'))
    for (const name of names) {
      const token = await freshLink()
      const next = `passphrase number ${count++} of this test`
      failing.fail(name)
      const answer = await post(token, next)
      failing.fail()
      const isDone = answer.status === 200 && answer.text.includes('is set')
      if (isDone) current = next
      assert.equal((await signIn(kit, current)).status, 200, name)
      const again = await post(token, `${next} again`)
      assert.equal(again.text.includes('is set'), !isDone, name)
      if (!isDone) current = `${next} again`
    }
  },
)

/** The same server with some of its parts replaced. */
function handlerWith(kit: Kit, replaced: Partial<Deps>) {
  const deps = { ...kit.auth.deps, ...replaced }
  return createHandler({
    deps,
    routes: Object.values(features).flatMap((feature) => feature.routes),
    options: { ...defaultHttpOptions, isStrict: true },
    identify: {
      identifyRefresh: (project, token) => liveSession(deps, { project, token, kind: 'DSR' }),
      identifySession: (project, token) => liveSession(deps, { project, token, kind: 'DS' }),
      verifyManagementKey: (project, key, address) => verifyManagementKey(deps, project, key, address),
    },
  })
}

async function post(kit: Kit, handler: ReturnType<typeof handlerWith>, path: string, body: Json): Promise<Answer> {
  const headers = { authorization: `Bearer ${kit.projectId}`, 'content-type': 'application/json' }
  const response = await handler(new Request(`http://127.0.0.1:8787${path}`, { method: 'POST', headers, body: JSON.stringify(body) }), {
    remoteAddress: '203.0.113.7',
  })
  const text = await response.text()
  return { status: response.status, text, headers: response.headers, body: JSON.parse(text) }
}

onEveryDatabase(
  'RL-11: a hasher that fails is a 500, one that is overloaded a 429 with Retry-After, and neither gives a token',
  async (kit) => {
    await kit.signUp(loginId)
    const { hasher } = kit.auth.deps
    for (const [error, status, code] of [
      [new Error('The worker was killed'), 500, 'E130500'],
      [coreErrors.RateLimited({ retryAfterSeconds: 1 }), 429, 'E130429'],
    ] as const) {
      const fail = async () => {
        throw error
      }
      const handler = handlerWith(kit, { hasher: { ...hasher, hash: fail, verify: fail } })
      for (const [path, body] of [
        ['/v1/auth/password/signin', { loginId, password: goodPassword }],
        ['/v1/auth/password/signin', { loginId, password: wrongPassword }],
        ['/v1/auth/password/replace', { loginId, oldPassword: goodPassword, newPassword }],
        ['/v1/auth/password/signup', { loginId: 'new@example.com', password: goodPassword }],
      ] as const) {
        const answer = await post(kit, handler, path, body)
        assert.deepEqual([answer.status, answer.body.errorCode], [status, code], path)
        assert.equal(answer.headers.get('retry-after'), status === 429 ? '1' : null)
        assertClosed(answer, path)
        assert.doesNotMatch(answer.text, /worker/)
      }
    }
    assert.equal((await signIn(kit)).status, 200, 'none of it counted as a failure')
  },
)

onEveryDatabase('RL-11: policy rules that fail refuse the password, and signing keys that fail give no token', async (kit) => {
  await kit.signUp(loginId)
  const fail = async () => {
    throw new Error('broken')
  }
  const rules = handlerWith(kit, { passwordRules: { ...kit.auth.deps.passwordRules, isCommon: () => assert.fail('broken') } })
  assertClosed(await post(kit, rules, '/v1/auth/password/signup', { loginId: 'new@example.com', password: goodPassword }), 'sign-up')
  assertClosed(await post(kit, rules, '/v1/auth/password/replace', { loginId, oldPassword: goodPassword, newPassword }), 'replace')
  const keys = handlerWith(kit, { signingKeys: { ...kit.auth.deps.signingKeys, current: fail, byId: fail } })
  assertClosed(await post(kit, keys, '/v1/auth/password/signin', { loginId, password: goodPassword }), 'sign-in')
  assertClosed(await post(kit, keys, '/v1/auth/password/signup', { loginId: 'new@example.com', password: goodPassword }), 'sign-up')
  const projectId = kit.projectId
  await assert.rejects(kit.auth.api.showUser({ projectId, loginId: 'new@example.com' }), { name: 'ManagedUserNotFound' })
  assert.equal((await signIn(kit)).status, 200, 'the password is the old one')
})

test('RL-11, PW-07: a blocklist that is missing a byte, cut or empty stops the start', async () => {
  const file = await readFile(blocklistFile)
  const flipped = Buffer.from(file)
  flipped.writeUInt8(flipped.readUInt8(1000) ^ 1, 1000)
  for (const damaged of [flipped, file.subarray(0, -6), file.subarray(0, 40), Buffer.alloc(0), Buffer.concat([file, Buffer.alloc(6)])]) {
    await assert.rejects(createPasswordRules(damaged, readDictionaries), /blocklist/)
  }
  assert.equal((await createPasswordRules(file, readDictionaries)).isCommon('password1'), true)
})

test('RL-11: dictionaries that are missing a byte, cut or empty stop the start', async () => {
  const [blocklist, file] = await Promise.all([readFile(blocklistFile), readDictionaries()])
  const flipped = Buffer.from(file)
  flipped.writeUInt8(flipped.readUInt8(1000) ^ 1, 1000)
  for (const damaged of [flipped, file.subarray(0, -6), file.subarray(0, 40), Buffer.alloc(0), Buffer.concat([file, Buffer.alloc(6)])]) {
    await assert.rejects(
      createPasswordRules(blocklist, async () => damaged),
      /dictionaries/,
    )
  }
})

onEveryDatabase(
  'RL-11: dictionaries that are lost while the server runs refuse passwords only where strength is asked for',
  async (kit) => {
    await kit.signUp(loginId)
    let reads = 0
    const passwordRules = await createPasswordRules(await readFile(blocklistFile), async () => {
      if (reads++ > 0) throw new Error('ENOENT: no such file')
      return readDictionaries()
    })
    const handler = handlerWith(kit, { passwordRules })
    const signUp = (id: string) => post(kit, handler, '/v1/auth/password/signup', { loginId: id, password: goodPassword })
    assert.equal((await signUp('before@example.com')).status, 200)
    assert.equal(reads, 1)
    await kit.set({ password: { enablePasswordStrength: true, passwordStrengthScore: 1 } })
    kit.clock.advance(60)
    for (const again of [1, 2]) {
      const answer = await signUp('new@example.com')
      assert.deepEqual([answer.status, answer.body.errorCode], [500, 'E130500'], `attempt ${again}`)
      assertClosed(answer, 'sign-up')
      assert.doesNotMatch(answer.text, /ENOENT/)
    }
    assertClosed(await post(kit, handler, '/v1/auth/password/replace', { loginId, oldPassword: goodPassword, newPassword }), 'replace')
    await assert.rejects(kit.auth.api.showUser({ projectId: kit.projectId, loginId: 'new@example.com' }), { name: 'ManagedUserNotFound' })
    assert.equal((await signIn(kit)).status, 200, 'the password is the old one')
  },
)

for (const database of databases) {
  test(`RL-11: settings or a password row that cannot be read let nobody in [${database.name}]`, async () => {
    const opened = await database.open()
    const kit = await createKit(opened.storage)
    const { user } = await kit.signUp(loginId)
    const rows = [
      `update credentials set data = '{"hash":"","setAt":1,"serial":1,"mustChange":false,"previous":[]}' where user_id = '${user.userId}'`,
      `update credentials set data = '{}' where user_id = '${user.userId}'`,
      `update credentials set data = 'null' where user_id = '${user.userId}'`,
      `update projects set settings = '{"password":{"lockAttempts":0}}' where id = '${kit.projectId}'`,
    ]
    for (const row of rows) {
      await tamper(opened, [row])
      kit.clock.advance(2)
      for (const password of [goodPassword, wrongPassword, '']) assertClosed(await signIn(kit, password), row)
      assertClosed(await kit.call('/v1/auth/password/replace', { body: { loginId, oldPassword: goodPassword, newPassword } }), row)
    }
    await opened.close()
  })
}
