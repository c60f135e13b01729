import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { test } from 'node:test'
import { newOneTimeCode, sixDigits } from '../../src/core/one-time-codes.ts'
import { createSealer, digest } from '../../src/core/secrets.ts'
import { signInTerms } from '../../src/core/sign-in-challenges.ts'
import { loginId, testUserKit, tokenOf } from '../../src/features/testers/test-testers.ts'
import { parseOptions } from '../../src/options.ts'
import { databases } from '../databases.ts'
import { type Answer, createKit, goodPassword, type Kit, onEveryDatabase, testClock } from '../kit.ts'
import { dumpOf } from './dump.ts'

const told = ({ status, body }: Answer) => [status, body.errorCode]
const wrong = [401, 'E061102']
const tooMany = [401, 'E061103']

/** Addresses of documentation networks, each its own source. */
const address = (index: number) => `198.51.${100 + Math.floor(index / 256)}.${index % 256}`
const tryCode = (kit: Kit, code: string, ip: string, id = loginId) =>
  kit.call('/v1/auth/otp/verify/email', { ip, body: { loginId: id, code } })
const otherThan = (code: string, offset = 1) => String((Number(code) + offset) % 1_000_000).padStart(6, '0')
const limitsWith = (changes: object) => ({
  limits: { ...parseOptions({ flags: {}, environment: {}, file: undefined }).limits, ...changes },
})

const random = { bytes: (length: number) => randomBytes(length) }
const draw = 10_000

/** The chi-square of the digits at each place of many codes, against each as likely as the other. */
function chiSquares(): readonly number[] {
  const counts = Array.from({ length: 6 }, () => new Uint32Array(10))
  for (let i = 0; i < draw; i++) {
    const code = sixDigits(random)
    assert.match(code, /^\d{6}$/)
    for (const [place, digit] of [...code].entries()) {
      const row = counts[place]
      if (row) row[Number(digit)] = (row[Number(digit)] ?? 0) + 1
    }
  }
  return counts.map((row) => row.reduce((sum, count) => sum + (count - draw / 10) ** 2 / (draw / 10), 0))
}

test('BF-07: the digits of 10 000 codes are uniform at p > 0.01, at every place', () => {
  // 21.67 is the chi-square of nine degrees of freedom at p = 0.01; a fair source is over it once in a hundred, hardly ever in two draws at one place.
  const isOver = (values: readonly number[]) => values.map((value) => value > 21.67)
  const first = isOver(chiSquares())
  const again = first.includes(true) ? isOver(chiSquares()) : []
  assert.ok(!first.some((is, place) => is && again[place]))
})

test('BF-07: draws that would favour low codes are thrown away', () => {
  const drawn = (...draws: string[]) => sixDigits({ bytes: () => Buffer.from(draws.shift() ?? '', 'hex') })
  assert.equal(drawn('ffffffff', 'fff13d80', 'fff13d7f'), '999999', '4 293 999 999 is the last draw that counts')
  assert.equal(drawn('00000007'), '000007')
})

onEveryDatabase('BF-07: five tries for a code, the right one after them is refused as well; a new code has five again', async (kit) => {
  const { generate } = await testUserKit(kit)
  const { code } = (await generate('otp')).body
  for (let i = 0; i < 5; i++) assert.deepEqual(told(await tryCode(kit, otherThan(code), address(i))), wrong, `try ${i + 1}`)
  for (let i = 5; i < 8; i++) assert.deepEqual(told(await tryCode(kit, code, address(i))), tooMany)
  const next = (await generate('otp')).body.code
  for (let i = 10; i < 14; i++) assert.deepEqual(told(await tryCode(kit, otherThan(next), address(i))), wrong)
  assert.equal((await tryCode(kit, next, address(14))).status, 200)
})

onEveryDatabase('BF-06: of fifty guesses at once five are evaluated', async (kit) => {
  const { generate, user: account } = await testUserKit(kit)
  const { code } = (await generate('otp')).body
  const answers = await Promise.all(Array.from({ length: 50 }, (_, index) => tryCode(kit, otherThan(code, index + 1), address(index))))
  const count = (code: string) => answers.filter(({ body }) => body.errorCode === code).length
  assert.deepEqual([count('E061102'), count('E061103')], [5, 45])
  assert.deepEqual(told(await tryCode(kit, code, address(60))), tooMany)
  const failures = await kit.auth.deps.storage.events.forUser(kit.projectId, account.userId, { types: ['otp.verify'], limit: 99 })
  assert.equal(failures.length, 5)
})

