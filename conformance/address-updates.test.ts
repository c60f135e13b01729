import assert from 'node:assert/strict'
import { type Account, claimsOf, onEveryDatabase, refused, type Sdk, succeeded, type Target, tokenOf } from './fixture.ts'

const check = onEveryDatabase()

/** An account whose address is proven. */
async function verifiedUser({ sdk, signUp, linkToken }: Target, name: string): Promise<Account> {
  const account = await signUp(name)
  succeeded(await sdk.magicLink.verify(await linkToken(account.loginId, 'email.verify')))
  return account
}

check('magicLink.update.email: nothing changes before the new address is proven', async (target) => {
  const { sdk, url, newest, linkToken } = target
  const { loginId, userId, password, refreshJwt } = await verifiedUser(target, 'link')
  const fresh = 'link-new@example.com'
  const uri = `${url}/app/proven`
  const { maskedEmail } = succeeded(await sdk.magicLink.update.email(loginId, fresh, uri, refreshJwt))
  assert.equal(maskedEmail, 'l*****@e*****.com')
  assert.ok((await newest(fresh, 'magicLink.update')).link?.startsWith(`${uri}?t=`))
  assert.equal(succeeded(await sdk.me(refreshJwt)).email, loginId)
  const { user } = succeeded(await sdk.magicLink.verify(await linkToken(fresh, 'magicLink.update')))
  assert.deepEqual([user?.userId, user?.email, user?.verifiedEmail, user?.loginIds], [userId, fresh, true, [loginId]])
  for (const told of [loginId, fresh]) await newest(told, 'email.changed')
  succeeded(await sdk.password.signIn(loginId, password))
  refused(await sdk.magicLink.verify(await linkToken(fresh, 'magicLink.update')), 401, 'E062504')
})

for (const [index, method] of (['sms', 'whatsapp'] as const).entries()) {
  check(`magicLink.update.phone.${method}: proves a new number`, async (target) => {
    const { sdk, linkToken } = target
    const { loginId, refreshJwt } = await verifiedUser(target, `link-${method}`)
    const phone = `+1555555060${index}`
    const { maskedPhone } = succeeded(await sdk.magicLink.update.phone[method](loginId, phone, '', refreshJwt))
    assert.equal(maskedPhone, `+*********0${index}`)
    const { user } = succeeded(await sdk.magicLink.verify(await linkToken(phone, 'magicLink.update')))
    assert.deepEqual([user?.phone, user?.verifiedPhone, user?.email], [phone, true, loginId])
  })
}

check('otp.update.email: mfa keeps the factors of the session, addToLoginIDs makes a login ID', async (target) => {
  const { sdk, newestCode } = target
  const { loginId, password, refreshJwt } = await verifiedUser(target, 'code')
  const fresh = 'code-new@example.com'
  const options = { addToLoginIDs: true, onMergeUseExisting: false, mfa: true }
  const { maskedEmail } = succeeded(await sdk.otp.update.email(loginId, fresh, refreshJwt, options))
  assert.equal(maskedEmail, 'c*****@e*****.com')
  const code = await newestCode(fresh, 'otp.update')
  refused(await sdk.otp.verify.email(loginId, code === '000000' ? '000001' : '000000'), 401, 'E061102')
  const session = succeeded(await sdk.otp.verify.email(loginId, code))
  assert.deepEqual([session.user?.email, session.user?.loginIds], [fresh, [loginId, fresh]])
  assert.deepEqual(claimsOf(session.sessionJwt).amr, ['pwd', 'email'])
  succeeded(await sdk.password.signIn(fresh, password))
})

for (const [index, method] of (['sms', 'voice', 'whatsapp', 'im'] as const).entries()) {
  check(`otp.update.phone.${method}: proves a new number`, async (target) => {
    const { sdk, newestCode } = target
    const { loginId, refreshJwt } = await verifiedUser(target, `code-${method}`)
    const phone = `+1555555061${index}`
    const { maskedPhone } = succeeded(await sdk.otp.update.phone[method](loginId, phone, refreshJwt))
    assert.equal(maskedPhone, `+*********1${index}`)
    const { user } = succeeded(await sdk.otp.verify[method](loginId, await newestCode(phone, 'otp.update')))
    assert.deepEqual([user?.phone, user?.verifiedPhone], [phone, true])
  })
}

check('update.email: refused without a session, and for another user', async (target) => {
  const { sdk } = target
  const { refreshJwt } = await verifiedUser(target, 'mine')
  const other = await verifiedUser(target, 'yours')
  for (const update of [
    (loginId: string, token?: string) => sdk.magicLink.update.email(loginId, 'x@example.com', '', token),
    (loginId: string, token?: string) => sdk.otp.update.email(loginId, 'x@example.com', token),
    (loginId: string, token?: string) => sdk.enchantedLink.update.email(loginId, 'x@example.com', '', token),
  ]) {
    assert.equal((await update('mine@example.com')).code, 401)
    refused(await update(other.loginId, refreshJwt), 400, 'E011004')
  }
})

/** Two accounts of one person, each with a role, of whom the first proves the address of the second. */
async function twoAccounts(target: Target, name: string) {
  const { newSdk, managementKey } = target
  const asker = await verifiedUser(target, `${name}-a`)
  const owner = await verifiedUser(target, `${name}-b`)
  const { management } = newSdk({ managementKey })
  for (const { loginId } of [asker, owner]) {
    succeeded(await management.role.create(loginId, ''))
    succeeded(await management.user.setRoles(loginId, [loginId]))
  }
  return { asker, owner }
}

