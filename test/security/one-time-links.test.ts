import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type ChallengePurpose, challengePurposes, newChallenge } from '../../src/core/challenges.ts'
import { newEnchantedLink } from '../../src/core/enchanted-links.ts'
import { newVouchedUser } from '../../src/core/new-users.ts'
import { newOneTimeCode, storeOneTimeCode } from '../../src/core/one-time-codes.ts'
import { signInTerms } from '../../src/core/sign-in-challenges.ts'
import { testUserKit, tokenOf } from '../../src/features/testers/test-testers.ts'
import { type Answer, type Kit, onEveryDatabase } from '../kit.ts'

const told = ({ status, body }: Answer) => [status, body.errorCode]
const loginId = 'ada@example.com'
const pending = [401, 'E062503']
const noToken = [401, 'E062504']
const form = { 'content-type': 'application/x-www-form-urlencoded' }

/** What is shown of a secret: a token, or a code with its login ID, and where it would be shown. */
interface Secret {
  readonly token: string
  readonly code: string
}

/** Makes a secret of each purpose, straight into storage. */
const secretOf = async (kit: Kit, purpose: ChallengePurpose, userId: string): Promise<Secret> => {
  const { deps } = kit.auth
  const { projectId } = kit
  const found = await deps.storage.users.byId(projectId, userId)
  const project = await deps.projects.byId(projectId)
  if (!found || !project) throw new Error('There is no such user')
  const terms = signInTerms({ method: 'email', isSent: true })
  const target = { projectId, userId, address: found.user.email, ttlSeconds: 60 }
  if (purpose === 'otp') {
    const made = newOneTimeCode(deps, { ...target, data: terms, namedLoginId: loginId })
    await storeOneTimeCode(deps.storage, made.record)
    return { token: `${made.record.id}.${'A'.repeat(43)}`, code: made.code }
  }
  if (purpose === 'enchantedLink') {
    const made = newEnchantedLink(deps, { ...target, data: terms })
    await deps.storage.challenges.insert(made.record)
    return { token: made.link.token, code: 'none' }
  }
  const signUp = { user: { loginId: `new-${purpose}`, details: {} } }
  assert.ok(newVouchedUser(deps, project, signUp.user))
  const isSignUp = purpose === 'embeddedSignUp' || purpose === 'signUp'
  const made = newChallenge(deps, { ...target, purpose, data: isSignUp ? signUp : {} })
  await deps.storage.challenges.insert(isSignUp ? { ...made.record, userId: '', address: '' } : made.record)
  return { token: made.token, code: 'none' }
}

const post = (kit: Kit, path: string, fields: Record<string, string>) =>
  kit.call(path, { body: new URLSearchParams(fields).toString(), headers: form })

/** Every place where a one-time secret is redeemed: whether it was taken, and the purposes that it is for. */
const places: Readonly<
  Record<string, { readonly purposes: readonly ChallengePurpose[]; take(kit: Kit, secret: Secret): Promise<boolean> }>
> = {
  'magiclink/verify': {
    purposes: ['passwordReset', 'verifyEmail', 'magicLink', 'invite', 'embeddedSignIn', 'embeddedSignUp', 'signUp'],
    take: async (kit, { token }) => (await kit.call('/v1/auth/magiclink/verify', { body: { token } })).status === 200,
  },
  'enchantedlink/verify': {
    purposes: ['enchantedLink'],
    take: async (kit, { token }) => (await kit.call('/v1/auth/enchantedlink/verify', { body: { token } })).status === 200,
  },
  'enchantedlink/pending-session': {
    purposes: [],
    take: async (kit, { token }) =>
      (await kit.call('/v1/auth/enchantedlink/pending-session', { body: { pendingRef: token } })).status === 200,
  },
  'otp/verify': {
    purposes: ['otp'],
    take: async (kit, { token, code }) => {
      const shown = code === 'none' ? token.slice(0, 16) : code
      return (await kit.call('/v1/auth/otp/verify/email', { body: { loginId, code: shown } })).status === 200
    },
  },
  'our page for resets and invitations': {
    purposes: ['passwordReset', 'invite'],
    take: async (kit, { token }) =>
      (await post(kit, `/reset/${kit.projectId}`, { t: token, password: 'another good passphrase 2' })).text.includes('is set'),
  },
  'our page for addresses': {
    purposes: ['verifyEmail'],
    take: async (kit, { token }) => (await post(kit, `/verify/${kit.projectId}`, { t: token })).text.includes('is confirmed'),
  },
}

