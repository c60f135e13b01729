import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { inBrowser, type Visit } from './browser-fixture.ts'
import type { Tab } from './browser-tab.ts'
import { claimsOf, goodPassword, refused, succeeded, tokenOf } from './fixture.ts'

const check = await inBrowser()

const patience = { pollingIntervalMs: 1_000, timeoutMs: 20_000 }

/** The page that links lead to. */
function landing({ site }: Visit): string {
  return `${site.origin}/page`
}

/** Opens a link in a tab of its own, and hands what is in its `t` to the SDK, as the application does when its button is pressed. */
async function follow(visit: Visit, link: string): Promise<{ readonly tab: Tab; readonly token: string }> {
  const { pathname, search, origin } = new URL(link)
  const tab = await visit.open({ origin, path: pathname + search })
  const token: string = await tab.page.evaluate('new URLSearchParams(location.search).get("t")')
  return { tab, token }
}

/** The tab has a session that outlives it, and the application knows. */
async function isSignedIn(visit: Visit, tab: Tab, loginId: string): Promise<void> {
  const { DS: session = '', DSR: refresh = '', DSLI: marker } = await tab.stored()
  assert.ok(marker)
  await visit.target.sdk.validateSession(session)
  assert.deepEqual([await tab.sdk('getSessionToken'), await tab.sdk('getRefreshToken')], [session, refresh])
  assert.equal((await tab.heard('IsAuthenticated')).at(-1), true)
  assert.equal(Reflect.get(Object((await tab.heard('User')).at(-1)), 'email'), loginId)
  await tab.reload()
  succeeded(await tab.sdk('refresh', undefined, true))
  assert.deepEqual(succeeded(await tab.sdk('me')).loginIds, [loginId])
}

check('magicLink.signUp, verify on the page that the link leads to: signed in there, for good', async (visit) => {
  const { open, target } = visit
  const loginId = 'link-up@example.com'
  const tab = await open()
  assert.equal(
    succeeded(await tab.sdk('magicLink.signUp.email', loginId, landing(visit), { name: 'Link Up' })).maskedEmail,
    'l*****@e*****.com',
  )
  assert.deepEqual(await tab.stored(), {}, 'nobody is signed in by asking')
  const { tab: there, token } = await follow(visit, (await target.newest(loginId, 'magicLink.signUp')).link ?? '')
  const { user, firstSeen } = succeeded(await there.sdk('magicLink.verify', token))
  assert.deepEqual([user?.name, user?.verifiedEmail, firstSeen], ['Link Up', true, true])
  await isSignedIn(visit, there, loginId)
  succeeded(await tab.sdk('refresh', undefined, true))
  assert.equal((await tab.heard('IsAuthenticated')).at(-1), true, 'tabs share the session')
  refused(await there.sdk('magicLink.verify', token), 401, 'E062504')
  await isSignedIn(visit, there, loginId)
})

check('magicLink.signIn: another session in place of the one that the browser has', async (visit) => {
  const { open, target } = visit
  const { loginId, linkToken } = { loginId: 'link-in@example.com', ...target }
  const tab = await open()
  const { refreshJwt: first } = succeeded(await tab.sdk('password.signUp', loginId, goodPassword))
  succeeded(await target.sdk.magicLink.verify(await linkToken(loginId, 'email.verify')))
  succeeded(await tab.sdk('magicLink.signIn.email', loginId, landing(visit), { revokeOtherSessions: true, customClaims: { shop: 'web' } }))
  const { tab: there, token } = await follow(visit, (await target.newest(loginId, 'magicLink.signIn')).link ?? '')
  const { sessionJwt } = succeeded(await there.sdk('magicLink.verify', token))
  assert.deepEqual(claimsOf(sessionJwt).nsec, { shop: 'web' })
  await isSignedIn(visit, there, loginId)
  refused(await target.sdk.refresh(first), 401, 'E064001')
})

check('otp.signUpOrIn, verify: typed where the sign-in began; a wrong code signs nobody out', async (visit) => {
  const { open, target } = visit
  const loginId = 'digits@example.com'
  const tab = await open()
  for (const kind of ['otp.signUp', 'otp.signIn']) {
    succeeded(await tab.sdk('otp.signUpOrIn.email', loginId))
    const code = await target.newestCode(loginId, kind)
    refused(await tab.sdk('otp.verify.email', loginId, code === '000000' ? '000001' : '000000'), 401, 'E061102')
    if (kind === 'otp.signIn') await isSignedIn(visit, tab, loginId)
    succeeded(await tab.sdk('otp.verify.email', loginId, code))
    await isSignedIn(visit, tab, loginId)
  }
})

check('otp.signIn, mfa: adds a code to the session that the browser has', async (visit) => {
  const { open, target } = visit
  const loginId = 'second@example.com'
  const tab = await open()
  const { refreshJwt } = succeeded(await tab.sdk('password.signUp', loginId, goodPassword))
  succeeded(await tab.sdk('otp.signIn.email', loginId, { mfa: true }, refreshJwt))
  const { sessionJwt } = succeeded(await tab.sdk('otp.verify.email', loginId, await target.newestCode(loginId, 'otp.signIn')))
  assert.deepEqual(claimsOf(sessionJwt).amr, ['pwd', 'email'])
  await isSignedIn(visit, tab, loginId)
})

