import assert from 'node:assert/strict'
import { goodPassword, onEveryDatabase, refused, type Sdk, succeeded, type Target } from './fixture.ts'

const check = onEveryDatabase()

const newPassword = 'marble lantern quay 9'

/** The part of the SDK that works with a management key. */
const usersOf = ({ newSdk, managementKey }: Target): Sdk['management']['user'] => newSdk({ managementKey }).management.user

check('management.user.setTemporaryPassword: must be replaced before the next sign-in', async (target) => {
  const { sdk, signUp } = target
  const { loginId } = await signUp('temporary')
  succeeded(await usersOf(target).setTemporaryPassword(loginId, newPassword))
  refused(await sdk.password.signIn(loginId, goodPassword), 401, 'E062903')
  refused(await sdk.password.signIn(loginId, newPassword), 401, 'E062909')
  const { sessionJwt } = succeeded(await sdk.password.replace(loginId, newPassword, goodPassword))
  await sdk.validateSession(sessionJwt)
  succeeded(await sdk.password.signIn(loginId, goodPassword))
})

check('management.user.setActivePassword: works at once, and ends every session', async (target) => {
  const { sdk, signUp } = target
  const { loginId, userId, refreshJwt } = await signUp('active')
  succeeded(await usersOf(target).setActivePassword(userId, newPassword))
  refused(await sdk.refresh(refreshJwt), 401, 'E064001')
  succeeded(await sdk.password.signIn(loginId, newPassword))
})

check('management.user.setPassword: as a temporary one', async (target) => {
  const { sdk, signUp } = target
  const { loginId } = await signUp('deprecated')
  succeeded(await usersOf(target).setPassword(loginId, newPassword))
  refused(await sdk.password.signIn(loginId, newPassword), 401, 'E062909')
})

check('management.user.expirePassword: the next sign-in is refused, a replacement works', async (target) => {
  const { sdk, signUp } = target
  const { loginId } = await signUp('expired')
  succeeded(await usersOf(target).expirePassword(loginId))
  refused(await sdk.password.signIn(loginId, goodPassword), 401, 'E062909')
  succeeded(await sdk.password.replace(loginId, goodPassword, newPassword))
  succeeded(await sdk.password.signIn(loginId, newPassword))
})

check('management.user passwords: unknown users, weak passwords and other keys are refused', async (target) => {
  const { newSdk, signUp, managementKey } = target
  const { loginId } = await signUp('refused')
  const users = usersOf(target)
  for (const set of [users.setTemporaryPassword, users.setActivePassword, users.setPassword]) {
    refused(await set('nobody@example.com', newPassword), 404, 'E112102')
    const { brokenRules } = refused(await set(loginId, 'short'), 400, 'E062904')
    assert.ok(brokenRules?.some(({ rule }) => rule === 'minLength'))
  }
  refused(await users.expirePassword('nobody@example.com'), 404, 'E112102')
  const stranger = newSdk({ managementKey: `${managementKey.slice(0, -3)}AAA` })
  refused(await stranger.management.user.setActivePassword(loginId, newPassword), 401, 'E111119')
})