onEveryDatabase('RC-03: of fifty uses of the right code at once one signs in, and of five there are at most', async (kit) => {
  const { generate } = await testUserKit(kit)
  for (let round = 0; round < 3; round++) {
    const { code } = (await generate('otp')).body
    const answers = await Promise.all(Array.from({ length: 50 }, (_, index) => tryCode(kit, code, address(round * 50 + index))))
    assert.equal(answers.filter(({ status }) => status === 200).length, 1)
    assert.ok(answers.every(({ status }) => status === 200 || status === 401))
  }
})

onEveryDatabase(
  'BF-07: new codes never reset the failures of the account: fifty to a mailbox, until it is unlocked or succeeds',
  async (kit) => {
    const { generate } = await testUserKit(kit)
    let evaluated = 0
    for (let round = 0; round < 15; round++) {
      const { code } = (await generate('otp')).body
      for (let i = 0; i < 5; i++) {
        if ((await tryCode(kit, otherThan(code), address(round * 5 + i))).body.errorCode === 'E061102') evaluated++
      }
    }
    assert.equal(evaluated, 50)
    const locked = (await generate('otp')).body.code
    assert.deepEqual(told(await tryCode(kit, locked, '192.0.2.7')), tooMany)
    kit.clock.advance(30 * 86_400)
    const later = (await generate('otp')).body.code
    assert.deepEqual(told(await tryCode(kit, later, '192.0.2.7')), tooMany, 'no time unlocks it')
    await kit.auth.api.unlockUser({ projectId: kit.projectId, loginId })
    const last = (await generate('otp')).body.code
    assert.equal((await tryCode(kit, last, '192.0.2.7')).status, 200)
  },
)

onEveryDatabase(
  'BF-01: codes and passwords are counted apart, mailbox and phone each by itself, and a success clears its own count',
  async (kit) => {
    const { generate, verifyCode } = await testUserKit(kit)
    const fail = async (deliveryMethod: string, ip: string) => {
      const { code } = (await generate('otp', { deliveryMethod })).body
      return kit.call(`/v1/auth/otp/verify/${deliveryMethod}`, { ip, body: { loginId, code: otherThan(code) } })
    }
    for (let i = 0; i < 3; i++) assert.deepEqual(told(await fail('sms', address(i))), wrong)
    assert.deepEqual(told(await fail('sms', address(3))), tooMany)
    const succeed = async (deliveryMethod: string) => verifyCode((await generate('otp', { deliveryMethod })).body.code, deliveryMethod)
    assert.equal((await succeed('sms')).status, 401)
    assert.equal((await succeed('voice')).status, 401, 'another way to the same phone')
    assert.equal((await kit.call('/v1/auth/password/signin', { body: { loginId, password: goodPassword } })).status, 200)
    for (let round = 0; round < 3; round++) {
      for (let i = 0; i < 2; i++) assert.deepEqual(told(await fail('email', address(10 + round * 2 + i))), wrong)
      assert.equal((await succeed('email')).status, 200)
    }
    assert.equal((await succeed('sms')).status, 401, 'nothing of this unlocks the other method')
  },
  limitsWith({ accountFailures: 6 }),
)

onEveryDatabase('BF-02, BF-04: failed codes count for the source like failed passwords', async (kit) => {
  const { generate } = await testUserKit(kit)
  const ip = '203.0.113.9'
  const answers: unknown[] = []
  for (let i = 0; i < 11; i++) {
    const { code } = (await generate('otp')).body
    answers.push(told(await tryCode(kit, otherThan(code), ip))[1])
  }
  assert.deepEqual(answers, [...Array(10).fill('E061102'), 'E130429'])
})

onEveryDatabase('EN-05: eight wrong codes for known, unknown and codeless login IDs are answered alike', async (kit) => {
  const { generate } = await testUserKit(kit)
  await generate('otp')
  await kit.signUp('codeless@example.com')
  const sequences = new Set<string>()
  for (const [index, id] of [loginId, 'codeless@example.com', 'nobody@example.com', '+15550001111'].entries()) {
    const seen: unknown[] = []
    for (let i = 0; i < 8; i++) {
      const { status, text, headers } = await tryCode(kit, '000000', address(index * 8 + i), id)
      seen.push([status, text, headers.get('retry-after')])
    }
    sequences.add(JSON.stringify(seen))
  }
  assert.equal(sequences.size, 1, [...sequences].join('\n'))
})

