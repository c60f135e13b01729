import assert from 'node:assert/strict'
import { storeUpdate } from '../../src/core/address-updates.ts'
import { findChallenge } from '../../src/core/challenges.ts'
import { enterRedeemer, findRedeemer } from '../../src/core/redeemers.ts'
import { type Answer, goodPassword, type Json, type Kit, onEveryDatabase } from '../kit.ts'

/** Attacks on accounts by way of sign-ins without a password: of somebody who knows addresses, has own accounts and sessions, and never the victim's mailbox. */

const victim = 'victim@example.com'
const mallory = 'mallory@example.net'
const malloryPhone = '+15555550666'
const next = 'another good passphrase 2'

const told = ({ status, body }: Answer) => [status, body?.errorCode]
const post = (kit: Kit, path: string, body: object, token?: string) =>
  kit.call(`/v1/auth/${path}`, { body, ...(token === undefined ? {} : { token }) })
const refresh = async (kit: Kit, token: string) => (await post(kit, 'refresh', {}, token)).status
const signIn = async (kit: Kit, loginId: string, password = goodPassword) =>
  (await post(kit, 'password/signin', { loginId, password })).status
const newest = async (kit: Kit, to: string) => (await kit.mails()).find((mail) => mail.to === to && (mail.link || mail.code))
const tokenOf = (link = '') => new URL(link).searchParams.get('t') ?? ''
const linkTo = async (kit: Kit, to: string) => tokenOf((await newest(kit, to))?.link)
const redeem = (kit: Kit, token: string, bearer?: string) => post(kit, 'magiclink/verify', { token }, bearer)
const amrOf = ({ sessionJwt }: Json): readonly string[] => JSON.parse(Buffer.from(sessionJwt.split('.')[1], 'base64url').toString()).amr
const load = async (kit: Kit, loginId: string) => (await kit.manage(`/v1/mgmt/user?loginId=${encodeURIComponent(loginId)}`)).body.user

/** Signs in by a link, wherever it was sent. */
async function byLink(kit: Kit, to: string, what: string, body: object, bearer?: string): Promise<Json> {
  kit.clock.advance(1)
  const started = await post(kit, `magiclink/${what}`, body, bearer)
  assert.equal(started.status, 200, started.text)
  const session = await redeem(kit, await linkTo(kit, to))
  assert.equal(session.status, 200, session.text)
  return session.body
}

onEveryDatabase('EN-03: a step-up with an own session tells nothing of other login IDs', async (kit) => {
  await kit.signUp(victim)
  const { refreshJwt } = await kit.signUp(mallory)
  for (const method of ['magiclink', 'otp', 'enchantedlink']) {
    for (const what of ['signin', 'signup-in']) {
      const answers = new Set<string>()
      for (const loginId of [victim, 'nobody@example.com']) {
        const body = { loginId, loginOptions: { mfa: true } }
        answers.add(JSON.stringify(told(await post(kit, `${method}/${what}/email`, body, refreshJwt))))
      }
      assert.deepEqual([...answers], ['[401,"E064002"]'], `${method} ${what}`)
    }
  }
})

onEveryDatabase('RC-11: a sign-up that was asked for with a session of somebody else makes nobody their holder', async (kit) => {
  const { refreshJwt } = await kit.signUp(mallory)
  await post(kit, 'magiclink/signup-in/email', { loginId: victim, loginOptions: { mfa: true } }, refreshJwt)
  const sent = await newest(kit, victim)
  const trap = await kit.signUp(victim, goodPassword, { isVerified: false })
  if (sent) assert.equal((await redeem(kit, tokenOf(sent.link))).status, 200)
  else await byLink(kit, victim, 'signup-in/email', { loginId: victim })
  assert.deepEqual([await signIn(kit, victim), await refresh(kit, trap.refreshJwt)], [401, 401])
})