for (const [name, { purposes, take }] of Object.entries(places)) {
  onEveryDatabase(`RC-05: ${name} takes secrets made for it, and no others`, async (kit) => {
    const { user } = await kit.signUp(loginId)
    const taken: ChallengePurpose[] = []
    for (const purpose of challengePurposes) {
      await kit.auth.deps.storage.challenges.deleteForUser(kit.projectId, user.userId)
      if (await take(kit, await secretOf(kit, purpose, user.userId))) taken.push(purpose)
    }
    assert.deepEqual(new Set(taken), new Set(purposes))
  })
}

test('RC-05: every purpose is redeemed somewhere', () => {
  const redeemed = new Set(Object.values(places).flatMap(({ purposes }) => purposes))
  assert.deepEqual(redeemed, new Set(challengePurposes))
})

onEveryDatabase('RC-05: a link proves an address only when it was sent there', async (kit) => {
  const { storage } = kit.auth.deps
  for (const [isSent, method, expected] of [
    [true, 'email', [true, false]],
    [true, 'sms', [false, true]],
    [true, 'whatsapp', [false, true]],
    [false, 'email', [false, false]],
    [false, 'sms', [false, false]],
    [false, 'embedded', [false, false]],
  ] as const) {
    const { user } = await kit.signUp(`${method}-${isSent}@example.com`, undefined, { isVerified: false })
    await storage.users.update(kit.projectId, user.userId, { phone: '+15555555555' })
    const address = method === 'embedded' ? '' : method === 'email' ? user.email : '+15555555555'
    const data = signInTerms({ method, isSent })
    const made = newChallenge(kit.auth.deps, {
      projectId: kit.projectId,
      userId: user.userId,
      purpose: 'magicLink',
      address,
      ttlSeconds: 60,
      data,
    })
    await storage.challenges.insert(made.record)
    const { body, status } = await kit.call('/v1/auth/magiclink/verify', { body: { token: made.token } })
    assert.deepEqual([status, [body.user.verifiedEmail, body.user.verifiedPhone]], [200, expected], `${method} ${isSent}`)
    const stored = (await storage.users.byId(kit.projectId, user.userId))?.user
    assert.deepEqual([stored?.isEmailVerified, stored?.isPhoneVerified], expected)
  }
})

test('RC-12: three links with three numbers of two digits, three tokens and a reference, 256 bits each', async () => {
  const { randomBytes } = await import('node:crypto')
  const deps = {
    clock: { nowSeconds: () => 1_790_000_000, nowMilliseconds: () => 0, monotonicMilliseconds: () => 0 },
    random: { bytes: randomBytes },
  }
  const places = new Set<number>()
  for (let i = 0; i < 200; i++) {
    const terms = signInTerms({ method: 'email', isSent: true })
    const { links, link, pendingRef } = newEnchantedLink(deps, { projectId: 'P1', userId: 'U1', address: 'a', ttlSeconds: 60, data: terms })
    const numbers = links.map(({ linkId }) => linkId)
    assert.ok(numbers.every((number) => /^[1-9]\d$/.test(number)))
    assert.equal(new Set(numbers).size, 3)
    const secrets = [...links.map(({ token }) => token), pendingRef]
    assert.equal(new Set(secrets).size, 4)
    for (const secret of secrets) assert.equal(Buffer.from(secret.split('.')[1] ?? '', 'base64url').length, 32)
    places.add(links.indexOf(link))
  }
  assert.deepEqual(places, new Set([0, 1, 2]), 'the right one is at no place more')
})

/** A mail with three links, as it will be sent, straight into storage. */
async function threeLinks(kit: Kit) {
  const { user } = await kit.signUp(loginId)
  const terms = signInTerms({ method: 'email', isSent: true })
  const target = { projectId: kit.projectId, userId: user.userId, address: user.email, ttlSeconds: 180 }
  const made = newEnchantedLink(kit.auth.deps, { ...target, data: terms })
  await kit.auth.deps.storage.challenges.insert(made.record)
  const confirm = (token: string) => kit.call('/v1/auth/enchantedlink/verify', { body: { token } })
  const poll = (pendingRef = made.pendingRef) => kit.call('/v1/auth/enchantedlink/pending-session', { body: { pendingRef } })
  return { ...made, user, confirm, poll, wrong: made.links.filter((one) => one !== made.link) }
}

onEveryDatabase('RC-12: the clicker gets no session, the poller gets one, once', async (kit) => {
  const { link, confirm, poll, user } = await threeLinks(kit)
  const clicks = await Promise.all(Array.from({ length: 20 }, () => confirm(link.token)))
  assert.equal(clicks.filter(({ status }) => status === 200).length, 1)
  assert.ok(clicks.every(({ text }) => text === '{}' || text.includes('E062504')))
  const polls = await Promise.all(Array.from({ length: 50 }, () => poll()))
  assert.equal(polls.filter(({ status }) => status === 200).length, 1)
  assert.ok(polls.every(({ status, body }) => status === 200 || body.errorCode === 'E062503'))
  const { storage } = kit.auth.deps
  const sessions = await storage.sessions.listForUser(kit.projectId, user.userId, kit.clock.nowSeconds())
  assert.equal(sessions.length, 2, 'that of the sign-up, and this')
  assert.deepEqual(told(await poll()), pending)
  assert.deepEqual(told(await confirm(link.token)), noToken)
})

