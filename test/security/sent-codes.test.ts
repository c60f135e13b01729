import assert from 'node:assert/strict'
import { hash } from 'node:crypto'
import { test } from 'node:test'
import { databases } from '../databases.ts'
import { type Answer, createKit, goodPassword, type Kit, onEveryDatabase } from '../kit.ts'
import { dumpOf } from './dump.ts'
import { failingStorage } from './failing-storage.ts'

const told = ({ status, body }: Answer) => [status, body.errorCode]
const wrong = [401, 'E061102']
const known = 'known@example.com'

/** Addresses of documentation networks, each its own source. */
const address = (index: number) => `198.51.${100 + Math.floor(index / 256)}.${index % 256}`
const send = (kit: Kit, what: string, loginId: string, ip = '127.0.0.1') => kit.call(`/v1/auth/otp/${what}`, { ip, body: { loginId } })
const tryCode = (kit: Kit, code: unknown, loginId: string, ip = '127.0.0.1', method = 'email') =>
  kit.call(`/v1/auth/otp/verify/${method}`, { ip, body: { loginId, code } })
const codeFor = async (kit: Kit, loginId: string) => (await kit.mails()).find(({ to, code }) => to === loginId && code)?.code ?? '000000'
const otherThan = (code: string, offset = 1) => String((Number(code) + offset) % 1_000_000).padStart(6, '0')

/** What tells of a try, but for what is in every answer. */
const shown = ({ status, text, headers }: Answer) => `${status} ${text} ${headers.get('retry-after')}`

/** One login ID of every state. */
async function makeAccounts(kit: Kit): Promise<readonly string[]> {
  const { projectId, auth } = kit
  await kit.signUp(known)
  await kit.signUp('unverified@example.com', goodPassword, { isVerified: false })
  await kit.signUp('disabled@example.com')
  await auth.api.setUserStatus({ projectId, loginId: 'disabled@example.com', status: 'disabled' })
  await kit.manage('/v1/mgmt/user/create', { body: { loginId: 'test@example.com', email: 'test@example.com', test: true } })
  return [known, 'unverified@example.com', 'disabled@example.com', 'test@example.com', 'unknown@example.com']
}

onEveryDatabase('BF-07, EN-05: "send, five wrong tries" ends after fifty, alike for known, unknown and new login IDs', async (kit) => {
  await kit.signUp(known)
  const sequences = new Map<string, readonly string[]>()
  for (const [what, loginId] of [
    ['signin/email', known],
    ['signin/email', 'unknown@example.com'],
    ['signup/email', 'new@example.com'],
    ['signup-in/email', 'newer@example.com'],
  ] as const) {
    const seen: string[] = []
    for (let round = 0; round < 13; round++) {
      // As many messages as a recipient may have.
      kit.clock.advance(9_000)
      assert.equal((await send(kit, what, loginId, address(round))).status, 200)
      const guessed = otherThan(await codeFor(kit, loginId))
      for (let i = 0; i < 5; i++) seen.push(shown(await tryCode(kit, guessed, loginId, address(round * 5 + i))))
    }
    assert.equal(seen.filter((text) => text.includes('E061102')).length, 50, `${what} ${loginId}`)
    assert.ok(seen.slice(50).every((text) => text.includes('E061103')))
    sequences.set(`${what} ${loginId}`, seen)
    kit.clock.advance(9_000)
    await send(kit, what, loginId)
    const right = await tryCode(kit, await codeFor(kit, loginId), loginId, '192.0.2.9')
    assert.deepEqual(told(right), [401, 'E061103'], 'the right code is refused as well')
  }
  const [first, ...others] = sequences.values()
  for (const other of others) assert.deepEqual(other, first)
})

onEveryDatabase('EN-05: tries between codes, and codes that a limit holds back, are counted alike for every state', async (kit) => {
  const accounts = await makeAccounts(kit)
  for (const [turn, what] of ['signin/email', 'signup-in/email'].entries()) {
    const sequences = new Map<string, readonly string[]>()
    // So that every login ID has its turn at one time.
    for (const loginId of accounts) sequences.set(loginId, [])
    for (let round = 0; round < 8; round++) {
      if (round === 5) kit.clock.advance(1_000)
      for (const [index, loginId] of accounts.entries()) {
        const seen = [...(sequences.get(loginId) ?? [])]
        const ip = (i: number) => address(((turn * 8 + round) * accounts.length + index) * 8 + i)
        const { status } = await send(kit, what, loginId, ip(0))
        seen.push(String(status))
        const guessed = otherThan(await codeFor(kit, loginId))
        for (let i = 0; i < (round % 2 === 0 ? 7 : 3); i++) seen.push(shown(await tryCode(kit, guessed, loginId, ip(i))))
        sequences.set(loginId, seen)
      }
    }
    const unknown = sequences.get('unknown@example.com')
    for (const [loginId, sequence] of sequences) assert.deepEqual(sequence, unknown, `${what} ${loginId}`)
    kit.clock.advance(90_000)
  }
})