onEveryDatabase('RC-13: the old address hears of the new one, however often the change was asked for and confirmed', async (kit) => {
  const { refreshJwt } = await kit.signUp(victim)
  const started = await post(kit, 'enchantedlink/update/email', { loginId: victim, email: mallory }, refreshJwt)
  const { pendingRef, linkId } = started.body
  const links = (await kit.mails()).find(({ to }) => to === mallory)?.links ?? []
  const token = tokenOf(links.find(({ number }) => number === linkId)?.url)
  for (let i = 0; i < 12; i++) await post(kit, 'enchantedlink/verify', { token })
  const polls = await Promise.all(Array.from({ length: 12 }, () => post(kit, 'enchantedlink/pending-session', { pendingRef })))
  assert.equal(polls.filter(({ status }) => status === 200).length, 1)
  const notices = (await kit.mails()).filter(({ kind }) => kind === 'email.changed').map(({ to }) => to)
  assert.deepEqual(notices.toSorted(), [mallory, victim])
})

onEveryDatabase('SE-05, SE-07: a change of address ends with the session that asked for it', async (kit) => {
  for (const [index, end] of ['logout', 'logoutall', 'management'].entries()) {
    const loginId = `victim-${index}@example.com`
    const { refreshJwt, user } = await kit.signUp(loginId)
    await post(kit, 'magiclink/update/email', { loginId, email: mallory }, refreshJwt)
    const token = await linkTo(kit, mallory)
    if (end === 'management') await kit.manage('/v1/mgmt/user/logout', { body: { userId: user.userId } })
    else await post(kit, end, {}, refreshJwt)
    assert.deepEqual(told(await redeem(kit, token)), [401, 'E062504'], end)
    assert.equal((await load(kit, loginId)).email, loginId)
    kit.clock.advance(3_600)
  }
})

onEveryDatabase('RC-05: the session of a reset changes no address and adds to no factors', async (kit) => {
  await kit.signUp(victim)
  await post(kit, 'password/reset', { loginId: victim })
  const { refreshJwt } = (await redeem(kit, await linkTo(kit, victim))).body
  for (const method of ['magiclink', 'enchantedlink', 'otp']) {
    assert.equal((await post(kit, `${method}/update/email`, { loginId: victim, email: mallory }, refreshJwt)).status, 401, method)
    const options = { loginId: victim, loginOptions: { stepup: true } }
    assert.equal((await post(kit, `${method}/signin/email`, options, refreshJwt)).status, 401, method)
  }
  assert.equal((await post(kit, 'password/update', { loginId: victim, newPassword: next }, refreshJwt)).status, 200)
})

onEveryDatabase('RC-05: what is sent to a sign-up is void once its user changes the password, is disabled or asks again', async (kit) => {
  const ends: Readonly<Record<string, (loginId: string) => Promise<unknown>>> = {
    password: (loginId) => kit.manage('/v1/mgmt/user/password/set/active', { body: { loginId, password: next } }),
    disable: (loginId) => kit.manage('/v1/mgmt/user/update/status', { body: { loginId, status: 'disabled' } }),
    delete: (loginId) => kit.manage('/v1/mgmt/user/delete', { body: { loginId } }),
    newer: (loginId) => post(kit, 'magiclink/signin/email', { loginId }),
    phone: (loginId) => kit.manage('/v1/mgmt/user/update/phone', { body: { loginId, phone: '+15555550123', verified: true } }),
  }
  for (const [name, end] of Object.entries(ends)) {
    const loginId = `${name}@example.com`
    await post(kit, 'magiclink/signup-in/email', { loginId })
    const token = await linkTo(kit, loginId)
    await kit.signUp(loginId)
    await end(loginId)
    if (name === 'disable') await kit.manage('/v1/mgmt/user/update/status', { body: { loginId, status: 'enabled' } })
    assert.deepEqual(told(await redeem(kit, token)), [401, 'E062504'], name)
  }
})