onEveryDatabase('RC-12: a wrong number ends the attempt, before and after the right click', async (kit) => {
  for (const isAfter of [false, true]) {
    const own = isAfter
      ? await (async () => {
          await kit.auth.api.deleteUser({ projectId: kit.projectId, loginId })
          return threeLinks(kit)
        })()
      : await threeLinks(kit)
    const { link, wrong, confirm, poll, user } = own
    if (isAfter) assert.equal((await confirm(link.token)).status, 200)
    assert.deepEqual(told(await confirm(wrong[0]?.token ?? '')), noToken)
    for (const { token } of [link, ...wrong]) assert.deepEqual(told(await confirm(token)), noToken)
    assert.deepEqual(told(await poll()), pending)
    const query = { types: ['enchantedLink.verify'], outcome: 'failure', limit: 9 } as const
    assert.equal((await kit.auth.deps.storage.events.forUser(kit.projectId, user.userId, query)).length, 1)
  }
})

onEveryDatabase('RC-12, EN-03: guessed, unknown, foreign and expired references look like pending ones', async (kit) => {
  const { record, link, pendingRef, confirm, poll } = await threeLinks(kit)
  const [id = '', secret = ''] = pendingRef.split('.')
  const first = await poll()
  await confirm(link.token)
  const guesses = [
    `${id}.${'A'.repeat(43)}`,
    `${id}.${secret.slice(0, -1)}${secret.endsWith('A') ? 'E' : 'A'}`,
    id,
    secret,
    record.secretDigest,
    `C${'0'.repeat(27)}.${secret}`,
    link.token,
    'x',
    "' or 1=1 --",
  ]
  for (const guess of guesses) assert.equal((await poll(guess)).text, first.text, guess)
  const other = await kit.auth.api.createProject({ name: 'Other' })
  const body = { pendingRef }
  const elsewhere = await kit.call('/v1/auth/enchantedlink/pending-session', { projectId: other.projectId, body })
  assert.equal(elsewhere.text, first.text)
  kit.clock.advance(180)
  assert.equal((await poll()).text, first.text)
})

onEveryDatabase('RC-12: too many questions are answered like one that came too early, and the next ones work', async (kit) => {
  const { link, pendingRef, confirm } = await threeLinks(kit)
  const poll = () => kit.call('/v1/auth/enchantedlink/pending-session', { ip: '203.0.113.9', body: { pendingRef } })
  const answers = await Promise.all(Array.from({ length: 650 }, poll))
  assert.ok(answers.every(({ body }) => body.errorCode === 'E062503'))
  assert.ok(answers.filter(({ headers }) => headers.has('retry-after')).length >= 50)
  await confirm(link.token)
  assert.deepEqual(told(await poll()), pending)
  kit.clock.advance(61)
  assert.equal((await poll()).status, 200)
})

onEveryDatabase('RC-04, RC-05: an enchanted link ends with its time, a newer one, the method, the password and the user', async (kit) => {
  const { projectId } = kit
  const { generate, confirm, poll } = await testUserKit(kit)
  const make = async (): Promise<{ link: string; pendingRef: string }> => (await generate('enchantedlink')).body
  const isDead = async ({ link, pendingRef }: { link: string; pendingRef: string }) => {
    assert.deepEqual(told(await confirm(tokenOf(link))), noToken)
    assert.deepEqual(told(await poll(pendingRef)), pending)
  }
  const timed = await make()
  kit.clock.advance(180)
  await isDead(timed)
  const older = await make()
  const newer = await make()
  await isDead(older)
  await kit.set({ enchantedLink: { enabled: false } })
  await isDead(newer)
  await kit.set({ enchantedLink: { enabled: true } })
  await confirm(tokenOf(newer.link))
  await kit.auth.api.setPassword({ projectId, loginId: 'test@example.com', password: 'another good passphrase 2' })
  assert.deepEqual(told(await poll(newer.pendingRef)), pending, 'clicked, and void before it was fetched')
  const last = await make()
  await confirm(tokenOf(last.link))
  await kit.auth.api.setUserStatus({ projectId, loginId: 'test@example.com', status: 'disabled' })
  assert.deepEqual(told(await poll(last.pendingRef)), pending)
})
