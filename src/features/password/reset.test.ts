import assert from 'node:assert/strict'
import { decodeJwt } from 'jose'
import { type Answer, goodPassword, type Kit, onEveryDatabase } from '../../../test/kit.ts'

const loginId = 'ada@example.com'
const newPassword = 'another good passphrase 2'
const reset = (kit: Kit, body: object = {}) => kit.call('/v1/auth/password/reset', { body: { loginId, ...body } })
const verify = (kit: Kit, token: string) => kit.call('/v1/auth/magiclink/verify', { body: { token } })
const resetToken = (kit: Kit) => kit.linkToken(loginId, 'password.reset')
const signIn = (kit: Kit, password: string) => kit.call('/v1/auth/password/signin', { body: { loginId, password } })
const postForm = (kit: Kit, path: string, fields: Record<string, string>): Promise<Answer> =>
  kit.call(path, { body: new URLSearchParams(fields).toString(), headers: { 'content-type': 'application/x-www-form-urlencoded' } })

onEveryDatabase('a reset goes from sendReset over the link and verify to update', async (kit) => {
  await kit.signUp(loginId)
  const sent = await reset(kit)
  assert.deepEqual([sent.status, sent.body.resetMethod, sent.body.maskedEmail], [200, 'magiclink', 'a*****@e*****.com'])
  const session = await verify(kit, await resetToken(kit))
  assert.equal(session.status, 200)
  assert.deepEqual(decodeJwt(session.body.sessionJwt).amr, ['email'])
  const update = await kit.call('/v1/auth/password/update', { token: session.body.refreshJwt, body: { loginId, newPassword } })
  assert.equal(update.status, 200)
  assert.equal((await signIn(kit, newPassword)).status, 200)
  assert.equal((await signIn(kit, goodPassword)).status, 401)
  kit.clock.advance(700)
  assert.equal((await kit.call('/v1/auth/refresh', { token: session.body.refreshJwt, body: {} })).status, 200)
})

onEveryDatabase('EN-03: the answer is the same for known, unknown, unverified and disabled', async (kit) => {
  const { projectId } = kit
  for (const name of ['known', 'disabled']) await kit.signUp(`${name}@example.com`)
  await kit.signUp('unverified@example.com', goodPassword, { isVerified: false })
  await kit.auth.api.setUserStatus({ projectId, loginId: 'disabled@example.com', status: 'disabled' })
  const bodies = []
  for (const name of ['known', 'unknown', 'unverified', 'disabled']) {
    const { status, text } = await reset(kit, { loginId: `${name}@example.com` })
    bodies.push([status, text.replace(`${name[0]}*****@`, '?*****@')].join(' '))
  }
  assert.equal(new Set(bodies).size, 1, bodies.join('\n'))
  const sent = (await kit.mails()).filter((mail) => mail.kind === 'password.reset')
  assert.deepEqual(
    sent.map((mail) => mail.to),
    ['known@example.com'],
  )
})

onEveryDatabase('EN-03: a login ID that is no address shows nothing of the stored one', async (kit) => {
  await kit.call('/v1/auth/password/signup', { body: { loginId: 'ada', password: goodPassword, user: { email: 'secret@example.com' } } })
  await kit.auth.api.verifyUser({ projectId: kit.projectId, loginId: 'ada' })
  const { body } = await reset(kit, { loginId: 'ada' })
  assert.equal(body.maskedEmail, '')
  assert.equal((await kit.mails()).find((mail) => mail.kind === 'password.reset')?.to, 'secret@example.com')
})

onEveryDatabase('RC-03: fifty uses of one link at once: exactly one wins', async (kit) => {
  await kit.signUp(loginId)
  await reset(kit)
  const token = await resetToken(kit)
  const answers = await Promise.all(Array.from({ length: 50 }, () => verify(kit, token)))
  assert.equal(answers.filter(({ status }) => status === 200).length, 1)
  const losers = new Set(answers.filter(({ status }) => status !== 200).map(({ text }) => text))
  assert.equal(losers.size, 1)
})

onEveryDatabase('RC-04: a link works until its last second and not after', async (kit) => {
  await kit.signUp(loginId)
  await reset(kit)
  const first = await resetToken(kit)
  kit.clock.advance(1799)
  assert.equal((await verify(kit, first)).status, 200)
  kit.clock.advance(1000)
  await reset(kit)
  const second = await resetToken(kit)
  kit.clock.advance(1801)
  const late = await verify(kit, second)
  const unknown = await verify(kit, `${second.slice(0, -2)}zz`)
  assert.deepEqual([late.status, late.text], [401, unknown.text])
})

onEveryDatabase('RC-05: a newer link, a password change, a new project or another purpose voids a link', async (kit) => {
  await kit.signUp(loginId, goodPassword, { isVerified: false })
  const verification = await kit.linkToken(loginId, 'email.verify')
  assert.equal((await postForm(kit, `/reset/${kit.projectId}`, { t: verification, password: newPassword })).text.includes('expired'), true)
  assert.equal((await signIn(kit, goodPassword)).status, 200)
  assert.equal((await verify(kit, verification)).status, 200)
  await reset(kit)
  const older = await resetToken(kit)
  kit.clock.advance(1)
  await reset(kit)
  const newer = await resetToken(kit)
  assert.notEqual(older, newer)
  assert.equal((await verify(kit, older)).status, 401)
  const other = await kit.auth.api.createProject({ name: 'Other' })
  const body = { token: newer }
  assert.equal((await kit.call('/v1/auth/magiclink/verify', { projectId: other.projectId, body })).status, 401)
  await kit.call('/v1/auth/password/replace', { body: { loginId, oldPassword: goodPassword, newPassword } })
  assert.equal((await verify(kit, newer)).status, 401)
})