onEveryDatabase('RC-11: a reset is a first proof: what somebody else had set before it ends, an other address too', async (kit) => {
  await kit.set({ password: { resetRequiresVerifiedEmail: false } })
  const form = { 'content-type': 'application/x-www-form-urlencoded' }
  for (const way of ['page', 'session'] as const) {
    const loginId = `${way}@example.com`
    await byLink(kit, malloryPhone, 'signup/sms', { loginId, phone: malloryPhone })
    await post(kit, 'password/reset', { loginId })
    const token = await linkTo(kit, loginId)
    if (way === 'page') {
      const body = new URLSearchParams({ t: token, password: next }).toString()
      assert.match((await kit.call(`/reset/${kit.projectId}`, { body, headers: form })).text, /is set/)
    } else {
      const { refreshJwt } = (await redeem(kit, token)).body
      assert.equal((await post(kit, 'password/update', { loginId, newPassword: next }, refreshJwt)).status, 200)
    }
    const { phone, verifiedPhone, verifiedEmail } = await load(kit, loginId)
    assert.deepEqual([phone, verifiedPhone, verifiedEmail], ['', false, true], way)
    kit.clock.advance(3_600)
    const before = (await kit.mails()).length
    await post(kit, 'otp/signin/sms', { loginId })
    assert.equal((await kit.mails()).length, before, 'nothing goes to the phone of before')
    assert.equal(await signIn(kit, loginId, next), 200)
    kit.clock.advance(3_600)
  }
})

onEveryDatabase('RC-11: no reset goes to an address that was never proven beside one that was', async (kit) => {
  await kit.set({ password: { resetRequiresVerifiedEmail: false } })
  const phone = '+15555550123'
  await byLink(kit, phone, 'signup/sms', { loginId: phone, user: { email: mallory } })
  await post(kit, 'password/reset', { loginId: phone })
  assert.equal(await newest(kit, mallory), undefined)
})

onEveryDatabase('RC-11: the first proof leaves no login ID that is another address', async (kit) => {
  const trap = await kit.signUp(victim, goodPassword, { isVerified: false })
  const phones = [malloryPhone, '+15555550667']
  for (const phone of phones) {
    await byLink(kit, phone, 'update/phone/sms', { loginId: victim, phone, addToLoginIDs: true }, trap.refreshJwt)
  }
  assert.deepEqual((await load(kit, victim)).loginIds, [victim, ...phones])
  const { user } = await byLink(kit, victim, 'signin/email', { loginId: victim })
  assert.deepEqual([user.loginIds, user.phone, await signIn(kit, victim)], [[victim], '', 401])
})

onEveryDatabase('one phone is one factor, however messages come to it', async (kit) => {
  const phone = '+15555550123'
  const first = await byLink(kit, phone, 'signup/sms', { loginId: phone })
  const second = await byLink(kit, phone, 'signin/whatsapp', { loginId: phone, loginOptions: { mfa: true } }, first.refreshJwt)
  assert.deepEqual(amrOf(second), ['sms', 'whatsapp'])
})

onEveryDatabase('BF-07: a hundred wrong codes in all for an account, whatever the ways by which they come', async (kit) => {
  const phone = '+15555550123'
  await kit.signUp(victim)
  await kit.manage('/v1/mgmt/user/update/phone', { body: { loginId: victim, phone, verified: true } })
  let evaluated = 0
  for (let round = 0; round < 48; round++) {
    const method = ['email', 'sms', 'voice', 'whatsapp', 'im'][round % 5] ?? ''
    kit.clock.advance(86_400)
    await post(kit, `otp/signin/${method}`, { loginId: victim })
    const code = (await newest(kit, method === 'email' ? victim : phone))?.code
    for (let i = 1; i <= 5; i++) {
      const guess = String((Number(code) + i) % 1_000_000).padStart(6, '0')
      const ip = `198.51.${100 + round}.${i}`
      const { body } = await kit.call(`/v1/auth/otp/verify/${method}`, { ip, body: { loginId: victim, code: guess } })
      if (body.errorCode === 'E061102') evaluated++
    }
  }
  assert.ok(evaluated <= 100, `${evaluated} guesses`)
})

