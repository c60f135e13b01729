import assert from 'node:assert/strict'
import { test } from 'node:test'
import { databases } from '../databases.ts'
import { type Answer, createKit, goodPassword, type Json, type Kit, onEveryDatabase } from '../kit.ts'
import { dumpOf, formsOf } from './dump.ts'
import { failingStorage } from './failing-storage.ts'

const told = ({ status, body }: Answer) => [status, body?.errorCode]
const noToken = [401, 'E062504']
const pending = [401, 'E062503']
const known = 'known@example.com'
const next = 'another good passphrase 2'

const post = (kit: Kit, path: string, body: object, token?: string) =>
  kit.call(`/v1/auth/${path}`, { body, ...(token === undefined ? {} : { token }) })
const tokenOf = (link = '') => new URL(link).searchParams.get('t') ?? ''
const newest = async (kit: Kit, to: string) => (await kit.mails()).find((mail) => mail.to === to && (mail.link || mail.links.length > 0))
const verify = (kit: Kit, token: string) => post(kit, 'magiclink/verify', { token })
const poll = (kit: Kit, pendingRef: string) => post(kit, 'enchantedlink/pending-session', { pendingRef })
const fiftyOf = (run: () => Promise<Answer>) => Promise.all(Array.from({ length: 50 }, run))
const load = async (kit: Kit, loginId: string) => (await kit.manage(`/v1/mgmt/user?loginId=${encodeURIComponent(loginId)}`)).body?.user

/** Asks for a link, and answers how it is redeemed; a numbered one is clicked before. */
async function sendLink(kit: Kit, what: string, to: string, body: object, token?: string): Promise<() => Promise<Answer>> {
  kit.clock.advance(1)
  const started = await post(kit, what, body, token)
  assert.equal(started.status, 200, started.text)
  const mail = await newest(kit, to)
  const { linkId, pendingRef } = started.body
  if (!pendingRef) return () => verify(kit, tokenOf(mail?.link))
  const link = mail?.links.find(({ number }) => number === linkId)
  await post(kit, 'enchantedlink/verify', { token: tokenOf(link?.url) })
  return () => poll(kit, pendingRef)
}

function assertOneWon(answers: readonly Answer[], what: string): Json {
  const won = answers.filter(({ status }) => status === 200)
  assert.equal(won.length, 1, what)
  const others = new Set(answers.filter(({ status }) => status !== 200).map((answer) => String(told(answer))))
  assert.ok(others.size === 1 && (others.has(String(noToken)) || others.has(String(pending))), `${what}: ${[...others]}`)
  return won[0]?.body
}

for (const method of ['magiclink', 'enchantedlink']) {
  onEveryDatabase(`RC-03: of fifty uses at once of a ${method} of every purpose one wins, and nothing happens twice`, async (kit) => {
    const sessionsOf = async (userId: string) =>
      (await kit.auth.deps.storage.sessions.listForUser(kit.projectId, userId, kit.clock.nowSeconds())).length
    for (const mode of ['signup', 'signin', 'signup-in'] as const) {
      const redeem = await sendLink(kit, `${method}/${mode}/email`, known, { loginId: known })
      const { user } = assertOneWon(await fiftyOf(redeem), mode)
      assert.equal(await sessionsOf(user.userId), { signup: 1, signin: 2, 'signup-in': 3 }[mode])
    }
    kit.clock.advance(3_600)
    const { refreshJwt } = await kit.signUp('ada@example.com')
    const update = { loginId: 'ada@example.com', email: 'ada@new.example' }
    assertOneWon(await fiftyOf(await sendLink(kit, `${method}/update/email`, update.email, update, refreshJwt)), 'update')
    const merge = { loginId: 'ada@example.com', email: known, addToLoginIDs: true }
    const merged = assertOneWon(await fiftyOf(await sendLink(kit, `${method}/update/email`, known, merge, refreshJwt)), 'merge')
    assert.deepEqual(merged.user.loginIds.toSorted(), ['ada@example.com', known])
    const changed = (await kit.mails()).filter(({ kind, to }) => kind === 'email.changed' && to === 'ada@new.example')
    assert.equal(changed.length, 2, 'RC-13: once as the new one, once as the old one')
  })
}