onEveryDatabase('RC-04, RC-05: a code is bound to its login ID, method and address, its time, and voided by a newer one', async (kit) => {
  const { storage } = kit.auth.deps
  const { projectId } = kit
  const { user: account, generate, verifyCode } = await testUserKit(kit)
  await storage.users.addLoginId(projectId, account.userId, { canonical: 'second', shown: 'second' })
  await testUserKit(kit, 'grace@example.com')
  const make = async (body: object = {}): Promise<string> => (await generate('otp', body)).body.code
  const code = await make()
  for (const [method, body] of [
    ['sms', {}],
    ['email', { loginId: 'second' }],
    ['email', { loginId: 'grace@example.com' }],
  ] as const) {
    assert.deepEqual(told(await verifyCode(code, method, body)), wrong, JSON.stringify([method, body]))
  }
  assert.equal((await verifyCode(code)).status, 200)
  assert.deepEqual(told(await verifyCode(code)), wrong, 'once')

  const older = await make()
  const newer = await make()
  assert.deepEqual(told(await verifyCode(older === newer ? otherThan(newer) : older)), wrong)
  await storage.users.update(projectId, account.userId, { email: 'new@example.com' })
  assert.deepEqual(told(await verifyCode(newer)), wrong, 'the address is another')

  for (const [seconds, isLive] of [
    [179, true],
    [180, false],
  ] as const) {
    const timed = await make({ loginId: 'second' })
    kit.clock.advance(seconds)
    assert.equal((await verifyCode(timed, 'email', { loginId: 'second' })).status === 200, isLive)
  }
  const voided = await make()
  await kit.auth.api.setPassword({ projectId, loginId, password: 'another good passphrase 2' })
  assert.deepEqual(told(await verifyCode(voided)), wrong)
})

onEveryDatabase('codes that are no codes are refused, with a word of the code', async (kit) => {
  const { verifyCode } = await testUserKit(kit)
  for (const code of ['', null, undefined, 123_456, ['123456'], '1'.repeat(17)]) {
    const answer = await verifyCode(code as string)
    assert.equal(answer.status, 400)
    assert.match(answer.body.errorMessage, /code/)
  }
  for (const code of ['12345', 'abcdef', ' 12345']) assert.match((await verifyCode(code)).body.errorMessage, /code/)
  assert.equal((await verifyCode('123456', 'pigeon')).status, 400)
  await kit.set({ otp: { enabled: false } })
  assert.deepEqual(told(await verifyCode('123456')), [403, 'E061001'])
})

test('RC-02: what is stored of a code cannot be searched without the key', () => {
  const sealer = createSealer(randomBytes(32), random)
  const deps = { clock: testClock(), random, sealer }
  const terms = signInTerms({ method: 'email', isSent: true })
  const { record, code } = newOneTimeCode(deps, {
    ...{ projectId: 'P1', userId: 'U1', address: 'a@example.com', ttlSeconds: 60 },
    ...{ data: terms, namedLoginId: 'a' },
  })
  for (const guess of [code, `${record.id}${code}`, `a@example.com${code}`, `otp/P1/${record.id}\0${code}`]) {
    assert.notEqual(digest(guess), record.secretDigest)
  }
  assert.notEqual(createSealer(randomBytes(32), random).keyedDigest(`otp/P1/${record.id}`, code), record.secretDigest)
  assert.ok(!JSON.stringify(record).includes(code))
})

for (const database of databases) {
  test(`RC-02: no code, link or pending reference lies in the database as it is [${database.name}]`, async () => {
    const opened = await database.open()
    try {
      const kit = await createKit(opened.storage)
      const { generate } = await testUserKit(kit)
      const { code } = (await generate('otp')).body
      const { link, pendingRef } = (await generate('enchantedlink')).body
      const magic = (await generate('magiclink')).body.link
      const embedded = (await kit.manage('/v1/mgmt/user/signin/embeddedlink', { body: { loginId } })).body.token
      const dump = await dumpOf(opened)
      assert.ok(dump.includes(kit.projectId), 'the dump is one')
      const secrets = [tokenOf(link), pendingRef, tokenOf(magic), embedded].map((token) => token.split('.')[1] ?? '')
      for (const secret of secrets) {
        assert.equal(Buffer.from(secret, 'base64url').length, 32, 'RC-01')
        assert.ok(!dump.includes(secret))
      }
      assert.doesNotMatch(dump, new RegExp(`(?<![0-9A-Za-z_-])${code}(?![0-9A-Za-z_-])`))
    } finally {
      await opened.close()
    }
  })
}
