import assert from 'node:assert/strict'
import { setTimeout as delay } from 'node:timers/promises'
import { onEveryDatabase, refused, succeeded } from './fixture.ts'

const check = onEveryDatabase()

check('restart: users, sessions, keys and links survive', async ({ sdk, newSdk, signUp, linkToken, restart }) => {
  const [account, ended] = [await signUp('survives'), await signUp('ended-before')]
  succeeded(await sdk.logout(ended.refreshJwt))
  succeeded(await sdk.magicLink.verify(await linkToken(account.loginId, 'email.verify')))
  succeeded(await sdk.password.sendReset(account.loginId))
  const { kid } = JSON.parse(Buffer.from(account.sessionJwt.split('.')[0] ?? '', 'base64url').toString())
  await restart()
  // A client that knew the keys, and one that fetches them now.
  for (const client of [sdk, newSdk()]) assert.equal((await client.validateSession(account.sessionJwt)).token.sub, account.userId)
  const refreshed = succeeded(await sdk.refresh(account.refreshJwt))
  assert.equal(JSON.parse(Buffer.from(refreshed.sessionJwt.split('.')[0] ?? '', 'base64url').toString()).kid, kid)
  succeeded(await sdk.password.signIn(account.loginId, account.password))
  refused(await sdk.refresh(ended.refreshJwt), 401, 'E064001')
  const reset = succeeded(await sdk.magicLink.verify(await linkToken(account.loginId, 'password.reset')))
  succeeded(await sdk.password.update(account.loginId, 'after the restart 5', reset.refreshJwt))
  succeeded(await sdk.password.signIn(account.loginId, 'after the restart 5'))
})

check('restart: limits on guessing survive', async ({ sdk, signUp, restart }) => {
  const account = await signUp('still-limited')
  for (let guess = 0; guess < 10; guess++) refused(await sdk.password.signIn(account.loginId, `guess number ${guess}`), 401, 'E062903')
  await restart()
  refused(await sdk.password.signIn(account.loginId, account.password), 429, 'E130429')
})

check('signing keys: an emergency rotation ends what the old key signed', async ({ sdk, newSdk, signUp, command }) => {
  const account = await signUp('rotated-key')
  await command(['keys', 'rotate', '--emergency'])
  // The command runs in another process; a running server follows within a second.
  await delay(1_200)
  const fresh = succeeded(await sdk.password.signIn(account.loginId, account.password))
  // One SDK knows the old keys, meets an unknown one and fetches the set again; the other fetches it for the first time.
  for (const client of [sdk, newSdk()]) assert.equal((await client.validateSession(fresh.sessionJwt)).token.sub, account.userId)
  await assert.rejects(newSdk().validateSession(account.sessionJwt), /session validation failed/)
  const refusal = await sdk.refresh(account.refreshJwt)
  assert.deepEqual([refusal.ok, refusal.code], [false, 401])
})