onEveryDatabase('RC-03: of two secrets that sign one login ID up at once, one makes the user, and the other is void', async (kit) => {
  for (const other of ['signup', 'signup-in'] as const) {
    const loginId = `${other}@example.com`
    const one = await sendLink(kit, 'magiclink/signup/email', loginId, { loginId })
    const two = await sendLink(kit, `enchantedlink/${other}/email`, loginId, { loginId })
    const answers = await Promise.all(Array.from({ length: 20 }, (_, index) => (index % 2 === 0 ? one() : two())))
    const won = answers.filter(({ status }) => status === 200)
    // The second of sign-up-or-in may sign in whom the first made.
    assert.ok(won.length >= 1 && won.length <= (other === 'signup' ? 1 : 2))
    assert.equal(new Set(won.map(({ body }) => body.user.userId)).size, 1)
    assert.equal(won.filter(({ body }) => body.firstSeen).length, 1)
    assert.ok(answers.every(({ status }) => status === 200 || status === 401))
  }
})

onEveryDatabase('RC-03: two people who merge each other at once end as one', async (kit) => {
  for (let round = 0; round < 3; round++) {
    const names = [`a${round}@example.com`, `b${round}@example.com`] as const
    const [one, two] = [await kit.signUp(names[0]), await kit.signUp(names[1])]
    const redeems: (() => Promise<Answer>)[] = []
    for (const [{ refreshJwt }, loginId, email] of [[one, ...names] as const, [two, names[1], names[0]] as const]) {
      redeems.push(await sendLink(kit, 'magiclink/update/email', email, { loginId, email, addToLoginIDs: true }, refreshJwt))
    }
    const answers = await Promise.all(redeems.map((redeem) => redeem()))
    assert.ok(answers.every(({ status }) => status === 200 || status === 401))
    assert.equal(answers.filter(({ status }) => status === 200).length, 1, JSON.stringify(answers.map(told)))
    const owners = new Set(await Promise.all(names.map(async (name) => (await load(kit, name)).userId)))
    assert.equal(owners.size, 1)
    kit.clock.advance(3_600)
  }
})

/** What voids a secret, for a user of a login ID. */
const ends: Readonly<Record<string, (kit: Kit, loginId: string) => Promise<unknown>>> = {
  'password change': (kit, loginId) => kit.manage('/v1/mgmt/user/password/set/active', { body: { loginId, password: next } }),
  'own password change': async (kit, loginId) => {
    const body = { loginId, oldPassword: goodPassword, newPassword: next }
    assert.equal((await post(kit, 'password/replace', body)).status, 200)
  },
  'another address': (kit, loginId) =>
    kit.manage('/v1/mgmt/user/update/email', { body: { loginId, email: `new-${loginId}`, verified: true } }),
  'another phone': (kit, loginId) => kit.manage('/v1/mgmt/user/update/phone', { body: { loginId, phone: '+15555550100', verified: true } }),
  'own change of address': async (kit, loginId) => {
    const { refreshJwt } = (await post(kit, 'password/signin', { loginId, password: goodPassword })).body
    const body = { loginId, email: `own-${loginId}` }
    await post(kit, 'otp/update/email', body, refreshJwt)
    const { code } = (await kit.mails()).find(({ to }) => to === body.email) ?? {}
    assert.equal((await post(kit, 'otp/verify/email', { loginId, code })).status, 200)
  },
  disabling: async (kit, loginId) => {
    for (const status of ['disabled', 'enabled']) await kit.manage('/v1/mgmt/user/update/status', { body: { loginId, status } })
  },
  deletion: (kit, loginId) => kit.manage('/v1/mgmt/user/delete', { body: { loginId } }),
  merge: async (kit, loginId) => {
    const asker = `asker-of-${loginId}`
    const { refreshJwt } = await kit.signUp(asker)
    await post(kit, 'otp/update/email', { loginId: asker, email: loginId, addToLoginIDs: true }, refreshJwt)
    const { code } = (await kit.mails()).find(({ to, kind }) => to === loginId && kind === 'otp.update') ?? {}
    assert.equal((await post(kit, 'otp/verify/email', { loginId: asker, code })).status, 200)
  },
}

