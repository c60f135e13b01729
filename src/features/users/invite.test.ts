import assert from 'node:assert/strict'
import { goodPassword, type Kit, onEveryDatabase } from '../../../test/kit.ts'
import { create, done, eventsOf, load, patch, refused } from './test-world.ts'

const ada = 'ada@example.com'
const invite = (kit: Kit, body: object = {}) => create(kit, { loginId: ada, invite: true, ...body })
const invitations = async (kit: Kit) => (await kit.mails()).filter(({ kind }) => kind === 'user.invite')
const verify = (kit: Kit, token: string) => kit.call('/v1/auth/magiclink/verify', { body: { token } })
const signIn = (kit: Kit, password: string) => kit.call('/v1/auth/password/signin', { body: { loginId: ada, password } })

onEveryDatabase('invite: a mail with a link that signs in, once', async (kit) => {
  await kit.set({ project: { trustedDomains: 'app.example.com' } })
  const user = await invite(kit, { inviteUrl: 'https://app.example.com/welcome?from=mail', templateOptions: { a: 'b' }, locale: 'de' })
  assert.deepEqual([user.status, user.email, user.verifiedEmail], ['invited', ada, true])
  const [mail, ...others] = await invitations(kit)
  assert.deepEqual([mail?.to, others.length], [ada, 0])
  assert.match(mail?.link ?? '', /^https:\/\/app\.example\.com\/welcome\?from=mail&t=C[A-Za-z0-9]{27}\.[A-Za-z0-9_-]{43}$/)
  const token = await kit.linkToken(ada, 'user.invite')
  const session = await verify(kit, token)
  assert.deepEqual([session.status, session.body.firstSeen, session.body.user.status], [200, true, 'enabled'])
  assert.equal((await verify(kit, token)).body.errorCode, 'E062504')
  assert.equal((await load(kit, ada)).status, 'enabled')
  const [created] = (await eventsOf(kit, user.userId)).filter(([type]) => type === 'user.create')
  assert.deepEqual(created?.[1], { status: 'invited', isTest: false, isInvited: true, isMailed: true })
})

onEveryDatabase('invite: on our own page the link chooses the first password', async (kit) => {
  await invite(kit)
  const [mail] = await invitations(kit)
  const link = new URL(mail?.link ?? '')
  assert.equal(link.pathname, `/reset/${kit.projectId}`)
  assert.equal((await kit.call(`${link.pathname}${link.search}`)).status, 200)
  const post = (password: string) =>
    kit.call(link.pathname, {
      body: new URLSearchParams({ t: link.searchParams.get('t') ?? '', password }).toString(),
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
    })
  assert.match((await post('password')).text, /common/, 'the policy holds, and spends nothing')
  assert.match((await post(goodPassword)).text, /password/i)
  const session = await signIn(kit, goodPassword)
  assert.deepEqual([session.status, session.body.user.status], [200, 'enabled'])
  assert.match((await post('another good passphrase 2')).text, /expired/)
  assert.equal((await signIn(kit, goodPassword)).status, 200)
})

onEveryDatabase('RC-07: an invitation leads where the project approves, and nowhere else', async (kit) => {
  await kit.set({ project: { trustedDomains: 'app.example.com' } })
  for (const inviteUrl of ['https://evil.example', '//evil.example', 'https://app.example.com@evil.example', 'javascript:alert(1)', 'x']) {
    await refused(kit, [400, 'E112105'], 'create', { loginId: ada, invite: true, inviteUrl })
    await refused(kit, [400, 'E112105'], 'create', { loginId: ada, invite: true, inviteUrl, sendMail: false })
  }
  await refused(kit, [404, 'E112102'], `?loginId=${ada}`)
  await kit.set({ invite: { inviteUrl: 'https://app.example.com/from-settings' } })
  await invite(kit)
  assert.match((await invitations(kit))[0]?.link ?? '', /^https:\/\/app\.example\.com\/from-settings\?t=/)
  await kit.set({ invite: { inviteUrl: '' }, password: { enabled: false } })
  await refused(kit, [400, 'E112105'], 'create', { loginId: 'bob@example.com', invite: true })
})

