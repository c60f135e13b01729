import assert from 'node:assert/strict'
import { goodPassword, onEveryDatabase, refused, succeeded } from './fixture.ts'

const check = onEveryDatabase()

check('error E062903: a wrong password and an unknown user look alike', async ({ sdk, signUp }) => {
  const account = await signUp('wrong')
  const wrong = refused(await sdk.password.signIn(account.loginId, 'not the password'), 401, 'E062903')
  const unknown = refused(await sdk.password.signIn('nobody@example.com', 'not the password'), 401, 'E062903')
  assert.deepEqual(wrong, unknown)
  assert.match(wrong.errorMessage, /Invalid signin credentials/)
  const replace = refused(await sdk.password.replace(account.loginId, 'not the password', 'short'), 401, 'E062903')
  assert.deepEqual(replace, wrong)
})

check('error E062909: a temporary password, until it is replaced', async ({ sdk, signUp, command }) => {
  const account = await signUp('temporary')
  const temporary = 'given by the desk 31'
  await command(['user', 'set-password', account.loginId, '--temporary'], `${temporary}\n`)
  refused(await sdk.password.signIn(account.loginId, 'not the password'), 401, 'E062903')
  refused(await sdk.password.signIn(account.loginId, temporary), 401, 'E062909')
  refused(await sdk.refresh(account.refreshJwt), 401, 'E064001')
  succeeded(await sdk.password.replace(account.loginId, temporary, goodPassword))
  succeeded(await sdk.password.signIn(account.loginId, goodPassword))
})

check('error E062107: the login ID is taken', async ({ sdk, signUp }) => {
  const account = await signUp('taken')
  refused(await sdk.password.signUp(account.loginId, goodPassword), 400, 'E062107')
  refused(await sdk.password.signUp('TAKEN@Example.com', goodPassword), 400, 'E062107')
})

check('error E062904: the password breaks the policy, with the rules', async ({ sdk, signUp }) => {
  const account = await signUp('policy')
  const attempts = [
    await sdk.password.signUp('weak@example.com', 'short'),
    await sdk.password.update(account.loginId, 'short', account.refreshJwt),
    await sdk.password.replace(account.loginId, account.password, 'short'),
  ]
  for (const attempt of attempts) {
    const { brokenRules, errorMessage } = refused(attempt, 400, 'E062904')
    assert.ok(brokenRules?.some(({ rule }) => rule === 'minLength'))
    assert.match(errorMessage, /at least 8 characters/)
  }
  refused(await sdk.password.signUp('weak@example.com', 'password123'), 400, 'E062904')
})

check('error E062504: a link token that is wrong or used up', async ({ sdk, signUp, linkToken }) => {
  const account = await signUp('link')
  refused(await sdk.magicLink.verify('not-a-token'), 401, 'E062504')
  const token = await linkToken(account.loginId, 'email.verify')
  succeeded(await sdk.magicLink.verify(token))
  refused(await sdk.magicLink.verify(token), 401, 'E062504')
})

check('error E064001: the session has ended', async ({ sdk, signUp }) => {
  const account = await signUp('ended')
  succeeded(await sdk.logout(account.refreshJwt))
  const calls = [sdk.refresh, sdk.me, sdk.history]
  for (const call of calls) refused(await call(account.refreshJwt), 401, 'E064001')
  refused(await sdk.password.update(account.loginId, goodPassword, account.refreshJwt), 401, 'E064001')
})

check('error E064002: no token, a broken one, a session token', async ({ sdk, signUp }) => {
  const account = await signUp('tokens')
  for (const token of [undefined, 'broken', `${account.refreshJwt}x`, account.sessionJwt]) {
    for (const call of [sdk.refresh, sdk.me, sdk.history, sdk.logout, sdk.logoutAll]) refused(await call(token), 401, 'E064002')
  }
  succeeded(await sdk.refresh(account.refreshJwt))
})

check('error E011001: a request that is malformed', async ({ newSdk }) => {
  const damaged: typeof fetch = (input, init) => fetch(input, { ...init, body: '{"loginId":' })
  refused(await newSdk({ fetch: damaged }).password.signIn('a@example.com', goodPassword), 400, 'E011001')
})

check('error E011003: a field that is invalid', async ({ sdk }) => {
  refused(await sdk.password.signIn('x'.repeat(255), goodPassword), 400, 'E011003')
  refused(await sdk.password.signUp('a\u0000b', goodPassword), 400, 'E011003')
  const { errorDescription, errorMessage } = refused(
    await sdk.password.signUp('name', goodPassword, { name: 'x'.repeat(65) }),
    400,
    'E011003',
  )
  assert.equal(errorDescription, 'Request is invalid')
  assert.match(errorMessage, /name/)
})

check('error E011010: an unknown project', async ({ newSdk }) => {
  const stranger = newSdk({ projectId: 'P00000000000000000000000000A' })
  refused(await stranger.password.signIn('a@example.com', goodPassword), 401, 'E011010')
})

check('error E062908: a redirect URL that is not approved', async ({ sdk, signUp, mails }) => {
  const account = await signUp('redirect')
  refused(await sdk.password.sendReset(account.loginId, 'https://evil.example/steal'), 400, 'E062908')
  assert.ok(!(await mails()).some(({ to, kind }) => to === account.loginId && kind === 'password.reset'))
})

check('error E130429: too many wrong passwords, with retryAfter', async ({ sdk, signUp }) => {
  const account = await signUp('guessed')
  for (let guess = 0; guess < 10; guess++) refused(await sdk.password.signIn(account.loginId, `guess number ${guess}`), 401, 'E062903')
  const { retryAfter = 0 } = refused(await sdk.password.signIn(account.loginId, account.password), 429, 'E130429')
  assert.ok(Number.isInteger(retryAfter) && retryAfter >= 1 && retryAfter <= 900, `retryAfter ${retryAfter}`)
  const bystander = await signUp('not-guessed')
  succeeded(await sdk.password.signIn(bystander.loginId, bystander.password))
})