for (const [name, end] of Object.entries(ends)) {
  onEveryDatabase(`RC-05: ${name} voids every link that was sent before`, async (kit) => {
    const secrets = {
      'magiclink/signin/email': 'magic link',
      'enchantedlink/signin/email': 'numbered link that was clicked',
      'magiclink/signup-in/email': 'link from before the account',
      'password/reset': 'reset',
    }
    for (const [index, [what, secret]] of Object.entries(secrets).entries()) {
      const loginId = `u${index}@example.com`
      const isBefore = secret.includes('before')
      if (!isBefore) await kit.signUp(loginId)
      const redeem = await sendLink(kit, what, loginId, { loginId })
      if (isBefore) await kit.signUp(loginId)
      await end(kit, loginId)
      const answer = await redeem()
      assert.deepEqual(told(answer), secret.startsWith('numbered') ? pending : noToken, `${secret}: ${answer.text}`)
      kit.clock.advance(3_600)
    }
  })
}

onEveryDatabase('RC-04: each kind of link works in its last second and not after, and expired looks like unknown', async (kit) => {
  await kit.set({
    magicLink: { expirationTime: 10 },
    enchantedLink: { expirationTime: 10 },
    password: { resetExpirationTime: 1_440 },
  })
  const { refreshJwt } = await kit.signUp(known)
  const fresh = (index: number) => `new${index}@example.com`
  for (const [index, [what, seconds, body]] of (
    [
      ['magiclink/signin/email', 600, { loginId: known }],
      ['magiclink/signup/email', 600, {}],
      ['magiclink/signup-in/email', 600, {}],
      ['magiclink/update/email', 600, { loginId: known, email: known }],
      ['enchantedlink/signin/email', 600, { loginId: known }],
      ['enchantedlink/signup/email', 600, {}],
      ['password/reset', 86_400, { loginId: known }],
    ] as const
  ).entries()) {
    for (const isLate of [true, false]) {
      kit.clock.advance(3_600)
      const to = 'loginId' in body ? known : fresh(index)
      const redeem = await sendLink(kit, what, to, { loginId: to, ...body }, what.includes('update') ? refreshJwt : undefined)
      kit.clock.advance(isLate ? seconds : seconds - 1)
      const answer = await redeem()
      const unknown = what.startsWith('enchanted') ? await poll(kit, `C${'0'.repeat(27)}.${'A'.repeat(43)}`) : await verify(kit, 'C.x')
      if (isLate) assert.equal(answer.text, unknown.text, what)
      else assert.equal(answer.status, 200, `${what} ${answer.text}`)
    }
  }
  for (const changes of [
    { magicLink: { expirationTime: 11 } },
    { enchantedLink: { expirationTime: 11 } },
    { password: { resetExpirationTime: 2_880 } },
  ]) {
    await assert.rejects(kit.set(changes))
  }
})

/** Every kind of link there is, asked for; answers what is secret of them. */
async function sendEverything(kit: Kit): Promise<readonly string[]> {
  const { refreshJwt } = await kit.signUp(known)
  const refs: string[] = []
  for (const [what, body, token] of [
    ['magiclink/signin/email', { loginId: known }],
    ['magiclink/signup/email', { loginId: 'one@example.com' }],
    ['magiclink/signup-in/sms', { loginId: '+15555550123' }],
    ['enchantedlink/signin/email', { loginId: known }],
    ['enchantedlink/signup/email', { loginId: 'two@example.com' }],
    ['enchantedlink/signin/email', { loginId: 'nobody@example.com' }],
    ['enchantedlink/update/email', { loginId: known, email: 'three@example.com' }, refreshJwt],
  ] as const) {
    const { body: answer } = await post(kit, what, body, token)
    if (answer.pendingRef) refs.push(answer.pendingRef)
  }
  const codes: string[] = []
  for (const resetMethod of ['magiclink', 'enchantedlink', 'otp'] as const) {
    await kit.set({ password: { resetMethod, resetTypedCode: true } })
    const { body } = await post(kit, 'password/reset', { loginId: known })
    if (body.pendingRef) refs.push(body.pendingRef)
  }
  for (const { link, links, code } of await kit.mails()) {
    for (const url of [link, ...links.map((one) => one.url)]) if (url) refs.push(tokenOf(url))
    if (code) codes.push(code)
  }
  return [...refs.map((token) => token.split('.')[1] ?? ''), ...codes]
}