type Session = NonNullable<Awaited<ReturnType<Sdk['magicLink']['verify']>>['data']>
type Proof = (target: Target, asker: Account, address: string, isExisting: boolean) => Promise<Session>

const byLink: Proof = async ({ sdk, linkToken }, { loginId, refreshJwt }, address, onMergeUseExisting) => {
  succeeded(await sdk.magicLink.update.email(loginId, address, '', refreshJwt, { addToLoginIDs: true, onMergeUseExisting }))
  return succeeded(await sdk.magicLink.verify(await linkToken(address, 'magicLink.update')))
}
const byCode: Proof = async ({ sdk, newestCode }, { loginId, refreshJwt }, address, onMergeUseExisting) => {
  succeeded(await sdk.otp.update.email(loginId, address, refreshJwt, { addToLoginIDs: true, onMergeUseExisting }))
  return succeeded(await sdk.otp.verify.email(loginId, await newestCode(address, 'otp.update')))
}

for (const { prove, isExisting, keepsPassword, says } of [
  { prove: byCode, isExisting: false, keepsPassword: true, says: 'otp.update.email, onMergeUseExisting false: the user who asks stays' },
  { prove: byCode, isExisting: true, keepsPassword: true, says: 'otp.update.email, onMergeUseExisting true: the existing user stays' },
  {
    prove: byLink,
    isExisting: true,
    keepsPassword: true,
    says: 'magicLink.update.email, onMergeUseExisting true: the existing user stays',
  },
  // A click on a link in an unexpected mail must not give the account of its recipient to whoever asked.
  {
    ...{ prove: byLink, isExisting: false, keepsPassword: false },
    says: 'magicLink.update.email, onMergeUseExisting false: the user who asks stays, without the password that was set before',
  },
]) {
  check(`two accounts of one person, ${says}`, async (target) => {
    const { sdk } = target
    const { asker, owner } = await twoAccounts(target, `${prove.name.toLowerCase()}-${isExisting}`)
    const { user } = await prove(target, asker, owner.loginId, isExisting)
    const [winner, loser] = isExisting ? [owner, asker] : [asker, owner]
    assert.deepEqual([user?.userId, user?.email], [winner.userId, owner.loginId])
    assert.deepEqual(user?.loginIds.toSorted(), [asker.loginId, owner.loginId])
    assert.deepEqual(user?.roleNames?.toSorted(), [asker.loginId, owner.loginId])
    refused(await sdk.refresh(loser.refreshJwt), 401, 'E064002')
    const signedIn = await sdk.password.signIn(loser.loginId, winner.password)
    if (keepsPassword) assert.equal(succeeded(signedIn).user?.userId, winner.userId)
    else refused(signedIn, 401, 'E062903')
  })
}

check('templateOptions, templateId: shape the message of every call that sends one', async (target) => {
  const { sdk, url, newSdk, managementKey, newest } = target
  const withKey = newSdk({ managementKey })
  const make = async (kind: string, channel: string, body: string) => {
    const version = channel === 'email' ? { subject: 'Ours', body, bodyPlainText: body, useBodyPlainText: true } : { body }
    const template = { name: `Ours ${kind}`, kind, channel, public: true, options: ['greeting'], versions: { en: version } }
    const response = await withKey.httpClient.post('/v1/mgmt/message/template/create', template, { token: managementKey })
    const answer: { template: { id: string } } = JSON.parse(await response.text())
    assert.ok(response.ok, JSON.stringify(answer))
    return answer.template.id
  }
  const { loginId, refreshJwt } = await verifiedUser(target, 'looks')
  const templateOptions = { greeting: 'Ahoy' }

  const linkId = await make('magicLink.signIn', 'email', '{{ options.greeting }} {{ link }}')
  succeeded(await sdk.magicLink.signIn.email(loginId, `${url}/app`, { templateId: linkId, templateOptions }))
  const mail = await newest(loginId, 'magicLink.signIn')
  assert.deepEqual([mail.subject, mail.text.trim()], ['Ours', `Ahoy ${mail.link}`])
  succeeded(await sdk.magicLink.verify(tokenOf(mail.link ?? '')))

  const codeId = await make('otp.signUp', 'sms', '{{ options.greeting }} {{ code }}')
  succeeded(await sdk.otp.signUp.sms('+15555550620', {}, { templateId: codeId, templateOptions }))
  const text = await newest('+15555550620', 'otp.signUp')
  assert.equal(text.text, `Ahoy ${text.code}`)

  const updateId = await make('magicLink.update', 'email', '{{ options.greeting }} {{ link }}')
  const options = { templateId: updateId, templateOptions }
  succeeded(await sdk.magicLink.update.email(loginId, 'looks-new@example.com', '', refreshJwt, options))
  assert.equal((await newest('looks-new@example.com', 'magicLink.update')).subject, 'Ours')

  const numbered = '{{ options.greeting }}{% for one in links %} {{ one.number }} {{ one.url }}{% endfor %}'
  const numberedId = await make('enchantedLink.signIn', 'email', numbered)
  succeeded(await sdk.enchantedLink.signIn(loginId, '', { templateId: numberedId, templateOptions }))
  assert.match((await newest(loginId, 'enchantedLink.signIn')).text, /^Ahoy \d\d http/)

  succeeded(await sdk.magicLink.signIn.email(loginId, '', { templateId: 'none', templateOptions }))
  assert.notEqual((await newest(loginId, 'magicLink.signIn')).subject, 'Ours', 'a template that is not there is passed over')
})
