import assert from 'node:assert/strict'
import { decodeJwt } from 'jose'
import { goodPassword, type Kit, onEveryDatabase } from '../kit.ts'

/** Operations on one account that cross: on both databases all of them end, none with a server error, and the outcome is one that an order of them could have had. */

const loginId = 'ada@example.com'
const otherPassword = 'another good passphrase 2'
const signIn = (kit: Kit, options: object = {}) =>
  kit.call('/v1/auth/password/signin', { body: { loginId, password: goodPassword, ...options } })
const refresh = (kit: Kit, token: string) => kit.call('/v1/auth/refresh', { token, body: {} })
const live = async (kit: Kit, userId: string) =>
  (await kit.auth.deps.storage.sessions.listForUser(kit.projectId, userId, kit.clock.nowSeconds())).length

onEveryDatabase('SE-07: logoutall from every session at once ends them all', async (kit) => {
  const first = await kit.signUp(loginId)
  for (let round = 0; round < 3; round++) {
    const tokens = await Promise.all(Array.from({ length: 6 }, async () => (await signIn(kit)).body.refreshJwt))
    const answers = await Promise.all(tokens.map((token) => kit.call('/v1/auth/logoutall', { token, body: {} })))
    assert.deepEqual(
      answers.map(({ status }) => status),
      [200, 200, 200, 200, 200, 200],
    )
    assert.equal(await live(kit, first.user.userId), 0)
  }
})

onEveryDatabase('of sign-ins at once that each end the other sessions exactly one session is left', async (kit) => {
  const { user } = await kit.signUp(loginId)
  for (let round = 0; round < 3; round++) {
    const answers = await Promise.all(Array.from({ length: 5 }, () => signIn(kit, { loginOptions: { revokeOtherSessions: true } })))
    assert.ok(answers.every(({ status }) => status === 200))
    assert.equal(await live(kit, user.userId), 1)
  }
})

onEveryDatabase('SE-05: a sign-in with the old password that crosses the change of it leaves no session behind', async (kit) => {
  for (let round = 0; round < 4; round++) {
    const name = `user${round}@example.com`
    const { refreshJwt } = await kit.signUp(name)
    const old = { body: { loginId: name, password: goodPassword } }
    const [change, ...tries] = await Promise.all([
      kit.call('/v1/auth/password/update', { token: refreshJwt, body: { loginId: name, newPassword: otherPassword } }),
      ...Array.from({ length: 4 }, () => kit.call('/v1/auth/password/signin', old)),
    ])
    assert.equal(change.status, 200)
    for (const { status, body } of tries) {
      assert.ok(status === 200 || status === 401, String(status))
      if (status === 200) assert.equal((await refresh(kit, body.refreshJwt)).status, 401)
    }
  }
})

onEveryDatabase('RC-05: a link that is redeemed while the password changes, and resets that are asked for at once', async (kit) => {
  for (let round = 0; round < 3; round++) {
    const name = `user${round}@example.com`
    const { refreshJwt } = await kit.signUp(name)
    const ask = () => kit.call('/v1/auth/password/reset', { body: { loginId: name } })
    const asked = await Promise.all([ask(), ask(), ask()])
    assert.ok(asked.every(({ status }) => status === 200))
    const mails = (await kit.mails()).filter((mail) => mail.to === name && mail.kind === 'password.reset')
    const tokens = mails.map((mail) => new URL(mail.link ?? '').searchParams.get('t') ?? '')
    const [change, ...verified] = await Promise.all([
      kit.call('/v1/auth/password/update', { token: refreshJwt, body: { loginId: name, newPassword: otherPassword } }),
      ...tokens.map((token) => kit.call('/v1/auth/magiclink/verify', { body: { token } })),
    ])
    assert.equal(change.status, 200)
    assert.ok(verified.every(({ status }) => status === 200 || status === 401))
    assert.ok(verified.filter(({ status }) => status === 200).length <= 1, 'one live link at most')
  }
})