for (const database of databases) {
  test(`RC-02: neither the database nor its log holds a link, a reference or a code of any kind [${database.name}]`, async () => {
    const opened = await database.open()
    try {
      const kit = await createKit(opened.storage)
      const secrets = await sendEverything(kit)
      assert.ok(secrets.length > 20)
      const dump = await dumpOf(opened)
      for (const secret of secrets) {
        if (secret.length > 6) for (const form of formsOf(secret)) assert.ok(!dump.includes(form))
        else assert.doesNotMatch(dump, new RegExp(`(?<![0-9A-Za-z_+/-])${secret}(?![0-9A-Za-z_+/-])`))
      }
    } finally {
      await opened.close()
    }
  })

  test(`EN-03: every start answers alike, byte for byte, and asks the database for the same, whoever is named [${database.name}]`, async () => {
    const opened = await database.open()
    try {
      const { storage, calls } = failingStorage(opened.storage)
      const kit = await createKit(storage)
      const names = await makeAccounts(kit)
      for (const [what, changes] of starts) {
        await kit.set({ password: { resetTypedCode: true }, ...changes })
        const answers = new Map<string, string[]>()
        // Whatever is remembered for a while is there after this.
        await post(kit, what, { loginId: 'first@example.com' })
        for (const name of names) {
          calls.length = 0
          const answer = await post(kit, what, { loginId: `${name}@example.com` })
          const asked = calls.join(' ').replace(/deleteFor(User|LoginId)/, 'delete')
          const key = `${shown(answer)} ${asked}`
          answers.set(key, [...(answers.get(key) ?? []), name])
        }
        assert.equal(answers.size, 1, `${what}\n${JSON.stringify([...answers], undefined, 1)}`)
        kit.clock.advance(3_600)
      }
    } finally {
      await opened.close()
    }
  })
}

/** Each start whose answer must not tell who is there. */
const starts: readonly (readonly [string, object])[] = [
  ...['magiclink', 'otp'].flatMap((method) =>
    ['signin', 'signup-in'].flatMap((mode) => ['email', 'sms', 'whatsapp'].map((way) => [`${method}/${mode}/${way}`, {}] as const)),
  ),
  ['enchantedlink/signin/email', {}],
  ['enchantedlink/signup-in/email', {}],
  ...(['magiclink', 'enchantedlink', 'otp'] as const).map(
    (resetMethod) => ['password/reset', { password: { resetMethod, resetTypedCode: true } }] as const,
  ),
  ...['magiclink', 'otp', 'enchantedlink'].map((method) => [`${method}/signup/email`, { project: { strictSignUp: true } }] as const),
]

/** One account of every state, of names that are equally long and begin alike. */
async function makeAccounts(kit: Kit): Promise<readonly string[]> {
  const { projectId, auth } = kit
  for (const name of ['u-known-----', 'u-disabled--']) await kit.signUp(`${name}@example.com`)
  await kit.signUp('u-unverified@example.com', goodPassword, { isVerified: false })
  await auth.api.createUser({ projectId, loginId: 'u-nopassword@example.com' })
  await auth.api.verifyUser({ projectId, loginId: 'u-nopassword@example.com' })
  await auth.api.setUserStatus({ projectId, loginId: 'u-disabled--@example.com', status: 'disabled' })
  await kit.manage('/v1/mgmt/user/create', { body: { loginId: 'u-tester----@example.com', email: 'u-tester----@example.com', test: true } })
  await kit.manage('/v1/mgmt/user/create', { body: { loginId: 'u-noaddress-@example.com' } })
  await kit.manage('/v1/mgmt/user/update/email', { body: { loginId: 'u-noaddress-@example.com', email: '', verified: false } })
  return ['u-unknown---', 'u-known-----', 'u-disabled--', 'u-unverified', 'u-nopassword', 'u-tester----', 'u-noaddress-']
}

/** Everything of an answer that a client can see, but for what is random in it. */
function shown({ status, text, headers }: Answer): string {
  const kept = [...headers].filter(([name]) => name !== 'x-request-id' && name !== 'date')
  const fixed = text.replace(/"linkId":"\d\d"/, '"linkId":"00"').replace(/"pendingRef":"C[\w-]{27}\.[\w-]{43}"/, '"pendingRef":"…"')
  return JSON.stringify([status, kept, fixed])
}
