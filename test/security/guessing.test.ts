import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Options, parseOptions } from '../../src/options.ts'
import { openStorage } from '../../src/storage/open.ts'
import { databases } from '../databases.ts'
import { type Answer, createKit, goodPassword, type Kit, onEveryDatabase } from '../kit.ts'
import { hashesOf } from './figures.ts'

const loginId = 'ada@example.com'
const wrongPassword = 'wrong password 1'
const newPassword = 'another good passphrase 2'

/** Addresses of documentation networks, each its own source. */
const address = (index: number) => `198.51.${100 + Math.floor(index / 256)}.${index % 256}`
const owner = '192.0.2.77'

const signIn = (kit: Kit, password: string, ip: string, id = loginId) =>
  kit.call('/v1/auth/password/signin', { ip, body: { loginId: id, password } })
const replace = (kit: Kit, oldPassword: string, ip: string, id = loginId) =>
  kit.call('/v1/auth/password/replace', { ip, body: { loginId: id, oldPassword, newPassword } })

/** Resets by mail through the API, from the owner's address. */
async function resetByMail(kit: Kit, password: string): Promise<void> {
  assert.equal((await kit.call('/v1/auth/password/reset', { ip: owner, body: { loginId } })).status, 200)
  const token = await kit.linkToken(loginId, 'password.reset')
  const session = await kit.call('/v1/auth/magiclink/verify', { ip: owner, body: { token } })
  assert.equal(session.status, 200)
  const body = { loginId, newPassword: password }
  assert.equal((await kit.call('/v1/auth/password/update', { ip: owner, token: session.body.refreshJwt, body })).status, 200)
}

function assertThrottled(answer: Answer): void {
  assert.deepEqual([answer.status, answer.body.errorCode], [429, 'E130429'])
  assert.match(answer.headers.get('retry-after') ?? '', /^[1-9]\d*$/)
}

onEveryDatabase(
  'BF-01: after 100 failures over all endpoints and sources the right password is refused too, until a mailed reset',
  async (kit) => {
    await kit.signUp(loginId)
    for (let i = 0; i < 100; i++) {
      const answer = await (i % 2 === 0 ? signIn : replace)(kit, wrongPassword, address(i))
      assert.deepEqual([answer.status, answer.body.errorCode], [401, 'E062903'], `try ${i + 1}`)
    }
    for (const refused of [await signIn(kit, goodPassword, owner), await replace(kit, goodPassword, '192.0.2.78')]) {
      assert.deepEqual([refused.status, refused.body.errorCode], [401, 'E062903'])
    }
    kit.clock.advance(30 * 86_400)
    assert.equal((await signIn(kit, goodPassword, owner)).status, 401, 'no time unlocks it')
    await resetByMail(kit, newPassword)
    assert.equal((await signIn(kit, newPassword, owner)).status, 200)
  },
)

onEveryDatabase(
  'BF-01: a locked account costs one hash, and its lock says nothing about the password',
  async (kit) => {
    await kit.signUp(loginId)
    for (let i = 0; i < 3; i++) await signIn(kit, wrongPassword, address(i))
    const right = await hashesOf(kit, () => signIn(kit, goodPassword, owner))
    assert.deepEqual([right.evaluated, right.right], [1, 0])
  },
  { limits: limitsWith({ accountFailures: 3 }) },
)

onEveryDatabase(
  'BF-01: success clears the count, an administrator lifts the lock',
  async (kit) => {
    await kit.signUp(loginId)
    for (let round = 0; round < 3; round++) {
      for (let i = 0; i < 4; i++) await signIn(kit, wrongPassword, address(round * 10 + i))
      assert.equal((await signIn(kit, goodPassword, owner)).status, 200)
    }
    for (let i = 0; i < 5; i++) await signIn(kit, wrongPassword, address(100 + i))
    assert.equal((await signIn(kit, goodPassword, owner)).status, 401)
    await kit.auth.api.unlockUser({ projectId: kit.projectId, loginId })
    assert.equal((await signIn(kit, goodPassword, owner)).status, 200)
  },
  { limits: limitsWith({ accountFailures: 5 }) },
)

