import assert from 'node:assert/strict'
import { inBrowser, type Visit } from './browser-fixture.ts'
import type { Tab } from './browser-tab.ts'
import { goodPassword, refused, succeeded } from './fixture.ts'

const check = await inBrowser([
  'project.sessionTokenExpiration=3',
  'project.rotateJwt=true',
  'project.tokenResponseMethod=cookie',
  'project.cookiePolicy=strict',
  'project.sessionTokenResponseMethod=cookie',
  'project.sessionTokenCookiePolicy=strict',
])

const untilRefreshSeconds = 161

/** The server by the name that makes it the same site as the page: ports do not count there, names do. */
function sameSite({ target }: Visit): { readonly sdk: { readonly baseUrl: string } } {
  return { sdk: { baseUrl: `http://localhost:${new URL(target.url).port}` } }
}

async function signUp(tab: Tab, name: string) {
  return succeeded(await tab.sdk('password.signUp', `${name}@example.com`, goodPassword))
}

/** Takes up, in another tab of the same browser, the session of somebody who has signed in. The SDK asks the server only once that tab knows of the sign-in, by the local storage, which reaches it a moment later. */
async function takeUp(tab: Tab) {
  await tab.until("localStorage.getItem('dls_last_user_login_id') !== null")
  return succeeded(await tab.sdk('refresh', undefined, true))
}

/** Names of the tokens that scripts of the page can read. */
async function tokensInPage(tab: Tab): Promise<readonly string[]> {
  const kept = [...Object.keys(await tab.stored()), ...String(await tab.page.evaluate('document.cookie')).split(/=[^;]*;?\s*/)]
  return kept.filter((name) => name === 'DS' || name === 'DSR')
}

check('tokens in cookies: none in the reach of scripts, and a reload takes up the session', async (visit) => {
  const { open, context } = visit
  const tab = await open(sameSite(visit))
  const { sessionJwt, refreshJwt, user, claims } = await signUp(tab, 'cookies')
  assert.deepEqual([sessionJwt, refreshJwt, claims?.sub, await tokensInPage(tab)], ['', '', user?.userId, []])
  const cookies = (await context.cookies()).map(({ name, httpOnly, secure, sameSite: policy }) => ({ name, httpOnly, secure, policy }))
  assert.deepEqual(
    cookies.toSorted((a, b) => a.name.localeCompare(b.name)),
    ['DS', 'DSR'].map((name) => ({ name, httpOnly: true, secure: true, policy: 'Strict' })),
  )
  await tab.reload()
  const data = succeeded(await tab.sdk('refresh', undefined, true))
  assert.equal(data.user?.userId, user?.userId)
  assert.deepEqual([await tab.heard('IsAuthenticated'), await tokensInPage(tab)], [[true], []])
  assert.equal(succeeded(await tab.sdk('me')).userId, user?.userId)
})

check('tokens in cookies: refresh by timer, in two tabs at once', async (visit) => {
  const { open, context, passTime } = visit
  await context.clock.install()
  const tabs = [await open(sameSite(visit)), await open(sameSite(visit))] as const
  await signUp(tabs[0], 'cookie-timer')
  await takeUp(tabs[1])
  const cookie = async () => (await context.cookies()).find(({ name }) => name === 'DSR')?.value
  const first = await cookie()
  for (let round = 0; round < 3; round++) {
    await tabs[0].hears('IsAuthenticated', () => tabs[1].hears('IsAuthenticated', () => passTime(untilRefreshSeconds)))
  }
  assert.notEqual(await cookie(), first)
  for (const tab of tabs) {
    assert.equal((await tab.heard('IsAuthenticated')).includes(false), false)
    succeeded(await tab.sdk('me'))
  }
})

check('tokens in cookies: logout clears them, and signs the other tab out', async (visit) => {
  const { open, context, passTime } = visit
  await context.clock.install()
  const [tab, other] = [await open(sameSite(visit)), await open(sameSite(visit))]
  await signUp(tab, 'cookie-logout')
  await takeUp(other)
  succeeded(await tab.sdk('logout'))
  assert.deepEqual(await context.cookies(), [])
  assert.equal(await other.hears('IsAuthenticated', () => passTime(untilRefreshSeconds)), false)
  refused(await other.sdk('me'), 401, 'E064002')
})

check(
  'tokens in cookies: a page of another origin on the same site cannot use them',
  async (visit) => {
    const { open, site } = visit
    const tab = await open(sameSite(visit))
    await signUp(tab, 'cookie-stranger')
    const stranger = await open({ ...sameSite(visit), origin: site.strangerOrigin })
    await assert.rejects(stranger.sdk('me'), /Failed to fetch/)
    await assert.rejects(stranger.sdk('logoutAll'), /Failed to fetch/)
    await stranger.page.evaluate(`fetch('${sameSite(visit).sdk.baseUrl}/v1/auth/logoutall', {
      method: 'POST', mode: 'no-cors', credentials: 'include', body: '{}', headers: { 'content-type': 'text/plain' },
    })`)
    succeeded(await tab.sdk('me'))
  },
  { allowed: /blocked by CORS policy|net::ERR_FAILED/ },
)

check('tokens in cookies: on another site the browser keeps none, and the session ends with the page', async ({ open, context }) => {
  const tab = await open()
  await signUp(tab, 'cookie-cross-site')
  assert.deepEqual(await context.cookies(), [])
  await tab.reload()
  const { ok, data } = await tab.sdk('refresh', undefined, true)
  assert.deepEqual([ok, data], [true, {}])
  assert.deepEqual([await tab.heard('IsAuthenticated'), tab.consoleErrors], [[], []])
})
