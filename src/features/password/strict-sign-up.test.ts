import assert from 'node:assert/strict'
import { goodPassword, type Json, type Kit, onEveryDatabase } from '../../../test/kit.ts'

const ada = 'ada@example.com'

const signUp = (kit: Kit, loginId = ada, body: object = {}) =>
  kit.call('/v1/auth/password/signup', { body: { loginId, password: goodPassword, user: { name: 'Ada' }, ...body } })
const signIn = async (kit: Kit, loginId = ada) =>
  (await kit.call('/v1/auth/password/signin', { body: { loginId, password: goodPassword } })).status
const verify = (kit: Kit, token: string) => kit.call('/v1/auth/magiclink/verify', { body: { token } })

/** An answer without what differs between any two. */
const shapeOf = ({ status, body }: { readonly status: number; readonly body: Json }, loginId: string) =>
  JSON.stringify([status, body]).replaceAll(body?.user?.userId, 'U').replaceAll(loginId, 'L')

onEveryDatabase('EN-04: a strict sign-up answers alike for new and taken login IDs, and signs nobody in', async (kit) => {
  await kit.signUp('taken@example.com')
  await kit.manage('/v1/mgmt/user/patch', { body: { loginId: 'taken@example.com', displayName: 'Somebody', phone: '+15555550100' } })
  await kit.signUp('disabled@example.com')
  await kit.manage('/v1/mgmt/user/update/status', { body: { loginId: 'disabled@example.com', status: 'disabled' } })
  await kit.set({ project: { strictSignUp: true } })
  const seen = new Set<string>()
  for (const name of ['fresh', 'taken', 'disabled']) {
    const loginId = `${name}@example.com`
    const answer = await signUp(kit, loginId)
    assert.deepEqual([answer.status, answer.body.sessionJwt, answer.body.refreshJwt, answer.headers.getSetCookie()], [200, '', '', []])
    seen.add(shapeOf(answer, loginId))
  }
  assert.equal(seen.size, 1, [...seen].join('\n'))
  const mails = (await kit.mails()).filter(({ kind }) => kind === 'account.exists' || kind === 'magicLink.signUp')
  assert.deepEqual(new Map(mails.map(({ kind, to }) => [to, kind])).get('taken@example.com'), 'account.exists')
  assert.deepEqual(mails.map(({ to }) => to).toSorted(), ['disabled@example.com', 'fresh@example.com', 'taken@example.com'])
  assert.ok(mails.every(({ kind, link }) => (kind === 'account.exists') === (link === undefined)))
})

onEveryDatabase('EN-04: the link makes the user with the password, and nobody is there before', async (kit) => {
  await kit.set({ project: { strictSignUp: true } })
  const { userId } = (await signUp(kit)).body.user
  assert.deepEqual([await signIn(kit), (await kit.manage(`/v1/mgmt/user?loginId=${ada}`)).status], [401, 404])
  const session = await verify(kit, await kit.linkToken(ada, 'magicLink.signUp'))
  assert.equal(session.status, 200, session.text)
  const { user, firstSeen } = session.body
  assert.deepEqual([user.userId, user.name, user.verifiedEmail, user.password, firstSeen], [userId, 'Ada', true, true, true])
  assert.equal(await signIn(kit), 200)
  assert.equal((await verify(kit, await kit.linkToken(ada, 'magicLink.signUp'))).status, 401)
})

onEveryDatabase('EN-04: of two sign-ups with one login ID the newer link works', async (kit) => {
  await kit.set({ project: { strictSignUp: true } })
  await signUp(kit, ada, { password: 'the intruder has this one 1' })
  const first = await kit.linkToken(ada, 'magicLink.signUp')
  kit.clock.advance(1)
  await signUp(kit)
  assert.equal((await verify(kit, first)).status, 401)
  assert.equal((await verify(kit, await kit.linkToken(ada, 'magicLink.signUp'))).status, 200)
  assert.equal(await signIn(kit), 200)
})

onEveryDatabase('EN-04: the policy is told, and a login ID without an address is refused, whoever has it', async (kit) => {
  await kit.manage('/v1/mgmt/user/create', { body: { loginId: 'taken-name', email: 'taken@example.com' } })
  await kit.set({ project: { strictSignUp: true } })
  for (const loginId of ['taken-name', 'fresh-name']) {
    assert.equal((await signUp(kit, loginId)).body.errorCode, 'E011004')
    assert.equal((await signUp(kit, loginId, { password: 'short' })).body.errorCode, 'E062904')
  }
})

for (const [path, body] of [
  ['magiclink/signup/email', {}],
  ['otp/signup/email', {}],
  ['enchantedlink/signup/email', {}],
  ['otp/signup/sms', { phone: '+15555550101' }],
] as const) {
  onEveryDatabase(`EN-04: ${path} does not tell a taken login ID when strict`, async (kit) => {
    await kit.signUp('taken@example.com')
    await kit.manage('/v1/mgmt/user/update/phone', { body: { loginId: 'taken@example.com', phone: '+15555550100', verified: true } })
    await kit.set({ project: { strictSignUp: true } })
    const shapes = new Set<string>()
    for (const name of ['taken', 'fresh']) {
      const { status, body: answer } = await kit.call(`/v1/auth/${path}`, { body: { loginId: `${name}@example.com`, ...body } })
      const { maskedEmail = '', pendingRef = '', linkId = '', ...rest } = answer
      shapes.add(JSON.stringify([status, maskedEmail.slice(1), pendingRef.length, linkId.length, rest]))
    }
    assert.equal(shapes.size, 1, [...shapes].join('\n'))
    const notices = (await kit.mails()).filter(({ kind }) => kind === 'account.exists')
    assert.deepEqual(
      notices.map(({ to }) => to),
      [path.endsWith('sms') ? '+15555550100' : 'taken@example.com'],
    )
  })
}