onEveryDatabase(
  'BF-01: a reset on our own page lifts the lock as well',
  async (kit) => {
    await kit.signUp(loginId)
    for (let i = 0; i < 3; i++) await signIn(kit, wrongPassword, address(i))
    assert.equal((await signIn(kit, goodPassword, owner)).status, 401)
    await kit.call('/v1/auth/password/reset', { ip: owner, body: { loginId } })
    const t = await kit.linkToken(loginId, 'password.reset')
    const body = new URLSearchParams({ t, password: newPassword }).toString()
    const headers = { 'content-type': 'application/x-www-form-urlencoded' }
    assert.match((await kit.call(`/reset/${kit.projectId}`, { ip: owner, body, headers })).text, /is set/)
    assert.equal((await signIn(kit, newPassword, owner)).status, 200)
  },
  { limits: limitsWith({ accountFailures: 3 }) },
)

onEveryDatabase(
  'BF-02: of 30 wrong tries of one source 10 are evaluated; the rest are 429 and count for nothing',
  async (kit) => {
    await kit.signUp(loginId)
    const answers: Answer[] = []
    const attacker = address(1)
    const cost = await hashesOf(kit, async () => {
      for (let i = 0; i < 30; i++) answers.push(await (i % 3 === 0 ? replace : signIn)(kit, wrongPassword, attacker))
      answers.push(await signIn(kit, goodPassword, attacker))
    })
    assert.equal(cost.evaluated, 10)
    assert.deepEqual(
      answers.slice(0, 10).map(({ status }) => status),
      Array(10).fill(401),
    )
    for (const answer of answers.slice(10)) assertThrottled(answer)
    // Had the 21 throttled tries counted, the account would be locked now.
    assert.equal((await signIn(kit, goodPassword, owner)).status, 200)
    kit.clock.advance(900)
    assert.equal((await signIn(kit, goodPassword, attacker)).status, 200, 'the window ends')
  },
  { limits: limitsWith({ accountFailures: 12 }) },
)

onEveryDatabase('BF-02: a try that was never evaluated does not count towards any lock', async (kit) => {
  await kit.signUp(loginId)
  await kit.set({ password: { lock: true, lockAttempts: 2 } })
  const { projectId, auth } = kit
  for (let i = 0; i < 20; i++) {
    const gone = AbortSignal.abort()
    const request = new Request('http://127.0.0.1:8787/v1/auth/password/signin', {
      method: 'POST',
      headers: { authorization: `Bearer ${projectId}`, 'content-type': 'application/json' },
      body: JSON.stringify({ loginId, password: wrongPassword }),
    })
    Object.defineProperty(request, 'signal', { value: gone })
    await auth.handler(request, { remoteAddress: owner })
  }
  assert.equal((await signIn(kit, goodPassword, owner)).status, 200)
})

onEveryDatabase('BF-03: while a network guesses, the owner signs in every time, and the reset path stays open', async (kit) => {
  await kit.signUp(loginId)
  for (let i = 0; i < 90; i++) {
    kit.clock.advance(3)
    await signIn(kit, wrongPassword, address(i))
    if (i % 10 === 9) assert.equal((await signIn(kit, goodPassword, owner)).status, 200, `after ${i + 1} guesses`)
  }
  for (let i = 0; i < 120; i++) await signIn(kit, wrongPassword, address(100 + i))
  await resetByMail(kit, newPassword)
  assert.equal((await signIn(kit, newPassword, owner)).status, 200)
})

