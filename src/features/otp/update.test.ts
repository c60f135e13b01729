import assert from 'node:assert/strict'
import { goodPassword, type Kit, onEveryDatabase } from '../../../test/kit.ts'

const ada = 'ada@example.com'
const fresh = 'ada@new.example'

const update = (kit: Kit, token: string, body: object = {}, what = 'email') =>
  kit.call(`/v1/auth/otp/update/${what}`, { token, body: { loginId: ada, email: fresh, ...body } })
const verify = (kit: Kit, code: string | undefined, method = 'email', loginId = ada) =>
  kit.call(`/v1/auth/otp/verify/${method}`, { body: { loginId, code } })
const sent = async (kit: Kit) => (await kit.mails()).find(({ kind }) => kind === 'otp.update')

onEveryDatabase('a code proves a new address, once, under the login ID that was named', async (kit) => {
  const { refreshJwt, user } = await kit.signUp(ada)
  const started = await update(kit, refreshJwt, { addToLoginIDs: true })
  assert.deepEqual([started.status, started.body], [200, { maskedEmail: 'a*****@n*****.example' }])
  const message = await sent(kit)
  assert.equal(message?.to, fresh)
  assert.equal((await verify(kit, message?.code, 'email', fresh)).status, 401)
  const session = await verify(kit, message?.code)
  assert.equal(session.status, 200, session.text)
  assert.deepEqual([session.body.user.userId, session.body.user.email, session.body.user.loginIds], [user.userId, fresh, [ada, fresh]])
  assert.equal((await verify(kit, message?.code)).status, 401)
})

for (const method of ['sms', 'voice', 'whatsapp', 'im'] as const) {
  onEveryDatabase(`a code by ${method} proves a new phone number`, async (kit) => {
    const { refreshJwt } = await kit.signUp(ada)
    const started = await update(kit, refreshJwt, { phone: '+15555550144' }, `phone/${method}`)
    assert.deepEqual([started.status, started.body], [200, { maskedPhone: '+*********44' }])
    const { user } = (await verify(kit, (await sent(kit))?.code, method)).body
    assert.deepEqual([user.phone, user.verifiedPhone, user.email], ['+15555550144', true, ada])
  })
}

onEveryDatabase('a wrong code changes nothing; a newer code for signing in voids it (RC-05)', async (kit) => {
  const { refreshJwt } = await kit.signUp(ada)
  await update(kit, refreshJwt)
  const code = (await sent(kit))?.code
  assert.equal((await verify(kit, String((Number(code) + 1) % 1_000_000).padStart(6, '0'))).status, 401)
  kit.clock.advance(1)
  await kit.call('/v1/auth/otp/signin/email', { body: { loginId: ada } })
  assert.equal((await verify(kit, code)).status, 401)
  assert.equal((await kit.manage(`/v1/mgmt/user?loginId=${ada}`)).body.user.email, ada)
  assert.equal((await kit.call('/v1/auth/password/signin', { body: { loginId: ada, password: goodPassword } })).status, 200)
})
