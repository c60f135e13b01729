import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { inBrowser } from './browser-fixture.ts'
import type { Tab } from './browser-tab.ts'
import { goodPassword, refused, succeeded } from './fixture.ts'

const check = await inBrowser(['project.sessionTokenExpiration=3'])

/** A refresh is due twenty seconds before the three minutes of a session token are over. */
const untilRefreshSeconds = 161

async function signUp(tab: Tab, name: string) {
  return succeeded(await tab.sdk('password.signUp', `${name}@example.com`, goodPassword))
}

check('password.signUp, password.signIn: tokens in local storage, where a reload finds them', async ({ open, target }) => {
  const tab = await open()
  const loginId = 'storage@example.com'
  const signedUp = succeeded(await tab.sdk('password.signUp', loginId, goodPassword, { name: 'Browser User' }))
  assert.deepEqual([signedUp.firstSeen, signedUp.user?.name], [true, 'Browser User'])
  assert.equal(await tab.sdk('getSessionToken'), signedUp.sessionJwt)

  const data = succeeded(await tab.sdk('password.signIn', loginId, goodPassword))
  assert.equal(data.firstSeen, false)
  await tab.reload()
  const { DS, DSR, DSLI } = await tab.stored()
  assert.deepEqual([DS, DSR, DSLI], [data.sessionJwt, data.refreshJwt, String(data.sessionExpiration)])
  assert.deepEqual([await tab.sdk('getSessionToken'), await tab.sdk('getRefreshToken')], [DS, DSR])
  assert.equal(await tab.sdk('getLastUserLoginId'), loginId)
  const { token } = await target.sdk.validateSession(data.sessionJwt)
  assert.equal(Number(token.exp) - Number(token.iat), 180)
})

check('sessionTokenViaCookie: the session token in a cookie of the page, where a reload finds it', async ({ open, context }) => {
  const tab = await open({ sdk: { sessionTokenViaCookie: { sameSite: 'Lax', secure: false } } })
  const data = await signUp(tab, 'page-cookie')
  const [cookie, ...others] = await context.cookies()
  assert.ok(cookie && others.length === 0)
  assert.deepEqual([cookie.name, cookie.value, cookie.domain, cookie.path], ['DS', data.sessionJwt, 'localhost', '/'])
  assert.equal(Math.round(cookie.expires), data.cookieExpiration)
  await tab.reload()
  assert.equal(await tab.sdk('getSessionToken'), data.sessionJwt)
  assert.equal((await tab.stored()).DS, undefined)
  succeeded(await tab.sdk('logout'))
  assert.deepEqual(await context.cookies(), [])
})

check('error E062903: a wrong password, with code, description and message', async ({ open }) => {
  const tab = await open()
  const { user } = await signUp(tab, 'wrong')
  succeeded(await tab.sdk('logout'))
  const error = refused(await tab.sdk('password.signIn', user?.loginIds[0] ?? '', 'not the password 1'), 401, 'E062903')
  assert.match(error.errorMessage, /Invalid signin credentials/)
  assert.deepEqual(await tab.stored(), {})
  assert.deepEqual((await tab.heard('IsAuthenticated')).at(-1), false)
})

check('error E130429: too many wrong passwords, with retryAfter from a header', async ({ open }) => {
  const tab = await open()
  const { user } = await signUp(tab, 'guesses')
  const guess = () => tab.sdk('password.signIn', user?.loginIds[0] ?? '', 'not the password 1')
  let answer = await guess()
  for (let guesses = 1; answer.code === 401 && guesses < 50; guesses++) answer = await guess()
  const { retryAfter = 0 } = refused(answer, 429, 'E130429')
  assert.ok(retryAfter > 0)
})

check('onSessionTokenChange, onIsAuthenticatedChange, onUserChange, onClaimsChange', async ({ open }) => {
  const tab = await open()
  const { sessionJwt, user } = await signUp(tab, 'events')
  const { sessionJwt: second } = succeeded(await tab.sdk('refresh'))
  succeeded(await tab.sdk('logout'))
  assert.deepEqual(await tab.heard('SessionToken'), [sessionJwt, second, null])
  assert.deepEqual(await tab.heard('IsAuthenticated'), [true, true, false])
  const users = await tab.heard('User')
  assert.deepEqual([users.length, users[0], users[2]], [3, user, null])
  assert.deepEqual(await tab.heard('Claims'), [{}, {}, null])
})

check('me, history, password.policy, password.update, password.replace', async ({ open }) => {
  const tab = await open()
  const { user } = await signUp(tab, 'calls')
  const loginId = user?.loginIds[0] ?? ''
  assert.equal(succeeded(await tab.sdk('me')).userId, user?.userId)
  const history: unknown = succeeded(await tab.sdk('history'))
  assert.ok(Array.isArray(history) && history.length === 1)
  assert.equal(succeeded(await tab.sdk('password.policy')).minLength, 8)
  const [second, third] = ['copper lantern 42 fox', 'gravel piano 9 moss']
  succeeded(await tab.sdk('password.update', loginId, second))
  succeeded(await tab.sdk('password.replace', loginId, second, third))
  succeeded(await tab.sdk('me'))
  succeeded(await tab.sdk('password.signIn', loginId, third))
})

check('refresh by timer: before the session token expires, again and again', async ({ open, context, target, passTime }) => {
  await context.clock.install()
  const tab = await open()
  let { sessionJwt } = await signUp(tab, 'timer')
  for (let round = 0; round < 3; round++) {
    await passTime(untilRefreshSeconds - 20)
    const next = await tab.hears('SessionToken', () => passTime(20))
    assert.ok(typeof next === 'string' && next !== sessionJwt, 'the token is new')
    await tab.until(`localStorage.DS === '${next}'`)
    await target.sdk.validateSession(next)
    sessionJwt = next
  }
  assert.deepEqual(tab.calls(), ['POST /v1/auth/password/signup', ...Array.from({ length: 3 }, () => 'POST /v1/auth/refresh')])
})