onEveryDatabase('BF-03: a flood of a source that is throttled already does not lock the owner out for its length', async (kit) => {
  await kit.signUp(loginId)
  for (let i = 0; i < 10; i++) await signIn(kit, wrongPassword, address(1))
  const flood = Array.from({ length: 300 }, () => signIn(kit, wrongPassword, address(1)))
  assert.equal((await signIn(kit, goodPassword, owner)).status, 200)
  for (const answer of await Promise.all(flood)) assertThrottled(answer)
})

onEveryDatabase('BF-04: one address over 1 000 accounts gets 20 of them evaluated', async (kit) => {
  const cost = await hashesOf(kit, async () => {
    for (let i = 0; i < 1000; i++) {
      const answer = await signIn(kit, wrongPassword, address(1), `user${i}@example.com`)
      if (i >= 20) assertThrottled(answer)
    }
  })
  assert.equal(cost.evaluated, 20)
  assert.equal((await signIn(kit, wrongPassword, address(2), 'user999@example.com')).status, 401, 'another source is not affected')
})

const oneNetwork = Array.from({ length: 60 }, (_, i) => `2001:db8:1:2:${i.toString(16)}::${(i * 7 + 1).toString(16)}`)
const oneAddress = [
  '2001:db8:1:2::9',
  '2001:0db8:0001:0002:0000:0000:0000:0009',
  '2001:DB8:1:2:0:0:0:9',
  '2001:db8:1:2::0.0.0.9',
  '2001:db8:1:2:0::9',
  '2001:db8:1:2::9%eth0',
]
const oneMapped = ['203.0.113.9', '::ffff:203.0.113.9', '::FFFF:cb00:7109', '0:0:0:0:0:ffff:203.0.113.9', '::ffff:cb00:7109%lo']

for (const [name, addresses] of [
  ['addresses of one /64', oneNetwork],
  ['text forms of one IPv6 address', oneAddress],
  ['text forms of one IPv4 address', oneMapped],
] as const) {
  onEveryDatabase(`BF-04: ${name} share one budget`, async (kit) => {
    const cost = await hashesOf(kit, async () => {
      for (let i = 0; i < 60; i++) await signIn(kit, wrongPassword, addresses[i % addresses.length] ?? '', `user${i}@example.com`)
    })
    assert.equal(cost.evaluated, 20)
  })
}

/** What a client may put before the entry that the one trusted proxy adds; with no trusted proxy it is the whole header. */
const forgedEntries = (i: number) =>
  [
    `10.0.${i}.1`,
    `2001:db8:${i.toString(16)}::1`,
    `::ffff:1.2.3.${i}`,
    `1.2.3.${i}, evil`,
    ','.repeat(8000),
    `"for=1.2.3.${i}"`,
    `unknown, 1.2.3.${i}`,
  ][i % 7] ?? ''

onEveryDatabase('BF-04: without a trusted proxy no X-Forwarded-For buys budget, not from loopback either', async (kit) => {
  for (const ip of ['203.0.113.5', '127.0.0.1']) {
    const cost = await hashesOf(kit, async () => {
      for (let i = 0; i < 60; i++) {
        const headers = { 'x-forwarded-for': forgedEntries(i), 'x-real-ip': `1.2.3.${i}`, forwarded: `for=1.2.3.${i}` }
        await kit.call('/v1/auth/password/signin', { ip, headers, body: { loginId: `${ip}-user${i}`, password: wrongPassword } })
      }
    })
    assert.equal(cost.evaluated, 20, ip)
  }
})

onEveryDatabase(
  'BF-04: with one trusted proxy only the entry that it added counts',
  async (kit) => {
    const throughProxy = (i: number, client: string) =>
      kit.call('/v1/auth/password/signin', {
        headers: { 'x-forwarded-for': `${forgedEntries(i)}, ${client}` },
        body: { loginId: `${client}-user${i}`, password: wrongPassword },
      })
    const one = await hashesOf(kit, async () => {
      for (let i = 0; i < 60; i++) await throughProxy(i, '203.0.113.5')
    })
    assert.equal(one.evaluated, 20)
    assert.equal((await throughProxy(1, '203.0.113.6')).status, 401, 'another client behind the proxy has its own')
  },
  { trustedProxyHops: 1 },
)

