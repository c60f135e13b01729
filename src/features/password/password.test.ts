import assert from 'node:assert/strict'
import { goodPassword, onEveryDatabase } from '../../../test/kit.ts'

const otherPassword = 'another good passphrase 2'

onEveryDatabase('sign-up answers every field of an auth response and a full user', async (kit) => {
  const { status, body } = await kit.call('/v1/auth/password/signup', {
    body: { loginId: 'Ada@Example.com', password: goodPassword, user: { name: 'Ada Lovelace', givenName: 'Ada' } },
  })
  assert.equal(status, 200)
  assert.equal(body.firstSeen, true)
  assert.equal(body.cookiePath, '/')
  assert.equal(body.cookieMaxAge, 2_419_200)
  assert.equal(body.cookieExpiration, kit.clock.nowSeconds() + 2_419_200)
  assert.equal(body.sessionExpiration, kit.clock.nowSeconds() + 600)
  const { user } = body
  assert.deepEqual(user.loginIds, ['Ada@example.com'])
  assert.equal(user.email, 'Ada@example.com')
  assert.equal(user.verifiedEmail, false)
  assert.equal(user.status, 'enabled')
  assert.equal(user.password, true)
  assert.match(user.userId, /^U[A-Za-z0-9]{27}$/)
})

onEveryDatabase('sign-in finds the user by every spelling of the login ID', async (kit) => {
  await kit.signUp('ada@example.com')
  for (const loginId of ['ada@example.com', 'ADA@EXAMPLE.COM', ' ada@example.com ']) {
    const { status, body } = await kit.call('/v1/auth/password/signin', { body: { loginId, password: goodPassword } })
    assert.equal(status, 200, loginId)
    assert.equal(body.firstSeen, false)
  }
})

onEveryDatabase('EN-01: unknown, wrong, disabled, passwordless and locked look alike', async (kit) => {
  await kit.set({ password: { lock: true, lockAttempts: 2 } })
  const { projectId } = kit
  for (const name of ['wrong', 'disabled', 'locked']) await kit.signUp(`${name}@example.com`)
  await kit.auth.api.createUser({ projectId, loginId: 'passwordless@example.com' })
  await kit.auth.api.setUserStatus({ projectId, loginId: 'disabled@example.com', status: 'disabled' })
  const wrong = (name: string, password = 'wrong password 1') =>
    kit.call('/v1/auth/password/signin', { body: { loginId: `${name}@example.com`, password } })
  await wrong('locked')
  await wrong('locked')
  const first = await wrong('unknown')
  const answers = [first, await wrong('wrong'), await wrong('disabled'), await wrong('passwordless'), await wrong('locked')]
  const shown = answers.map(({ status, text, headers }) => {
    const rest = [...headers].filter(([name]) => name !== 'x-request-id')
    return JSON.stringify([status, text, rest])
  })
  assert.equal(new Set(shown).size, 1, shown.join('\n'))
  assert.equal(first.status, 401)
  assert.equal(first.body.errorCode, 'E062903')
  assert.match(first.body.errorMessage, /Invalid signin credentials/)
  assert.equal((await wrong('locked', goodPassword)).status, 401)
  assert.equal((await wrong('disabled', goodPassword)).body.errorCode, 'E062110')
})

onEveryDatabase('RL-03: of many sign-ups with spellings of one login ID exactly one wins', async (kit) => {
  const spellings = ['zoe\u0308@example.com', 'Ada@example.com', 'ADA@EXAMPLE.COM', 'ada@example.com', ' ada@example.com']
  const tries = spellings.slice(1).flatMap((loginId) => [loginId, loginId, loginId])
  const answers = await Promise.all(
    tries.map((loginId) => kit.call('/v1/auth/password/signup', { body: { loginId, password: goodPassword } })),
  )
  assert.equal(answers.filter(({ status }) => status === 200).length, 1)
  assert.ok(answers.every(({ status, body }) => status === 200 || body.errorCode === 'E062107'))
})

onEveryDatabase('a broken policy answers the list of broken rules, readable and machine-readable', async (kit) => {
  await kit.set({ password: { minLength: 10, uppercase: true, number: true } })
  const { status, body } = await kit.call('/v1/auth/password/signup', { body: { loginId: 'ada', password: 'q!x' } })
  assert.equal(status, 400)
  assert.equal(body.errorCode, 'E062904')
  assert.deepEqual(
    body.brokenRules.map((one: { rule: string }) => one.rule),
    ['minLength', 'uppercase', 'number'],
  )
  assert.match(body.errorMessage, /10/)
})

onEveryDatabase('replace swaps the password, signs in, and ends every earlier session', async (kit) => {
  const first = await kit.signUp('ada@example.com')
  const { status, body } = await kit.call('/v1/auth/password/replace', {
    body: { loginId: 'ada@example.com', oldPassword: goodPassword, newPassword: otherPassword },
  })
  assert.equal(status, 200)
  assert.ok(body.sessionJwt && body.refreshJwt)
  assert.equal((await kit.call('/v1/auth/refresh', { token: first.refreshJwt, body: {} })).status, 401)
  assert.equal((await kit.call('/v1/auth/refresh', { token: body.refreshJwt, body: {} })).status, 200)
  const signIn = (password: string) => kit.call('/v1/auth/password/signin', { body: { loginId: 'ada@example.com', password } })
  assert.equal((await signIn(goodPassword)).status, 401)
  assert.equal((await signIn(otherPassword)).status, 200)
})