check('refresh by timer: none after logout', async ({ open, context, passTime }) => {
  await context.clock.install()
  const tab = await open()
  await signUp(tab, 'timer-logout')
  succeeded(await tab.sdk('logout'))
  await passTime(2 * untilRefreshSeconds)
  assert.deepEqual(tab.calls(), ['POST /v1/auth/password/signup', 'POST /v1/auth/logout'])
})

check('try-refresh at the load of a page: takes up the session, and its timer', async ({ open, context, target, passTime }) => {
  await context.clock.install()
  const tab = await open()
  const { sessionJwt, user } = await signUp(tab, 'returns')
  await tab.reload()
  const data = succeeded(await tab.sdk('refresh', undefined, true))
  assert.deepEqual([data.user?.userId, data.sessionJwt === sessionJwt], [user?.userId, false])
  assert.deepEqual(await tab.heard('IsAuthenticated'), [true])
  await target.sdk.validateSession(String(await tab.hears('SessionToken', () => passTime(untilRefreshSeconds))))
  assert.deepEqual(tab.calls().slice(1), ['POST /v1/auth/try-refresh', 'POST /v1/auth/refresh'])
})

check('try-refresh at the load of a page: without a session, and without a word', async ({ open }) => {
  const tab = await open()
  assert.equal((await tab.sdk('refresh', undefined, true)).ok, true)
  assert.deepEqual(tab.calls(), [], 'the SDK knows that nobody has signed in here')
  await tab.page.evaluate('localStorage.setItem("DSLI_DISABLED", "true")')
  const { ok, data } = await tab.sdk('refresh', undefined, true)
  assert.deepEqual([ok, data], [true, {}])
  assert.deepEqual(tab.calls(), ['POST /v1/auth/try-refresh'])
  assert.deepEqual([await tab.heard('IsAuthenticated'), tab.consoleErrors], [[], []])
})

check(
  'try-refresh at the load of a page: nothing for a session that has ended; the next call clears its tokens',
  async ({ open, target }) => {
    const tab = await open()
    const { refreshJwt } = await signUp(tab, 'ended')
    succeeded(await target.sdk.logout(refreshJwt))
    await tab.reload()
    const { ok, data } = await tab.sdk('refresh', undefined, true)
    assert.deepEqual([ok, data, tab.consoleErrors], [true, {}, []])
    assert.equal(await tab.sdk('getRefreshToken'), refreshJwt)
    refused(await tab.sdk('me'), 401, 'E064001')
    assert.deepEqual([await tab.sdk('getRefreshToken'), await tab.heard('IsAuthenticated')], ['', [false]])
  },
)

check('error E064002: a refresh token that is broken; tokens are cleared', async ({ open, target }) => {
  const tab = await open()
  const { sessionJwt, refreshJwt = '' } = await signUp(tab, 'broken')
  const forged = `${refreshJwt.slice(0, -8)}AAAAAAAA`
  for (const token of [forged, sessionJwt, 'not.a.token']) {
    succeeded(await tab.sdk('password.signIn', 'broken@example.com', goodPassword))
    await tab.page.evaluate(`localStorage.setItem('DSR', '${token}')`)
    refused(await tab.sdk('refresh'), 401, 'E064002')
    assert.deepEqual([await tab.sdk('getSessionToken'), await tab.sdk('getRefreshToken'), (await tab.stored()).DSLI], ['', '', undefined])
    assert.equal((await tab.heard('IsAuthenticated')).at(-1), false)
    // A stored token goes with every call, so one that is no good must not be in the way of signing in.
    await tab.page.evaluate(`localStorage.setItem('DSR', '${token}')`)
  }
  const { sessionJwt: fresh } = succeeded(await tab.sdk('password.signIn', 'broken@example.com', goodPassword))
  await target.sdk.validateSession(fresh)
})

check('the sample of docs/browser.md', async ({ site, target, context, open }) => {
  const docs = await readFile(new URL('../docs/browser.md', import.meta.url), 'utf8')
  const [, sample = ''] = /```js\n(.*?)```/s.exec(docs) ?? []
  const own = sample.replace('P2abcdefghijklmnopqrstuvwxyz', target.projectId).replace('https://auth.example.com', target.url)
  assert.ok(own.includes(target.projectId) && own.includes(target.url), 'the sample says where the server is')
  site.serve('/sample.js', own)
  const tab = await open()
  const { user } = await signUp(tab, 'sample')
  succeeded(await tab.sdk('logout'))

  const page = await context.newPage()
  const visit = async () => {
    await page.goto(`${site.origin}/page?script=/sample.js`)
    await page.evaluate("import('/sample.js').then(() => undefined)")
  }
  const signIn = (password: string) =>
    page.evaluate(`import('/sample.js').then((sample) => sample.signIn(${JSON.stringify(user?.loginIds[0])}, ${JSON.stringify(password)}))`)
  await visit()
  assert.equal(await page.title(), 'Application')
  assert.equal(await signIn('not the password 1'), 'Password signin failed')
  assert.equal(await signIn(goodPassword), undefined)
  assert.equal(await page.title(), 'Welcome')
  await visit()
  assert.equal(await page.title(), 'Welcome')
  await page.evaluate("import('/sample.js').then((sample) => sample.signOut())")
  assert.equal(await page.title(), 'Please sign in')
})
