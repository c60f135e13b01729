import assert from 'node:assert/strict'
import { claimsOf, onEveryDatabase, refused, type Sdk, succeeded, type Target, tokenOf } from './fixture.ts'

const check = onEveryDatabase()

/** The part of the SDK that works with a management key. */
const usersOf = ({ newSdk, managementKey }: Target): Sdk['management']['user'] => newSdk({ managementKey }).management.user

check('management.user.generateOTPForTestUser: redeemed with otp.verify', async (target) => {
  const { sdk } = target
  const users = usersOf(target)
  const { userId } = succeeded(await users.createTestUser('otp test', { phone: '+15550003333' }))
  for (const method of ['email', 'sms', 'whatsapp', 'voice'] as const) {
    const { code, loginId } = succeeded(await users.generateOTPForTestUser(method, 'otp test'))
    assert.deepEqual([loginId, /^\d{6}$/.test(code)], ['otp test', true])
    const data = succeeded(await sdk.otp.verify[method]('otp test', code))
    assert.deepEqual([data.user?.userId, data.user?.test], [userId, true])
    const { token } = await sdk.validateSession(data.sessionJwt)
    assert.deepEqual(token.amr, [method])
    refused(await sdk.otp.verify[method]('otp test', code), 401, 'E061102')
  }
  const { code } = succeeded(await users.generateOTPForTestUser('Embedded', 'otp test'))
  succeeded(await sdk.otp.verify.email('otp test', code))
})

check('management.user.generateOTPForTestUser: wrong codes, and too many of them', async (target) => {
  const { sdk } = target
  const users = usersOf(target)
  succeeded(await users.createTestUser('otp wrong', { phone: '+15550004444' }))
  const { code } = succeeded(await users.generateOTPForTestUser('email', 'otp wrong'))
  const wrong = String((Number(code) + 1) % 1_000_000).padStart(6, '0')
  for (let i = 0; i < 5; i++) {
    const { errorMessage } = refused(await sdk.otp.verify.email('otp wrong', wrong), 401, 'E061102')
    assert.match(errorMessage, /code/)
  }
  refused(await sdk.otp.verify.email('otp wrong', code), 401, 'E061103')
  const next = succeeded(await users.generateOTPForTestUser('email', 'otp wrong'))
  succeeded(await sdk.otp.verify.email('otp wrong', next.code))
})

check('management.user.generateMagicLinkForTestUser: redeemed with magicLink.verify', async (target) => {
  const { sdk } = target
  const users = usersOf(target)
  const { userId } = succeeded(await users.createTestUser('magic@example.com'))
  const uri = 'https://app.example.com/verify'
  const { link, loginId } = succeeded(await users.generateMagicLinkForTestUser('email', 'magic@example.com', uri))
  assert.equal(loginId, 'magic@example.com')
  assert.ok(link.startsWith(`${uri}?t=`))
  const data = succeeded(await sdk.magicLink.verify(tokenOf(link)))
  assert.deepEqual([data.user?.userId, claimsOf(data.sessionJwt).amr], [userId, ['email']])
  refused(await sdk.magicLink.verify(tokenOf(link)), 401, 'E062504')
})

check(
  'management.user.generateEnchantedLinkForTestUser: redeemed with enchantedLink.verify, fetched with waitForSession',
  async (target) => {
    const { sdk } = target
    const users = usersOf(target)
    const { userId } = succeeded(await users.createTestUser('enchanted@example.com'))
    const made = succeeded(await users.generateEnchantedLinkForTestUser('enchanted@example.com', 'https://app.example.com'))
    const early = await sdk.enchantedLink.waitForSession(made.pendingRef, { pollingIntervalMs: 1000, timeoutMs: 1500 })
    assert.equal(early.ok, false)
    const [waited] = await Promise.all([
      sdk.enchantedLink.waitForSession(made.pendingRef, { pollingIntervalMs: 1000, timeoutMs: 20_000 }),
      sdk.enchantedLink.verify(tokenOf(made.link)).then(succeeded),
    ])
    const data = succeeded(waited)
    assert.equal(data.user?.userId, userId)
    await sdk.validateSession(data.sessionJwt)
    refused(await sdk.enchantedLink.verify(tokenOf(made.link)), 401, 'E062504')
  },
)

check('management.user generateForTestUser: for test users only', async (target) => {
  const { signUp } = target
  const users = usersOf(target)
  const { loginId } = await signUp('no-test-user')
  for (const [name, status, code] of [
    [loginId, 400, 'E112170'],
    ['nobody@example.com', 404, 'E112102'],
  ] as const) {
    refused(await users.generateOTPForTestUser('email', name), status, code)
    refused(await users.generateMagicLinkForTestUser('email', name, ''), status, code)
    refused(await users.generateEnchantedLinkForTestUser(name, ''), status, code)
  }
})