onEveryDatabase('EN-05: failures at one login ID tell nothing of another of the same account', async (kit) => {
  const phone = '+15555550123'
  const { refreshJwt } = await kit.signUp(victim)
  await byLink(kit, phone, 'update/phone/sms', { loginId: victim, phone, addToLoginIDs: true }, refreshJwt)
  const guess = async (loginId: string, ip: string) =>
    told(await kit.call('/v1/auth/otp/verify/email', { ip, body: { loginId, code: '000000' } }))
  for (const [loginId, ip] of [
    [victim, '192.0.2.1'],
    ['nobody@example.com', '192.0.2.2'],
  ] as const) {
    for (let round = 0; round < 2; round++) {
      await post(kit, 'otp/signin/email', { loginId })
      for (let i = 0; i < 5; i++) assert.deepEqual(await guess(loginId, ip), [401, 'E061102'])
    }
    assert.deepEqual(await guess(loginId, ip), [429, 'E130429'])
  }
  assert.deepEqual(await guess(phone, '192.0.2.1'), await guess('+15555550999', '192.0.2.2'))
})

onEveryDatabase('RC-11: a link to the address of somebody else, clicked there, gives whoever asked for it nothing', async (kit) => {
  await kit.manage('/v1/mgmt/role/create', { body: { name: 'Owner' } })
  for (const onMergeUseExisting of [false, true]) {
    const loginId = `victim-${onMergeUseExisting}@example.com`
    const own = `mallory-${onMergeUseExisting}@example.net`
    const { user } = await kit.signUp(loginId)
    await kit.manage('/v1/mgmt/user/update/role/set', { body: { loginId, roleNames: ['Owner'] } })
    const attacker = await kit.signUp(own)
    await byLink(kit, malloryPhone, 'update/phone/sms', { loginId: own, phone: malloryPhone }, attacker.refreshJwt)
    const update = { loginId: own, email: loginId, addToLoginIDs: true, onMergeUseExisting }
    const clicked = await byLink(kit, loginId, 'update/email', update, attacker.refreshJwt)
    assert.deepEqual([clicked.user.roleNames, clicked.user.email], [['Owner'], loginId])
    if (onMergeUseExisting) assert.equal(clicked.user.userId, user.userId)
    assert.equal(await refresh(kit, attacker.refreshJwt), 401, 'no session of before')
    assert.equal(await signIn(kit, own), onMergeUseExisting ? 200 : 401, 'no password of the other')
    kit.clock.advance(3_600)
    const before = (await kit.mails()).filter(({ to }) => to === malloryPhone || to === own).length
    for (const what of ['otp/signin/sms', 'magiclink/signin/sms', 'otp/signin/email']) await post(kit, what, { loginId: own })
    await post(kit, 'password/reset', { loginId: own })
    assert.equal((await kit.mails()).filter(({ to }) => to === malloryPhone || to === own).length, before, 'no other way in')
    kit.clock.advance(3_600)
  }
})

onEveryDatabase('a merge by a link that comes with the session that asked for it keeps what that user had', async (kit) => {
  await kit.signUp(victim)
  const asker = await kit.signUp('ada@example.com')
  const update = { loginId: 'ada@example.com', email: victim, addToLoginIDs: true }
  await post(kit, 'magiclink/update/email', update, asker.refreshJwt)
  const merged = await redeem(kit, await linkTo(kit, victim), asker.refreshJwt)
  assert.deepEqual([merged.status, merged.body.user.userId], [200, asker.user.userId])
  assert.deepEqual([await refresh(kit, asker.refreshJwt), await signIn(kit, victim)], [200, 200])
})