onEveryDatabase('RC-06: no header moves the link', async (kit) => {
  await kit.signUp(loginId)
  const headers = {
    'x-forwarded-host': 'evil.example',
    'x-forwarded-proto': 'https',
    forwarded: 'host=evil.example',
    'x-original-host': 'evil.example',
  }
  await kit.call('/v1/auth/password/reset', { body: { loginId }, headers })
  const mail = (await kit.mails()).find(({ kind }) => kind === 'password.reset')
  assert.ok(mail?.link?.startsWith(`http://127.0.0.1:8787/reset/${kit.projectId}?t=`))
  assert.ok(!JSON.stringify(mail).includes('evil'))
})

onEveryDatabase('RC-07: a redirect URL must be approved, and then carries the token', async (kit) => {
  await kit.signUp(loginId)
  const refused = await reset(kit, { redirectUrl: 'https://app.example.com/reset' })
  assert.deepEqual([refused.status, refused.body.errorCode], [400, 'E062908'])
  await kit.set({ project: { trustedDomains: 'app.example.com' } })
  assert.equal((await reset(kit, { redirectURL: 'https://app.example.com/reset?lang=de' })).status, 200)
  const mail = (await kit.mails()).find(({ kind }) => kind === 'password.reset')
  assert.ok(mail?.link?.startsWith('https://app.example.com/reset?lang=de&t='))
})

onEveryDatabase('RC-09: mail goes to the stored address only, and only a string names an account', async (kit) => {
  await kit.signUp(loginId)
  for (const hostile of [['ada@example.com', 'me@evil.org'], { $ne: null }, 1, true]) {
    assert.equal((await reset(kit, { loginId: hostile })).status, 400)
  }
  for (const hostile of ['ada@example.com,me@evil.org', 'ada@example.com\u200b', 'аda@example.com', 'ADA@EXAMPLE.COM'])
    await reset(kit, { loginId: hostile })
  const to = (await kit.mails()).filter(({ kind }) => kind === 'password.reset').map((mail) => mail.to)
  assert.deepEqual([...new Set(to)], [loginId])
})

onEveryDatabase('RC-10: opening the page spends nothing; a weak password keeps the link; the form sets the password once', async (kit) => {
  await kit.signUp(loginId)
  await reset(kit)
  const t = await resetToken(kit)
  const path = `/reset/${kit.projectId}`
  for (let i = 0; i < 10; i++) {
    const opened = await kit.call(`${path}?t=${t}`)
    assert.equal(opened.status, 200)
    assert.equal(opened.headers.get('referrer-policy'), 'no-referrer')
    assert.match(opened.text, /at least 8/)
    assert.doesNotMatch(opened.text, /(?:src|href)="https?:/)
  }
  const weak = await postForm(kit, path, { t, password: 'q!x' })
  assert.match(weak.text, /at least 8/)
  assert.match((await postForm(kit, path, { t, password: newPassword })).text, /new password is set/)
  assert.match((await postForm(kit, path, { t, password: 'yet another passphrase' })).text, /expired or was used/)
  assert.equal((await signIn(kit, newPassword)).status, 200)
})

onEveryDatabase('a session from a reset link that sets no password ends after ten minutes, with all others', async (kit) => {
  const first = await kit.signUp(loginId)
  await reset(kit)
  const session = (await verify(kit, await resetToken(kit))).body
  kit.clock.advance(599)
  assert.equal((await kit.call('/v1/auth/me', { token: session.refreshJwt })).status, 200)
  kit.clock.advance(2)
  assert.equal((await kit.call('/v1/auth/me', { token: session.refreshJwt })).status, 401)
  await kit.auth.deps.storage.sessions.endOverdueResets(kit.clock.nowSeconds())
  assert.equal((await kit.call('/v1/auth/refresh', { token: first.refreshJwt, body: {} })).status, 401)
})

onEveryDatabase('BF-09: at most three mails in a quarter of an hour, with the same answer all along', async (kit) => {
  await kit.signUp(loginId)
  const texts = new Set<string>()
  for (const spelling of ['ada@example.com', 'ADA@example.com', ' ada@example.com ', 'Ada@Example.com', 'ada@EXAMPLE.com']) {
    texts.add((await reset(kit, { loginId: spelling })).text.replace(/[aA]\*\*\*\*\*@[eE]/, 'a*****@e'))
  }
  assert.equal(texts.size, 1)
  assert.equal((await kit.mails()).filter(({ kind }) => kind === 'password.reset').length, 3)
})

onEveryDatabase(
  'sign-up with an address sends a verification mail; its link proves the address and a reset works from then on',
  async (kit) => {
    await kit.signUp(loginId, goodPassword, { isVerified: false })
    await reset(kit)
    assert.equal((await kit.mails()).filter(({ kind }) => kind === 'password.reset').length, 0)
    const path = `/verify/${kit.projectId}`
    const t = await kit.linkToken(loginId, 'email.verify')
    assert.equal((await kit.call(`${path}?t=${t}`)).status, 200)
    assert.match((await postForm(kit, path, { t })).text, /confirmed/)
    assert.equal((await verify(kit, t)).status, 401)
    await reset(kit)
    assert.equal((await kit.mails()).filter(({ kind }) => kind === 'password.reset').length, 1)
  },
)

onEveryDatabase('RC-02: neither link token nor management key is in the database as it is', async (kit) => {
  await kit.signUp(loginId)
  await reset(kit)
  const [, secret = ''] = (await resetToken(kit)).split('.')
  const messages = await kit.auth.deps.storage.outbox.list({ limit: 10 })
  assert.ok(messages.length > 0)
  assert.ok(!JSON.stringify(messages).includes(secret))
  assert.ok(!JSON.stringify(messages).includes(loginId))
})