check('enchantedLink: one tab waits and is signed in, the tab of the click is not', async (visit) => {
  const { open, target } = visit
  const loginId = 'numbers@example.com'
  const tab = await open()
  const { linkId, pendingRef } = succeeded(await tab.sdk('enchantedLink.signUpOrIn', loginId, landing(visit)))
  const waiting = tab.sdk('enchantedLink.waitForSession', pendingRef, patience)
  await tab.until("performance.getEntriesByType('resource').some(({ name }) => name.endsWith('/pending-session'))")
  const { links } = await target.newest(loginId, 'enchantedLink.signUp')
  const { tab: clicked, token } = await follow(visit, links.find(({ number }) => number === linkId)?.url ?? '')
  const answer = await clicked.sdk('enchantedLink.verify', token)
  assert.deepEqual([answer.ok, answer.data], [true, {}])
  const { user, firstSeen } = succeeded(await waiting)
  assert.deepEqual([user?.verifiedEmail, firstSeen], [true, true])
  assert.deepEqual([await clicked.heard('SessionToken'), await clicked.heard('IsAuthenticated')], [[], []])
  await isSignedIn(visit, tab, loginId)
  assert.ok(
    tab.consoleErrors.every((line) => line.includes('401')),
    'the browser notes the answers that said to wait',
  )
})

check('enchantedLink: our own page confirms, and the tab that waits is signed in', async (visit) => {
  const { open, target, context } = visit
  const loginId = 'button@example.com'
  const tab = await open()
  const { linkId, pendingRef } = succeeded(await tab.sdk('enchantedLink.signUp', loginId, '', { name: 'Button' }))
  const { links } = await target.newest(loginId, 'enchantedLink.signUp')
  const ours = await context.newPage()
  await ours.goto(links.find(({ number }) => number === linkId)?.url ?? '')
  await ours.getByRole('button', { name: 'Confirm' }).click()
  await ours.getByRole('status').waitFor()
  assert.deepEqual(await context.cookies(), [])
  succeeded(await tab.sdk('enchantedLink.waitForSession', pendingRef, patience))
  await isSignedIn(visit, tab, loginId)
})

check('password.sendReset, magicLink.verify, password.update on the page that the link leads to', async (visit) => {
  const { open, target } = visit
  const loginId = 'forgot@example.com'
  const tab = await open()
  succeeded(await tab.sdk('password.signUp', loginId, goodPassword))
  succeeded(await tab.sdk('magicLink.verify', await target.linkToken(loginId, 'email.verify')))
  succeeded(await tab.sdk('logout'))
  succeeded(await tab.sdk('password.sendReset', loginId, landing(visit)))
  const { tab: there, token } = await follow(visit, (await target.newest(loginId, 'password.reset')).link ?? '')
  succeeded(await there.sdk('magicLink.verify', token))
  succeeded(await there.sdk('password.update', loginId, 'a lamp in the 3rd window'))
  await isSignedIn(visit, there, loginId)
  refused(await target.sdk.password.signIn(loginId, goodPassword), 401, 'E062903')
  succeeded(await target.sdk.password.signIn(loginId, 'a lamp in the 3rd window'))
})

check('magicLink.update.email: the session in the browser asks, the link proves', async (visit) => {
  const { open, target } = visit
  const loginId = 'before@example.com'
  const fresh = 'after@example.com'
  const tab = await open()
  succeeded(await tab.sdk('password.signUp', loginId, goodPassword))
  succeeded(await tab.sdk('magicLink.update.email', loginId, fresh, landing(visit), await tab.sdk('getRefreshToken')))
  const link = (await target.newest(fresh, 'magicLink.update')).link ?? ''
  assert.notEqual(tokenOf(link), '')
  const { tab: there, token } = await follow(visit, link)
  assert.equal(succeeded(await there.sdk('magicLink.verify', token)).user?.email, fresh)
  assert.equal(succeeded(await there.sdk('me')).email, fresh)
})

check(
  'magicLink.update.email, two accounts of one person: with the session in the browser the one who asks keeps the password',
  async (visit) => {
    const { open, target } = visit
    const loginId = 'first@example.com'
    const { loginId: other } = await target.signUp('other')
    succeeded(await target.sdk.magicLink.verify(await target.linkToken(other, 'email.verify')))
    const tab = await open()
    const { user, refreshJwt } = succeeded(await tab.sdk('password.signUp', loginId, goodPassword))
    succeeded(await tab.sdk('magicLink.update.email', loginId, other, landing(visit), refreshJwt, { addToLoginIDs: true }))
    const { tab: there, token } = await follow(visit, (await target.newest(other, 'magicLink.update')).link ?? '')
    assert.deepEqual(succeeded(await there.sdk('magicLink.verify', token)).user?.loginIds, [loginId, other])
    assert.equal(succeeded(await target.sdk.password.signIn(other, goodPassword)).user?.userId, user?.userId)
  },
)

check('the samples of docs/browser.md: a link is confirmed by a button', async ({ target, site, context }) => {
  const docs = await readFile(new URL('../docs/browser.md', import.meta.url), 'utf8')
  const samples = [...docs.matchAll(/```js\n(.*?)```/gs)].map((match) => match[1] ?? '').join('\n')
  site.serve(
    '/samples.js',
    samples.replace('P2abcdefghijklmnopqrstuvwxyz', target.projectId).replace('https://auth.example.com', target.url),
  )
  const loginId = 'sample-link@example.com'
  succeeded(await target.sdk.magicLink.signUp.email(loginId, `${site.origin}/page?script=/samples.js`))
  const page = await context.newPage()
  const press = () => page.evaluate("import('/samples.js').then((samples) => samples.confirm())")
  await page.goto((await target.newest(loginId, 'magicLink.signUp')).link ?? '')
  await page.evaluate("import('/samples.js').then(() => undefined)")
  assert.equal(await page.title(), 'Application', 'opening signs nobody in')
  assert.equal(await press(), undefined)
  assert.deepEqual([await page.title(), new URL(page.url()).search], ['Welcome', ''])
})
