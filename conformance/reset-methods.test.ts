import assert from 'node:assert/strict'
import { type Account, claimsOf, numberedToken, onEveryDatabase, refused, succeeded, type Target } from './fixture.ts'

const check = onEveryDatabase()
const newPassword = 'a lamp in the 3rd window'
const patience = { pollingIntervalMs: 200, timeoutMs: 20_000 }

/** Chooses how passwords are reset, for the time of a check. */
async function withSettings({ command }: Target, settings: readonly string[], run: () => Promise<void>): Promise<void> {
  await command(['settings', 'set', ...settings])
  // A change holds within a second.
  await new Promise((resolve) => setTimeout(resolve, 1_100))
  try {
    await run()
  } finally {
    await command(['settings', 'set', 'password.resetMethod=magiclink', 'password.resetTypedCode=false'])
  }
}

async function verifiedUser({ sdk, signUp, linkToken }: Target, name: string): Promise<Account> {
  const account = await signUp(name)
  succeeded(await sdk.magicLink.verify(await linkToken(account.loginId, 'email.verify')))
  return account
}

/** The session of a reset sets a password, with which one signs in from now on, and ends the sessions of before. */
async function finish({ sdk }: Target, account: Account, session: { readonly sessionJwt: string; readonly refreshJwt?: string }) {
  const { loginId, password, refreshJwt } = account
  assert.deepEqual(claimsOf(session.sessionJwt).amr, ['email'])
  succeeded(await sdk.password.update(loginId, newPassword, session.refreshJwt))
  refused(await sdk.password.signIn(loginId, password), 401, 'E062903')
  succeeded(await sdk.password.signIn(loginId, newPassword))
  refused(await sdk.refresh(refreshJwt), 401, 'E064001')
}

check('password.sendReset, resetMethod magiclink: magicLink.verify, password.update', async (target) => {
  const { sdk, linkToken } = target
  const account = await verifiedUser(target, 'link')
  const sent = succeeded(await sdk.password.sendReset(account.loginId))
  assert.deepEqual([sent.resetMethod, sent.maskedEmail], ['magiclink', 'l*****@e*****.com'])
  await finish(target, account, succeeded(await sdk.magicLink.verify(await linkToken(account.loginId, 'password.reset'))))
})

check('password.sendReset, resetTypedCode: the link alone does nothing, with the code from the mail it does', async (target) => {
  const { sdk, newest, linkToken } = target
  await withSettings(target, ['password.resetTypedCode=true'], async () => {
    const account = await verifiedUser(target, 'typed')
    assert.equal(succeeded(await sdk.password.sendReset(account.loginId)).resetMethod, 'magiclink')
    const token = await linkToken(account.loginId, 'password.reset')
    const { code = '', text } = await newest(account.loginId, 'password.reset')
    assert.ok(text.includes(code))
    const wrong = code === '000000' ? '000001' : '000000'
    for (const given of [token, `${token}.${wrong}`]) refused(await sdk.magicLink.verify(given), 401, 'E062504')
    await finish(target, account, succeeded(await sdk.magicLink.verify(`${token}.${code}`)))
  })
})

check('password.sendReset, resetMethod enchantedlink: goes on where it began', async (target) => {
  const { sdk, url, newest } = target
  await withSettings(target, ['password.resetMethod=enchantedlink'], async () => {
    const account = await verifiedUser(target, 'numbers')
    const sent = succeeded(await sdk.password.sendReset(account.loginId, `${url}/app/confirm`))
    assert.deepEqual([sent.resetMethod, sent.maskedEmail], ['enchantedlink', 'n*****@e*****.com'])
    const waiting = sdk.enchantedLink.waitForSession(sent.pendingRef ?? '', patience)
    const mail = await newest(account.loginId, 'password.resetEnchanted')
    for (const { url: link } of mail.links) assert.ok(link.startsWith(`${url}/app/confirm?t=`))
    succeeded(await sdk.enchantedLink.verify(numberedToken(mail, sent.linkId ?? '')))
    await finish(target, account, succeeded(await waiting))
  })
})

check('password.sendReset, resetMethod otp: otp.verify, password.update', async (target) => {
  const { sdk, newestCode } = target
  await withSettings(target, ['password.resetMethod=otp'], async () => {
    const account = await verifiedUser(target, 'digits')
    const sent = succeeded(await sdk.password.sendReset(account.loginId))
    assert.deepEqual([sent.resetMethod, sent.maskedEmail], ['otp', 'd*****@e*****.com'])
    const code = await newestCode(account.loginId, 'password.resetCode')
    await finish(target, account, succeeded(await sdk.otp.verify.email(account.loginId, code)))
  })
})

check('password.sendReset: alike for unknown users, by every method', async (target) => {
  const { sdk, mails } = target
  for (const method of ['magiclink', 'enchantedlink', 'otp']) {
    await withSettings(target, [`password.resetMethod=${method}`], async () => {
      const account = await verifiedUser(target, `alike-${method}`)
      const shapes = []
      for (const loginId of [account.loginId, `nobody-${method}@example.com`]) {
        const { resetMethod, maskedEmail, pendingRef = '', linkId = '' } = succeeded(await sdk.password.sendReset(loginId))
        shapes.push([resetMethod, maskedEmail.slice(1), pendingRef.length, linkId.length])
      }
      assert.deepEqual(shapes[0], shapes[1])
      assert.ok((await mails()).every(({ to }) => !to.startsWith('nobody')))
    })
  }
})