for (const database of databases) {
  test(`EN-03: starts and wrong tries ask the database for the same whoever is named [${database.name}]`, async () => {
    const opened = await database.open()
    try {
      const { storage, calls } = failingStorage(opened.storage)
      const kit = await createKit(storage)
      const accounts = await makeAccounts(kit)
      const asked = async (run: () => Promise<Answer>) => {
        calls.length = 0
        await run()
        // Older secrets go by user or by login ID: one statement of the same index.
        return calls.join(' ').replace(/deleteFor(User|LoginId)/, 'delete')
      }
      for (const what of ['signin/email', 'signup-in/email', 'signin/sms', 'signin/email']) {
        const method = what.split('/')[1] ?? ''
        // Whatever is remembered for a while is there after this.
        await send(kit, what, 'first@example.com')
        const starts = new Set<string>()
        const tries = new Set<string>()
        for (const loginId of accounts) {
          starts.add(await asked(() => send(kit, what, loginId)))
          const guessed = otherThan(await codeFor(kit, loginId))
          tries.add(await asked(() => tryCode(kit, guessed, loginId, '203.0.113.7', method)))
        }
        assert.deepEqual([starts.size, tries.size], [1, 1], [what, ...starts, ...tries].join('\n'))
        kit.clock.advance(3_600)
      }
    } finally {
      await opened.close()
    }
  })

  test(`RC-02: a dump holds no code that was sent, and a million guesses find none in it [${database.name}]`, async () => {
    const opened = await database.open()
    try {
      const kit = await createKit(opened.storage)
      await kit.signUp(known)
      const phone = '+15555550123'
      await send(kit, 'signin/email', known)
      await send(kit, 'signup/sms', phone)
      const dump = await dumpOf(opened)
      for (const loginId of [known, phone]) {
        const code = await codeFor(kit, loginId)
        const forms = [code, Buffer.from(code).toString('hex'), Buffer.from(code).toString('base64').replace(/=+$/, '')]
        for (const form of forms) assert.doesNotMatch(dump, new RegExp(`(?<![0-9A-Za-z_+/-])${form}(?![0-9A-Za-z_+/-])`))
      }
      if (database.name !== 'sqlite') return
      const stored = await opened.storage.challenges.newestForLoginId(kit.projectId, phone, 'otp')
      assert.ok(stored && dump.includes(stored.secretDigest))
      const digest = Buffer.from(stored.secretDigest, 'base64url').toString('hex')
      for (let guess = 0; guess < 1_000_000; guess++) {
        const code = String(guess).padStart(6, '0')
        for (const text of [code, phone + code]) {
          if (hash('sha256', text) === digest || hash('sha224', text) === digest.slice(0, 56)) assert.fail('a guess was right')
        }
      }
    } finally {
      await opened.close()
    }
  })
}

onEveryDatabase('RC-03: of fifty uses of one right code of a sign-up at once one makes the user', async (kit) => {
  for (let round = 0; round < 3; round++) {
    const loginId = `new${round}@example.com`
    await send(kit, round === 2 ? 'signup-in/email' : 'signup/email', loginId)
    const code = await codeFor(kit, loginId)
    const answers = await Promise.all(Array.from({ length: 50 }, (_, i) => tryCode(kit, code, loginId, address(round * 50 + i))))
    assert.equal(answers.filter(({ status }) => status === 200).length, 1)
    assert.ok(answers.every(({ status }) => status === 200 || status === 401))
    assert.deepEqual(told(await tryCode(kit, code, loginId, '192.0.2.1')), wrong)
  }
})

onEveryDatabase('RC-03: of two users who prove one new login ID at once none fails with an error of the server', async (kit) => {
  for (const method of ['otp', 'enchantedlink']) {
    const email = `wanted-${method}@example.com`
    const proofs: (() => Promise<Answer>)[] = []
    for (const name of ['one', 'two']) {
      const loginId = `${name}-${method}@example.com`
      const { refreshJwt: token } = await kit.signUp(loginId)
      const body = { loginId, email, addToLoginIDs: true }
      const started = await kit.call(`/v1/auth/${method}/update/email`, { token, body })
      assert.equal(started.status, 200, started.text)
      const [mail] = await kit.mails()
      if (method === 'otp') {
        proofs.push(() => tryCode(kit, mail?.code, loginId))
        continue
      }
      const { linkId, pendingRef } = started.body
      const { url = '' } = mail?.links.find(({ number }) => number === linkId) ?? {}
      await kit.call('/v1/auth/enchantedlink/verify', { body: { token: new URL(url).searchParams.get('t') } })
      proofs.push(() => kit.call('/v1/auth/enchantedlink/pending-session', { body: { pendingRef } }))
    }
    const answers = await Promise.all(proofs.map((prove) => prove()))
    const text = JSON.stringify(answers.map(told))
    assert.ok(
      answers.some(({ status }) => status === 200),
      text,
    )
    assert.ok(
      answers.every(({ status }) => status === 200 || status === 401),
      text,
    )
  }
})