onEveryDatabase('EN-01: a wrong old password is told before anything about the new one', async (kit) => {
  await kit.signUp('ada@example.com')
  const body = { loginId: 'ada@example.com', oldPassword: 'wrong password 1', newPassword: 'x' }
  const answer = await kit.call('/v1/auth/password/replace', { body })
  assert.equal(answer.body.errorCode, 'E062903')
})

onEveryDatabase('SE-05: update ends every other session and every one-time secret, keeps its own, and tells the owner', async (kit) => {
  const loginId = 'ada@example.com'
  const first = await kit.signUp(loginId)
  const signIn = async () => (await kit.call('/v1/auth/password/signin', { body: { loginId, password: goodPassword } })).body
  const [second, third] = [await signIn(), await signIn()]
  await kit.call('/v1/auth/password/reset', { body: { loginId } })
  const link = await kit.linkToken(loginId, 'password.reset')
  const answer = await kit.call('/v1/auth/password/update', { token: second.refreshJwt, body: { loginId, newPassword: otherPassword } })
  assert.deepEqual([answer.status, answer.body], [200, {}])
  const refresh = async (token: string) => (await kit.call('/v1/auth/refresh', { token, body: {} })).status
  assert.deepEqual(await Promise.all([first, second, third].map((one) => refresh(one.refreshJwt))), [401, 200, 401])
  const validate = async (token: string) => (await kit.call('/v1/auth/validate', { token, body: {} })).status
  assert.deepEqual(await Promise.all([first, second, third].map((one) => validate(one.sessionJwt))), [401, 200, 401])
  assert.equal((await kit.call('/v1/auth/magiclink/verify', { body: { token: link } })).body.errorCode, 'E062504')
  assert.ok((await kit.mails()).some((mail) => mail.kind === 'password.changed' && mail.to === loginId))
})

onEveryDatabase("PW-10: update refuses another user's login ID, a session token, and with the setting an old sign-in", async (kit) => {
  const ada = await kit.signUp('ada@example.com')
  await kit.signUp('bob@example.com')
  const update = (token: string, loginId: string) =>
    kit.call('/v1/auth/password/update', { token, body: { loginId, newPassword: otherPassword } })
  assert.equal((await update(ada.refreshJwt, 'bob@example.com')).status, 400)
  assert.equal((await update(ada.sessionJwt, 'ada@example.com')).status, 401)
  const still = await kit.call('/v1/auth/password/signin', { body: { loginId: 'bob@example.com', password: goodPassword } })
  assert.equal(still.status, 200)
  await kit.set({ password: { updateMaxAgeSeconds: 600 } })
  kit.clock.advance(601)
  assert.equal((await update(ada.refreshJwt, 'ada@example.com')).body.errorCode, 'E064003')
})

onEveryDatabase('an expired or temporary password is told after the right password only, and replace takes it', async (kit) => {
  const { projectId } = kit
  const loginId = 'ada@example.com'
  await kit.auth.api.createUser({ projectId, loginId })
  await kit.auth.api.setPassword({ projectId, loginId, password: goodPassword, isTemporary: true })
  const signIn = (password: string) => kit.call('/v1/auth/password/signin', { body: { loginId, password } })
  assert.equal((await signIn('wrong password 1')).body.errorCode, 'E062903')
  const expired = await signIn(goodPassword)
  assert.deepEqual([expired.status, expired.body.errorCode], [401, 'E062909'])
  const body = { loginId, oldPassword: goodPassword, newPassword: otherPassword }
  assert.equal((await kit.call('/v1/auth/password/replace', { body })).status, 200)
  assert.equal((await signIn(otherPassword)).status, 200)
  await kit.set({ password: { expiration: true, expirationWeeks: 1 } })
  kit.clock.advance(604_801)
  assert.equal((await signIn(otherPassword)).body.errorCode, 'E062909')
})

onEveryDatabase('the reuse history refuses as many previous passwords as the policy says', async (kit) => {
  await kit.set({ password: { reuse: true, reuseAmount: 2 } })
  const loginId = 'ada@example.com'
  const passwords = [1, 2, 3, 4].map((n) => `passphrase number ${n} here`)
  const session = await kit.signUp(loginId, passwords[0])
  const update = async (newPassword: string | undefined) =>
    (await kit.call('/v1/auth/password/update', { token: session.refreshJwt, body: { loginId, newPassword } })).body.errorCode
  assert.equal(await update(passwords[0]), 'E062905')
  assert.equal(await update(passwords[1]), undefined)
  assert.equal(await update(passwords[2]), undefined)
  assert.equal(await update(passwords[0]), 'E062905')
  assert.equal(await update(passwords[3]), undefined)
  assert.equal(await update(passwords[0]), undefined)
})
