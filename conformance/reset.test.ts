import assert from 'node:assert/strict'
import { claimsOf, onEveryDatabase, refused, succeeded, type Target, tokenOf } from './fixture.ts'

const check = onEveryDatabase()
const newPassword = 'a lamp in the 3rd window'

/** A user whose address is proven, without which no reset is sent. */
async function verifiedUser({ sdk, signUp, linkToken }: Target, name: string) {
  const account = await signUp(name)
  succeeded(await sdk.magicLink.verify(await linkToken(account.loginId, 'email.verify')))
  return account
}

check('magicLink.verify: proves the address of a sign-up', async (target) => {
  const { sdk } = target
  const account = await verifiedUser(target, 'proves')
  const user = succeeded(await sdk.me(account.refreshJwt))
  assert.deepEqual([user.email, user.verifiedEmail], [account.loginId, true])
})

check('password.sendReset: the answer, and a mail with the redirect URL', async (target) => {
  const { sdk, url, mails } = target
  const { loginId } = await verifiedUser(target, 'asks')
  const redirectUrl = `${url}/app/new-password?lang=en`
  const data = succeeded(await sdk.password.sendReset(loginId, redirectUrl, { greeting: 'Hello' }))
  assert.equal(data.resetMethod, 'magiclink')
  assert.match(data.maskedEmail, /^a.*\*.*@/)
  const mail = (await mails()).find(({ to, kind }) => to === loginId && kind === 'password.reset')
  const link = mail?.link ?? ''
  assert.ok(link.startsWith(`${redirectUrl}&t=`), 'the token is added to the query that is there')
  assert.ok(tokenOf(link).length >= 32)
  assert.ok(mail?.text.includes(link))
})

check('password.sendReset: alike for unknown users and unproven addresses, without a mail', async (target) => {
  const { sdk, signUp, mails } = target
  const known = await verifiedUser(target, 'known')
  const unproven = await signUp('unproven')
  const answers = []
  for (const loginId of [known.loginId, unproven.loginId, 'stranger@example.com']) {
    answers.push({ ...succeeded(await sdk.password.sendReset(loginId)), maskedEmail: '' })
  }
  assert.deepEqual(answers, [answers[0], answers[0], answers[0]])
  const resets = (await mails()).filter(({ kind }) => kind === 'password.reset').map(({ to }) => to)
  assert.ok(resets.includes(known.loginId))
  assert.ok(!resets.includes(unproven.loginId) && !resets.includes('stranger@example.com'))
})

check('password reset: sendReset, magicLink.verify, password.update, signIn', async (target) => {
  const { sdk, linkToken } = target
  const account = await verifiedUser(target, 'forgot')
  succeeded(await sdk.password.sendReset(account.loginId))
  const session = succeeded(await sdk.magicLink.verify(await linkToken(account.loginId, 'password.reset')))
  assert.equal(session.user?.userId, account.userId)
  assert.deepEqual(claimsOf(session.sessionJwt).amr, ['email'])
  succeeded(await sdk.password.update(account.loginId, newPassword, session.refreshJwt))
  refused(await sdk.password.signIn(account.loginId, account.password), 401, 'E062903')
  succeeded(await sdk.password.signIn(account.loginId, newPassword))
  refused(await sdk.refresh(account.refreshJwt), 401, 'E064001')
  succeeded(await sdk.refresh(session.refreshJwt))
})

check('password reset: a link works once, and not after the password changed', async (target) => {
  const { sdk, linkToken } = target
  const account = await verifiedUser(target, 'once')
  succeeded(await sdk.password.sendReset(account.loginId))
  const used = await linkToken(account.loginId, 'password.reset')
  succeeded(await sdk.magicLink.verify(used))
  refused(await sdk.magicLink.verify(used), 401, 'E062504')
  succeeded(await sdk.password.sendReset(account.loginId))
  const overtaken = await linkToken(account.loginId, 'password.reset')
  succeeded(await sdk.password.replace(account.loginId, account.password, newPassword))
  refused(await sdk.magicLink.verify(overtaken), 401, 'E062504')
})

check('password.changed: the owner is told by mail', async (target) => {
  const { sdk, mails } = target
  const account = await verifiedUser(target, 'told')
  succeeded(await sdk.password.replace(account.loginId, account.password, newPassword))
  const mail = (await mails()).find(({ to, kind }) => to === account.loginId && kind === 'password.changed')
  assert.ok(mail && !mail.text.includes(newPassword) && !mail.text.includes(account.password))
})