onEveryDatabase('RC-03: of a link and a code that sign one login ID up, at once, one makes the user', async (kit) => {
  for (let round = 0; round < 3; round++) {
    const loginId = `both${round}@example.com`
    await send(kit, 'signup/email', loginId)
    const code = await codeFor(kit, loginId)
    await kit.call('/v1/auth/magiclink/signup/email', { body: { loginId } })
    const token = await kit.linkToken(loginId, 'magicLink.signUp')
    const answers = await Promise.all([
      tryCode(kit, code, loginId),
      kit.call('/v1/auth/magiclink/verify', { body: { token } }),
      kit.call('/v1/auth/password/signup', { body: { loginId, password: goodPassword } }),
    ])
    assert.equal(answers.filter(({ status }) => status === 200).length, 1, JSON.stringify(answers.map(told)))
    assert.deepEqual(
      answers.map(({ status }) => status).filter((status) => status >= 500),
      [],
    )
  }
})

onEveryDatabase(
  'RC-04, RC-05: the code of a sign-up is bound to its login ID, method, project and time, and voided by a newer one',
  async (kit) => {
    const [mine, other] = ['mine@example.com', 'other@example.com']
    await send(kit, 'signup/email', mine)
    const code = await codeFor(kit, mine)
    await send(kit, 'signup/email', other)
    const { projectId } = await kit.auth.api.createProject({ name: 'Neighbour' })
    assert.notEqual(code, await codeFor(kit, other))
    assert.deepEqual(told(await tryCode(kit, code, other)), wrong)
    assert.deepEqual(told(await tryCode(kit, code, mine, '127.0.0.1', 'sms')), wrong)
    const abroad = await kit.call('/v1/auth/otp/verify/email', { projectId, body: { loginId: mine, code } })
    assert.deepEqual(told(abroad), wrong)
    kit.clock.advance(1)
    await send(kit, 'signup/email', mine)
    const newer = await codeFor(kit, mine)
    if (newer !== code) assert.deepEqual(told(await tryCode(kit, code, mine)), wrong)
    kit.clock.advance(179)
    assert.equal((await tryCode(kit, newer, mine)).status, 200)
    for (const [what, loginId] of [
      ['signup/email', 'late@example.com'],
      ['signin/email', mine],
    ] as const) {
      await send(kit, what, loginId)
      kit.clock.advance(180)
      assert.deepEqual(told(await tryCode(kit, await codeFor(kit, loginId), loginId)), wrong)
    }
    await assert.rejects(kit.set({ otp: { expirationTime: 11 } }))
  },
)

onEveryDatabase('RC-05: a password change, another address, a lock and a deletion void the code of a user', async (kit) => {
  const { projectId } = kit
  for (const [index, change] of [
    (loginId: string) => kit.auth.api.setPassword({ projectId, loginId, password: 'another good passphrase 2' }),
    (loginId: string) => kit.manage('/v1/mgmt/user/update/email', { body: { loginId, email: 'else@example.com', verified: true } }),
    (loginId: string) => kit.manage('/v1/mgmt/user/update/status', { body: { loginId, status: 'disabled' } }),
    (loginId: string) => kit.manage('/v1/mgmt/user/delete', { body: { loginId } }),
  ].entries()) {
    const loginId = `user${index}@example.com`
    await kit.signUp(loginId)
    await send(kit, 'signin/email', loginId)
    await change(loginId)
    assert.notEqual((await tryCode(kit, await codeFor(kit, loginId), loginId)).status, 200, `change ${index}`)
  }
})

onEveryDatabase('RC-09: codes are six digits in a text, exactly', async (kit) => {
  await kit.signUp(known)
  await send(kit, 'signin/email', known)
  const code = await codeFor(kit, known)
  const fullWidth = code.replace(/\d/g, (digit) => String.fromCodePoint(0xff10 + Number(digit)))
  for (const [index, given] of [` ${code}`, `${code} `, `+${code}`, fullWidth].entries()) {
    assert.equal((await tryCode(kit, given, known, address(index))).status, 401, given)
  }
  for (const given of [Number(code), [code], { $eq: code }, null, true]) {
    assert.equal((await tryCode(kit, given, known)).status, 400, JSON.stringify(given))
  }
  assert.equal((await tryCode(kit, code, known)).status, 200)
})