onEveryDatabase('RC-04: an invitation lives as long as the settings say, by default a day', async (kit) => {
  for (const [minutes, seconds] of [
    [undefined, 86_400],
    [2, 120],
    [10_080, 604_800],
  ] as const) {
    if (minutes) await kit.set({ invite: { expirationTime: minutes } })
    await invite(kit)
    const early = await kit.linkToken(ada, 'user.invite')
    kit.clock.advance(seconds - 1)
    assert.equal((await verify(kit, early)).status, 200)
    await done(kit, 'delete', { loginId: ada })
    kit.clock.advance(86_400)
    await invite(kit)
    const late = await kit.linkToken(ada, 'user.invite')
    kit.clock.advance(seconds)
    assert.equal((await verify(kit, late)).status, 401)
    await done(kit, 'delete', { loginId: ada })
    kit.clock.advance(86_400)
  }
  const tooLong = kit.auth.api.changeSettings({ projectId: kit.projectId, changes: { invite: { expirationTime: 10_081 } } })
  await assert.rejects(tooLong)
})

onEveryDatabase('invite: no mail where the call, the settings or the user say so', async (kit) => {
  await create(kit, { loginId: 'a@example.com', invite: true, sendMail: false })
  await create(kit, { loginId: 'b@example.com', invite: 'true', sendMail: 'false', sendSMS: true })
  await create(kit, { loginId: 'name-only', invite: true, sendSMS: true })
  await create(kit, { loginId: 'c@example.com', test: true, invite: true, sendMail: true })
  await create(kit, { loginId: 'd@example.com', invite: false, sendMail: true })
  assert.deepEqual(await kit.mails(), [])
  assert.match(await refused(kit, [400, 'E011004'], 'create', { loginId: 'other', invite: true, sendMail: true }), /no e-mail address/)
  await kit.set({ invite: { sendEmail: false } })
  await create(kit, { loginId: 'e@example.com', invite: true })
  assert.deepEqual(await kit.mails(), [])
  await create(kit, { loginId: 'f@example.com', invite: true, sendMail: true })
  assert.equal((await kit.mails()).length, 1)
})

onEveryDatabase('invite: again, by login ID or user ID, while the user has not signed in; the earlier link is void', async (kit) => {
  const user = await invite(kit, { displayName: 'Ada' })
  const first = await kit.linkToken(ada, 'user.invite')
  kit.clock.advance(1)
  assert.deepEqual(
    { ...(await invite(kit, { displayName: 'Other' })), modifiedTime: 0 },
    { ...user, modifiedTime: 0 },
    'nothing else changes',
  )
  kit.clock.advance(1)
  await create(kit, { loginId: user.userId, invite: true })
  assert.equal((await invitations(kit)).length, 3)
  assert.equal((await verify(kit, first)).status, 401)
  assert.equal((await verify(kit, await kit.linkToken(ada, 'user.invite'))).status, 200)
  await refused(kit, [400, 'E062107'], 'create', { loginId: ada, invite: true })
  await kit.signUp('bob@example.com')
  await refused(kit, [400, 'E062107'], 'create', { loginId: 'bob@example.com', invite: true })
  assert.deepEqual(
    (await eventsOf(kit, user.userId)).filter(([type]) => type === 'user.invite').map(([, data]) => data),
    [{ isMailed: true }, { isMailed: true }],
  )
})

onEveryDatabase('BF-09: an address gets three invitations in a quarter of an hour, then the caller is told', async (kit) => {
  for (let round = 0; round < 3; round++) await invite(kit)
  const answer = await kit.manage('/v1/mgmt/user/create', { body: { loginId: ada, invite: true } })
  assert.deepEqual([answer.status, answer.body.errorCode], [429, 'E130429'])
  assert.ok(Number(answer.headers.get('retry-after')) > 0)
  assert.equal((await invitations(kit)).length, 3)
  assert.equal((await verify(kit, await kit.linkToken(ada, 'user.invite'))).status, 200, 'the last one still works')
})

onEveryDatabase('RC-05: a changed address, a disabled user and a password that was set void the invitation', async (kit) => {
  for (const change of [
    () => patch(kit, { loginId: ada, email: 'other@example.com' }),
    () => done(kit, 'update/status', { loginId: ada, status: 'disabled' }),
    () => kit.auth.api.setPassword({ projectId: kit.projectId, loginId: ada, password: goodPassword }),
  ]) {
    await invite(kit)
    const token = await kit.linkToken(ada, 'user.invite')
    await change()
    assert.equal((await verify(kit, token)).status, 401)
    await done(kit, 'delete', { loginId: ada })
    kit.clock.advance(86_400)
  }
})

onEveryDatabase('RC-03: of many who redeem one invitation one gets in', async (kit) => {
  await invite(kit)
  const token = await kit.linkToken(ada, 'user.invite')
  const answers = await Promise.all(Array.from({ length: 10 }, () => verify(kit, token)))
  assert.equal(answers.filter(({ status }) => status === 200).length, 1)
})
