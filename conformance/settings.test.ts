import assert from 'node:assert/strict'
import { setTimeout as delay } from 'node:timers/promises'
import { goodPassword, onEveryDatabase, refused, succeeded, type Target } from './fixture.ts'

const check = onEveryDatabase()

/** Changes settings and waits until the running server goes by them: it looks once a second. */
async function change({ command, sdk }: Target, ...settings: readonly string[]): Promise<void> {
  await command(['settings', 'set', ...settings])
  // No call tells when; the cache that is in the way lives for one second.
  await delay(1_200)
  succeeded(await sdk.password.policy())
}

check('settings: the policy changes while the server runs', async (target) => {
  const { sdk } = target
  await change(target, 'password.minLength=12', 'password.number=true', 'password.uppercase=true')
  const { minLength, lowercase, number, uppercase } = succeeded(await sdk.password.policy())
  assert.deepEqual({ minLength, lowercase, number, uppercase }, { minLength: 12, lowercase: false, number: true, uppercase: true })
  const { brokenRules } = refused(await sdk.password.signUp('rules@example.com', 'plum kettle'), 400, 'E062904')
  assert.deepEqual(brokenRules?.map(({ rule }) => rule).toSorted(), ['minLength', 'number', 'uppercase'])
  succeeded(await sdk.password.signUp('rules@example.com', 'Plum kettle 77'))
  await change(target, 'password.minLength=8', 'password.number=false', 'password.uppercase=false')
})

check('error E062905: a password that was used before', async (target) => {
  const { sdk, signUp } = target
  await change(target, 'password.reuse=true', 'password.reuseAmount=2')
  const account = await signUp('reuse')
  const next = 'copper lantern 42 fox'
  succeeded(await sdk.password.replace(account.loginId, account.password, next))
  refused(await sdk.password.replace(account.loginId, next, account.password), 400, 'E062905')
  refused(await sdk.password.replace(account.loginId, next, next), 400, 'E062905')
  await change(target, 'password.reuse=false')
})

check('error E062906: the account is locked; E062108: the user is unknown (maskError off)', async (target) => {
  const { sdk, signUp, command } = target
  await change(target, 'password.lock=true', 'password.lockAttempts=2', 'password.maskError=false')
  const account = await signUp('locked')
  for (let guess = 0; guess < 2; guess++) refused(await sdk.password.signIn(account.loginId, 'a wrong guess'), 401, 'E062903')
  refused(await sdk.password.signIn(account.loginId, account.password), 403, 'E062906')
  refused(await sdk.password.signIn('nobody@example.com', goodPassword), 400, 'E062108')
  await command(['user', 'unlock', account.loginId])
  succeeded(await sdk.password.signIn(account.loginId, account.password))
  await change(target, 'password.lock=false', 'password.maskError=true')
})

check('error E062907: passwords are switched off', async (target) => {
  const { sdk, signUp } = target
  const account = await signUp('switched-off')
  await change(target, 'password.enabled=false')
  const calls = [
    await sdk.password.signUp('late@example.com', goodPassword),
    await sdk.password.signIn(account.loginId, account.password),
    await sdk.password.sendReset(account.loginId),
    await sdk.password.update(account.loginId, goodPassword, account.refreshJwt),
    await sdk.password.replace(account.loginId, account.password, goodPassword),
  ]
  for (const call of calls) refused(call, 403, 'E062907')
  succeeded(await sdk.refresh(account.refreshJwt))
  await change(target, 'password.enabled=true')
})