onEveryDatabase('a user who is deleted while a reset is asked for is nobody to it', async (kit) => {
  for (let round = 0; round < 5; round++) {
    const name = `user${round}@example.com`
    await kit.signUp(name)
    const [asked] = await Promise.all([
      kit.call('/v1/auth/password/reset', { body: { loginId: name } }),
      kit.auth.api.deleteUser({ projectId: kit.projectId, loginId: name }),
    ])
    assert.equal(asked.status, 200)
  }
})

onEveryDatabase('BF-03: guesses at a login ID that nobody has do not lock out whoever takes it', async (kit) => {
  await kit.set({ password: { lock: true, lockAttempts: 5 } })
  for (let i = 0; i < 5; i++) await signIn(kit, { password: 'wrong password 1' })
  await kit.signUp(loginId)
  assert.equal((await signIn(kit)).status, 200)
})

onEveryDatabase('BF-03: asking for a reset too often shuts nobody out of it for a day', async (kit) => {
  await kit.signUp(loginId)
  const ask = () => kit.call('/v1/auth/password/reset', { body: { loginId } })
  const sent = async () => (await kit.mails()).filter(({ kind }) => kind === 'password.reset').length
  for (let i = 0; i < 12; i++) await ask()
  assert.equal(await sent(), 3)
  kit.clock.advance(3600)
  await ask()
  assert.equal(await sent(), 4)
})

onEveryDatabase('BF-02: whoever resets the password after too many failures signs in with it at once', async (kit) => {
  await kit.signUp(loginId)
  for (let i = 0; i < 10; i++) await signIn(kit, { password: 'wrong password 1' })
  assert.equal((await signIn(kit)).status, 429)
  await kit.call('/v1/auth/password/reset', { body: { loginId } })
  const session = await kit.call('/v1/auth/magiclink/verify', { body: { token: await kit.linkToken(loginId, 'password.reset') } })
  const body = { loginId, newPassword: otherPassword }
  assert.equal((await kit.call('/v1/auth/password/update', { token: session.body.refreshJwt, body })).status, 200)
  assert.equal((await signIn(kit, { password: otherPassword })).status, 200)
})

onEveryDatabase('BF-09: sign-ups and password changes send a stranger a few mails at most', async (kit) => {
  const ip = '203.0.113.9'
  for (let i = 0; i < 6; i++) {
    const body = { loginId: `bomb${i}`, password: goodPassword, user: { email: 'Victim@example.com' } }
    const { refreshJwt } = (await kit.call('/v1/auth/password/signup', { body, ip })).body
    const update = { loginId: `bomb${i}`, newPassword: otherPassword }
    assert.equal((await kit.call('/v1/auth/password/update', { token: refreshJwt, body: update, ip })).status, 200)
  }
  assert.equal((await kit.mails()).length, 3)
})

onEveryDatabase('a mailbox and the password that it reset are not two factors', async (kit) => {
  await kit.signUp(loginId)
  await kit.call('/v1/auth/password/reset', { body: { loginId } })
  const session = await kit.call('/v1/auth/magiclink/verify', { body: { token: await kit.linkToken(loginId, 'password.reset') } })
  const token = session.body.refreshJwt
  await kit.call('/v1/auth/password/update', { token, body: { loginId, newPassword: otherPassword } })
  const body = { loginId, password: otherPassword, loginOptions: { mfa: true } }
  const answer = await kit.call('/v1/auth/password/signin', { token, body })
  assert.deepEqual(decodeJwt(answer.body.sessionJwt).amr, ['email', 'pwd'])
})

onEveryDatabase('settings that would break answers are refused when they are set', async (kit) => {
  for (const changes of [
    { project: { domain: 'https://example.com' } },
    { project: { sessionTokenCookieDomain: 'a b' } },
    { project: { allowedOrigins: 'app.example.com' } },
    { project: { allowedOrigins: 'https://app.example.com/path' } },
    { project: { appUrl: 'javascript:alert(1)' } },
  ]) {
    await assert.rejects(kit.set(changes), JSON.stringify(changes))
  }
  await kit.set({
    project: { domain: 'example.com', allowedOrigins: 'https://app.example.com, http://localhost:3000', appUrl: 'https://example.com' },
  })
})
