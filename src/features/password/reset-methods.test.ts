import assert from 'node:assert/strict'
import { goodPassword, type Json, type Kit, onEveryDatabase } from '../../../test/kit.ts'

const ada = 'ada@example.com'
const next = 'another good passphrase 2'

const reset = (kit: Kit, loginId = ada) => kit.call('/v1/auth/password/reset', { body: { loginId } })
const signIn = async (kit: Kit, password: string) =>
  (await kit.call('/v1/auth/password/signin', { body: { loginId: ada, password } })).status
const verify = (kit: Kit, token: string) => kit.call('/v1/auth/magiclink/verify', { body: { token } })
const newest = async (kit: Kit) => (await kit.mails()).find(({ kind }) => kind.startsWith('password.reset'))
const tokenIn = (url = '') => new URL(url).searchParams.get('t') ?? ''

/** Sets a new password in the session of a reset, and sees that it counts. */
async function finish(kit: Kit, { refreshJwt, user }: Json): Promise<void> {
  assert.equal(user.verifiedEmail, true)
  const updated = await kit.call('/v1/auth/password/update', { token: refreshJwt, body: { loginId: ada, newPassword: next } })
  assert.equal(updated.status, 200, updated.text)
  assert.deepEqual([await signIn(kit, goodPassword), await signIn(kit, next)], [401, 200])
}

onEveryDatabase('a reset by enchanted link goes on where it began', async (kit) => {
  await kit.set({ password: { resetMethod: 'enchantedlink' }, enchantedLink: { enabled: false } })
  const old = await kit.signUp(ada)
  const { body } = await reset(kit)
  assert.deepEqual([body.resetMethod, body.maskedEmail, body.linkId.length], ['enchantedlink', 'a*****@e*****.com', 2])
  const poll = () => kit.call('/v1/auth/enchantedlink/pending-session', { body: { pendingRef: body.pendingRef } })
  assert.equal((await poll()).body.errorCode, 'E062503')
  const link = (await newest(kit))?.links.find(({ number }) => number === body.linkId)?.url
  assert.equal(new URL(link ?? '').pathname, `/confirm/${kit.projectId}`)
  assert.equal((await kit.call('/v1/auth/enchantedlink/verify', { body: { token: tokenIn(link) } })).status, 200)
  await finish(kit, (await poll()).body)
  assert.equal((await kit.call('/v1/auth/refresh', { token: old.refreshJwt, body: {} })).status, 401)
})

onEveryDatabase('a reset by code', async (kit) => {
  await kit.set({ password: { resetMethod: 'otp' }, otp: { enabled: false } })
  await kit.signUp(ada)
  const { body } = await reset(kit)
  assert.deepEqual(body, { resetMethod: 'otp', maskedEmail: 'a*****@e*****.com', pendingRef: '', linkId: '' })
  const code = (await newest(kit))?.code
  assert.match(code ?? '', /^\d{6}$/)
  const session = await kit.call('/v1/auth/otp/verify/email', { body: { loginId: ada, code } })
  assert.equal(session.status, 200, session.text)
  await finish(kit, session.body)
})

onEveryDatabase('RC-05: the session of a reset that sets no password ends, with all others', async (kit) => {
  for (const resetMethod of ['enchantedlink', 'otp'] as const) {
    await kit.set({ password: { resetMethod } })
    const loginId = `${resetMethod}@example.com`
    const { refreshJwt } = await kit.signUp(loginId)
    const { body } = await reset(kit, loginId)
    const mail = await newest(kit)
    if (resetMethod === 'otp') await kit.call('/v1/auth/otp/verify/email', { body: { loginId, code: mail?.code } })
    else {
      const url = mail?.links.find(({ number }) => number === body.linkId)?.url
      await kit.call('/v1/auth/enchantedlink/verify', { body: { token: tokenIn(url) } })
      await kit.call('/v1/auth/enchantedlink/pending-session', { body: { pendingRef: body.pendingRef } })
    }
    kit.clock.advance(601)
    await kit.auth.deps.storage.sessions.endOverdueResets(kit.clock.nowSeconds())
    assert.equal((await kit.call('/v1/auth/refresh', { token: refreshJwt, body: {} })).status, 401, resetMethod)
  }
})

onEveryDatabase('EN-03: every method answers alike for known, unknown, unverified and disabled', async (kit) => {
  await kit.signUp('known@example.com')
  await kit.signUp('unverified@example.com', goodPassword, { isVerified: false })
  await kit.signUp('disabled@example.com')
  await kit.manage('/v1/mgmt/user/update/status', { body: { loginId: 'disabled@example.com', status: 'disabled' } })
  for (const resetMethod of ['magiclink', 'enchantedlink', 'otp'] as const) {
    await kit.set({ password: { resetMethod, resetTypedCode: true } })
    const shapes = new Set<string>()
    for (const name of ['known', 'unknown', 'unverified', 'disabled']) {
      const { status, body } = await reset(kit, `${name}@example.com`)
      const { pendingRef, linkId, maskedEmail, ...rest } = body
      const polled = pendingRef && (await kit.call('/v1/auth/enchantedlink/pending-session', { body: { pendingRef } })).text
      shapes.add(
        JSON.stringify([status, pendingRef.length, linkId.length, maskedEmail.slice(1), rest, polled.replace(/"requestId":"[^"]*"/, '')]),
      )
    }
    assert.equal(shapes.size, 1, [...shapes].join('\n'))
  }
})

onEveryDatabase('a typed code: the link alone does nothing, on our page and through SDKs', async (kit) => {
  await kit.set({ password: { resetTypedCode: true } })
  await kit.signUp(ada)
  await reset(kit)
  const mail = await newest(kit)
  const token = tokenIn(mail?.link)
  assert.match(mail?.text ?? '', new RegExp(`\\b${mail?.code}\\b`))
  const path = `/reset/${kit.projectId}`
  assert.match((await kit.call(`${path}?t=${token}`)).text, /name="code"/)
  const post = (code: string, password = next) =>
    kit.call(path, {
      body: new URLSearchParams({ t: token, code, password }).toString(),
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
    })
  for (const code of ['', wrong(mail?.code)]) assert.match((await post(code)).text, /not the code in the mail/)
  assert.equal((await verify(kit, token)).status, 401)
  assert.equal((await verify(kit, `${token}.${wrong(mail?.code)}`)).status, 401)
  const session = await verify(kit, `${token}.${mail?.code}`)
  assert.equal(session.status, 200, session.text)
  await finish(kit, session.body)
  assert.equal((await verify(kit, `${token}.${mail?.code}`)).status, 401)
})

onEveryDatabase('a typed code: our page sets the password; after five wrong codes the link is dead', async (kit) => {
  await kit.set({ password: { resetTypedCode: true } })
  await kit.signUp(ada)
  for (const [tries, status] of [
    [4, 200],
    [5, 401],
  ] as const) {
    kit.clock.advance(3_600)
    await reset(kit)
    const mail = await newest(kit)
    const token = tokenIn(mail?.link)
    for (let count = 0; count < tries; count++) await verify(kit, `${token}.${wrong(mail?.code)}`)
    assert.equal((await verify(kit, `${token}.${mail?.code}`)).status, status)
  }
})

/** Another code. */
function wrong(code = ''): string {
  return String((Number(code) + 1) % 1_000_000).padStart(6, '0')
}
