import assert from 'node:assert/strict'
import { goodPassword, type Kit, onEveryDatabase } from '../kit.ts'

const loginId = 'ada@example.com'
const wrongPassword = 'wrong password 1'
const newPassword = 'another good passphrase 2'
const owner = '192.0.2.77'

const signIn = (kit: Kit, password: string, ip = owner, id = loginId) =>
  kit.call('/v1/auth/password/signin', { ip, body: { loginId: id, password } })

async function fail(kit: Kit, times: number, id = loginId): Promise<readonly string[]> {
  const codes: string[] = []
  for (let i = 0; i < times; i++) codes.push((await signIn(kit, wrongPassword, `198.51.100.${i + 1}`, id)).body.errorCode)
  return codes
}

async function resetByMail(kit: Kit): Promise<void> {
  await kit.call('/v1/auth/password/reset', { ip: owner, body: { loginId } })
  const token = await kit.linkToken(loginId, 'password.reset')
  const { body } = await kit.call('/v1/auth/magiclink/verify', { ip: owner, body: { token } })
  await kit.call('/v1/auth/password/update', { ip: owner, token: body.refreshJwt, body: { loginId, newPassword } })
}

onEveryDatabase('policy lock: the account stays locked until it is unlocked, for however long', async (kit) => {
  await kit.set({ password: { lock: true, lockAttempts: 5 } })
  await kit.signUp(loginId)
  await fail(kit, 4)
  assert.equal((await signIn(kit, goodPassword)).status, 200, 'one try was left, and success clears the count')
  await fail(kit, 5)
  assert.equal((await signIn(kit, goodPassword)).status, 401)
  kit.clock.advance(365 * 86_400)
  assert.equal((await signIn(kit, goodPassword)).status, 401)
})

onEveryDatabase('policy lock: replace counts like sign-in', async (kit) => {
  await kit.set({ password: { lock: true, lockAttempts: 2 } })
  await kit.signUp(loginId)
  const replace = (oldPassword: string) => kit.call('/v1/auth/password/replace', { body: { loginId, oldPassword, newPassword } })
  await replace(wrongPassword)
  await fail(kit, 1)
  assert.equal((await replace(goodPassword)).status, 401)
})

for (const [name, unlock, password] of [
  ['a reset by mail', resetByMail, newPassword],
  ['an administrator', (kit: Kit) => kit.auth.api.unlockUser({ projectId: kit.projectId, loginId }), goodPassword],
  [
    'a password that an administrator sets',
    (kit: Kit) => kit.auth.api.setPassword({ projectId: kit.projectId, loginId, password: newPassword }),
    newPassword,
  ],
] as const) {
  for (const [lock, settings] of [
    ['lock', { lock: true, lockAttempts: 3 }],
    ['tempLock', { tempLock: true, tempLockAttempts: 3, tempLockDuration: 1440 }],
  ] as const) {
    onEveryDatabase(`policy ${lock}: ${name} lifts it`, async (kit) => {
      await kit.set({ password: settings })
      await kit.signUp(loginId)
      await fail(kit, 4)
      assert.equal((await signIn(kit, goodPassword)).status, 401)
      await unlock(kit)
      assert.equal((await signIn(kit, password)).status, 200)
      await fail(kit, 2)
      assert.equal((await signIn(kit, password)).status, 200, 'the count began anew')
    })
  }
}

onEveryDatabase('policy tempLock: locks after N failures, opens after the duration, and locks again', async (kit) => {
  await kit.set({ password: { tempLock: true, tempLockAttempts: 3, tempLockDuration: 10 } })
  await kit.signUp(loginId)
  await fail(kit, 2)
  assert.equal((await signIn(kit, goodPassword)).status, 200, 'success clears the count')
  for (let round = 0; round < 2; round++) {
    await fail(kit, 3)
    assert.equal((await signIn(kit, goodPassword)).status, 401, 'locked at once')
    kit.clock.advance(599)
    assert.equal((await signIn(kit, goodPassword)).status, 401, 'a second before the end')
    kit.clock.advance(1)
    assert.equal((await signIn(kit, goodPassword)).status, 200, 'at the end')
  }
})

onEveryDatabase(
  'policy tempLock: tries while it is locked do not prolong it, and one failure after it does not lock again',
  async (kit) => {
    await kit.set({ password: { tempLock: true, tempLockAttempts: 2, tempLockDuration: 5 } })
    await kit.signUp(loginId)
    await fail(kit, 2)
    kit.clock.advance(200)
    await fail(kit, 5)
    kit.clock.advance(100)
    await fail(kit, 1)
    assert.equal((await signIn(kit, goodPassword)).status, 200)
  },
)

onEveryDatabase('policy tempLock: of many guesses at once no more than N are looked at', async (kit) => {
  await kit.set({ password: { tempLock: true, tempLockAttempts: 3, tempLockDuration: 10 } })
  await kit.signUp(loginId)
  const guesses = Array.from({ length: 9 }, (_, i) => signIn(kit, i < 6 ? wrongPassword : goodPassword, `198.51.100.${i + 1}`))
  await Promise.all(guesses)
  assert.equal((await signIn(kit, wrongPassword)).status, 401)
  const lines = kit.log.lines.filter(({ fields }) => fields.route === '/v1/auth/password/signin' && fields.status === 200)
  assert.ok(lines.length <= 3)
})

onEveryDatabase(
  'EN-01, maskError off: unknown, locked and wrong are told apart, and disabled only after the right password',
  async (kit) => {
    await kit.set({ password: { maskError: false, lock: true, lockAttempts: 2 } })
    const { projectId } = kit
    await kit.signUp(loginId)
    await kit.signUp('off@example.com')
    await kit.auth.api.setUserStatus({ projectId, loginId: 'off@example.com', status: 'disabled' })
    const code = async (id: string, password: string) => {
      const { status, body } = await signIn(kit, password, owner, id)
      return [status, body.errorCode]
    }
    assert.deepEqual(await code('nobody@example.com', wrongPassword), [400, 'E062108'])
    assert.deepEqual(await code('off@example.com', wrongPassword), [401, 'E062903'])
    assert.deepEqual(await code('off@example.com', goodPassword), [403, 'E062110'])
    assert.deepEqual(await fail(kit, 3), ['E062903', 'E062903', 'E062906'])
    assert.deepEqual(await code(loginId, goodPassword), [403, 'E062906'], 'the right password does not open it')
    await kit.set({ password: { maskError: true } })
    assert.deepEqual(await code(loginId, goodPassword), [401, 'E062903'])
  },
)