onEveryDatabase('test users are merged with nobody: their static code must not become that of somebody real', async (kit) => {
  await kit.set({ project: { testUserRegex: '^qa-', testUserAllowFixedAuth: true, testUserFixedAuthToken: '424242' } })
  const { refreshJwt } = await kit.signUp(victim)
  await kit.signUp('qa-1@example.com')
  for (const onMergeUseExisting of [false, true]) {
    const body = { loginId: victim, email: 'qa-1@example.com', addToLoginIDs: true, onMergeUseExisting }
    await post(kit, 'magiclink/update/email', body, refreshJwt)
    assert.deepEqual(told(await redeem(kit, await linkTo(kit, 'qa-1@example.com'))), [401, 'E062504'])
    kit.clock.advance(1)
  }
})

onEveryDatabase('RC-11: nobody signs up by message under an address that the message does not go to', async (kit) => {
  for (const [what, body] of [
    ['signup/email', { loginId: victim, email: mallory }],
    ['signup-in/email', { loginId: victim, user: { email: mallory } }],
    ['signup/sms', { loginId: '+15555550123', phone: malloryPhone }],
  ] as const) {
    for (const method of ['magiclink', 'otp']) assert.deepEqual(told(await post(kit, `${method}/${what}`, body)), [400, 'E011004'], what)
  }
  assert.deepEqual(told(await post(kit, 'enchantedlink/signup/email', { loginId: victim, email: mallory })), [400, 'E011004'])
  await kit.set({ project: { strictSignUp: true } })
  assert.deepEqual(told(await post(kit, 'password/signup', { loginId: victim, user: { email: mallory }, password: goodPassword })), [
    400,
    'E011004',
  ])
  const same = await post(kit, 'magiclink/signup/email', { loginId: 'Victim@EXAMPLE.com', email: victim })
  assert.equal(same.status, 200, 'another spelling of it')
  assert.equal(await newest(kit, mallory), undefined)
})

onEveryDatabase('RC-05: a merge neither evades nor undoes what changes while it is redeemed', async (kit) => {
  const { deps } = kit.auth
  const asker = await kit.signUp(mallory)
  await kit.manage('/v1/mgmt/role/create', { body: { name: 'Owner' } })
  const manage = (what: string, body: object) => kit.manage(`/v1/mgmt/user/update/${what}`, { body })
  const changes: Readonly<Record<string, (loginId: string) => Promise<unknown>>> = {
    disabled: (loginId) => manage('status', { loginId, status: 'disabled' }),
    role: (loginId) => manage('role/remove', { loginId, roleNames: ['Owner'] }),
    address: (loginId) => manage('email', { loginId, email: 'elsewhere@example.com', verified: true }),
    nothing: async () => undefined,
  }
  for (const [name, change] of Object.entries(changes)) {
    const loginId = `${name}@example.com`
    await kit.signUp(loginId)
    await manage('role/set', { loginId, roleNames: ['Owner'] })
    await post(kit, 'magiclink/update/email', { loginId: mallory, email: loginId, addToLoginIDs: true }, asker.refreshJwt)
    const project = await deps.projects.byId(kit.projectId)
    const challenge = await findChallenge(deps, { projectId: kit.projectId, token: await linkTo(kit, loginId), purposes: ['magicLink'] })
    assert.ok(project && challenge)
    const redeemer = await findRedeemer(deps, project, challenge)
    assert.ok(redeemer?.update)
    const { update } = redeemer
    await change(loginId)
    const stored = deps.storage.transaction(async (tx) => {
      assert.ok(await enterRedeemer(tx, project, redeemer))
      if (!(await storeUpdate(deps, tx, project, update, { ip: '192.0.2.1', userAgent: '', isTrusted: false }))) throw new Error('changed')
    })
    if (name === 'nothing') await stored
    else await assert.rejects(stored, /changed/, name)
  }
})