onEveryDatabase('BF-05: twelve spellings of the sign-in path share the counter or lead nowhere', async (kit) => {
  await kit.signUp(loginId)
  const spellings = [
    '/v1/auth/password/signin',
    '//v1/auth/password/signin',
    '/v1//auth///password/signin',
    '/v1/auth/password/signin/',
    '/v1/auth/password/signin//',
    '/v1/auth/./password/signin',
    '/v1/auth/x/../password/signin',
    '/v1/auth/%2e/password/signin',
    '/v1/auth/x/%2E%2e/password/signin',
    '/V1/Auth/Password/SignIn',
    '/v1/auth/password%2fsignin',
    '/v1/auth/password/%73ignin',
    '/v1/auth/password/signin?x=1',
    '/v1/auth/password/signin;x=1',
    '/v1/auth/password/signin%00',
  ]
  const statuses: number[] = []
  const cost = await hashesOf(kit, async () => {
    for (let round = 0; round < 4; round++) {
      for (const path of spellings) {
        const { status } = await kit.call(path, { ip: address(1), body: { loginId, password: wrongPassword } })
        statuses.push(status)
      }
    }
  })
  assert.equal(cost.evaluated, 10)
  assert.deepEqual(
    [...new Set(statuses)].filter((status) => ![400, 401, 404, 429].includes(status)),
    [],
  )
  assert.equal(statuses.filter((status) => status === 401).length, 10)
})

onEveryDatabase('BF-05: spellings of the login ID share the counter', async (kit) => {
  await kit.signUp(loginId)
  const spellings = ['ada@example.com', 'ADA@example.com', ' ada@example.com ', 'Ada@EXAMPLE.com', 'ada@ｅxample.com', 'ada@example。com']
  const cost = await hashesOf(kit, async () => {
    for (let i = 0; i < 30; i++) await signIn(kit, wrongPassword, address(1), spellings[i % spellings.length])
  })
  assert.equal(cost.evaluated, 10)
})

onEveryDatabase('BF-06: of 50 guesses at once at most 10 are evaluated, and none that is throttled succeeds', async (kit) => {
  await kit.signUp(loginId)
  for (let round = 0; round < 5; round++) {
    kit.clock.advance(901)
    const passwords = Array.from({ length: 50 }, (_, i) => `wrong password ${round} ${i}`)
    const cost = await hashesOf(kit, async () => {
      const answers = await Promise.all(passwords.map((password) => signIn(kit, password, address(1))))
      assert.ok(answers.every(({ status }) => status === 401 || status === 429))
    })
    assert.equal(cost.evaluated, 10)
  }
})

for (const database of databases) {
  test(`BF-06: two processes and a restart share one budget [${database.name}]`, async () => {
    const opened = await database.open()
    const first = await createKit(opened.storage)
    const elsewhere = await openStorage({ database: opened.url })
    const second = await createKit(elsewhere)
    await first.signUp(loginId)
    const { projectId } = first
    const guess = (kit: Kit) =>
      kit.call('/v1/auth/password/signin', { ip: address(1), projectId, body: { loginId, password: wrongPassword } })
    const answers = await Promise.all(Array.from({ length: 50 }, (_, i) => guess(i % 2 === 0 ? first : second)))
    await elsewhere.close()
    const restarted = await openStorage({ database: opened.url })
    const third = await createKit(restarted)
    for (let i = 0; i < 10; i++) answers.push(await guess(third))
    assert.equal(answers.filter(({ status }) => status === 401).length, 10)
    assert.equal(answers.filter(({ status }) => status === 429).length, 50)
    await restarted.close()
    await opened.close()
  })
}

function limitsWith(changes: Partial<Options['limits']>): Options['limits'] {
  return { ...parseOptions({ flags: {}, environment: {}, file: undefined }).limits, ...changes }
}
