import assert from 'node:assert/strict'
import { inBrowser } from './browser-fixture.ts'
import type { Tab } from './browser-tab.ts'
import { goodPassword, refused, succeeded } from './fixture.ts'

const check = await inBrowser(['project.sessionTokenExpiration=3', 'project.rotateJwt=true'])

const untilRefreshSeconds = 161

async function signUp(tab: Tab, name: string) {
  return succeeded(await tab.sdk('password.signUp', `${name}@example.com`, goodPassword))
}

/** The tab takes up the session that another has left in the storage they share. */
async function resume(tab: Tab) {
  return succeeded(await tab.sdk('refresh', undefined, true))
}

async function isSignedOut(tab: Tab): Promise<void> {
  await tab.until('!localStorage.DS && !localStorage.DSR && !localStorage.DSLI')
  assert.deepEqual([await tab.sdk('getSessionToken'), await tab.sdk('getRefreshToken')], ['', ''])
  for (const event of ['SessionToken', 'User', 'Claims'] as const) assert.equal((await tab.heard(event)).at(-1), null)
  assert.equal((await tab.heard('IsAuthenticated')).at(-1), false)
}

check('rotation: the timer goes on with each next refresh token', async ({ open, context, passTime }) => {
  await context.clock.install()
  const tab = await open()
  const { refreshJwt } = await signUp(tab, 'rotates')
  const seen = new Set([refreshJwt])
  for (let round = 0; round < 3; round++) {
    await tab.hears('SessionToken', () => passTime(untilRefreshSeconds))
    await tab.until(`localStorage.DSR !== '${[...seen].at(-1)}'`)
    seen.add(await tab.sdk('getRefreshToken'))
  }
  assert.equal(seen.size, 4)
  succeeded(await tab.sdk('me'))
})

check('rotation: two tabs that refresh at once stay signed in', async ({ open, context, target, passTime }) => {
  await context.clock.install()
  const tabs = [await open(), await open()] as const
  await signUp(tabs[0], 'tabs')
  await resume(tabs[1])
  for (let round = 0; round < 3; round++) {
    await tabs[0].hears('SessionToken', () => tabs[1].hears('SessionToken', () => passTime(untilRefreshSeconds)))
    for (const tab of tabs) await target.sdk.validateSession(String((await tab.heard('SessionToken')).at(-1)))
  }
  const refreshes = tabs.map((tab) => tab.calls().filter((call) => call === 'POST /v1/auth/refresh').length)
  assert.deepEqual(refreshes, [3, 3])
  for (const tab of tabs) {
    succeeded(await tab.sdk('me'))
    succeeded(await tab.sdk('refresh'))
    assert.equal((await tab.heard('IsAuthenticated')).includes(false), false)
  }
})

check('rotation: two tabs that load at once stay signed in', async ({ open }) => {
  const tabs = [await open(), await open()] as const
  await signUp(tabs[0], 'loads')
  await Promise.all(tabs.map((tab) => tab.reload()))
  const answers = await Promise.all(tabs.map(resume))
  const successors = new Set(answers.map(({ refreshJwt }) => refreshJwt))
  assert.equal(successors.size, 1)
  for (const tab of tabs) succeeded(await tab.sdk('refresh'))
})

check(
  'refresh when a tab is shown again: not while it is hidden, then at once if the session token has expired',
  async ({ open, context, target, passTime }) => {
    await context.clock.install()
    const tab = await open()
    await signUp(tab, 'visible')
    const calls = tab.calls()
    const other = await context.newPage()
    await tab.until('document.hidden')
    await passTime(untilRefreshSeconds)
    assert.deepEqual(tab.calls(), calls, 'the timer of a hidden tab does nothing')

    await tab.page.bringToFront()
    await tab.until('!document.hidden')
    assert.deepEqual(tab.calls(), calls, 'the session token is still good')

    await other.bringToFront()
    await tab.until('document.hidden')
    await tab.page.clock.setSystemTime(Date.now() + 200_000)
    const token = await tab.hears('SessionToken', () => tab.page.bringToFront())
    assert.deepEqual(tab.calls(), [...calls, 'POST /v1/auth/refresh'])
    await target.sdk.validateSession(String(token))
  },
  { isOneWindow: true },
)

check('logout in one tab: the refresh of the other fails, and it is signed out', async ({ open, context, passTime }) => {
  await context.clock.install()
  const [tab, other] = [await open(), await open()]
  await signUp(tab, 'logs-out')
  const { refreshJwt = '' } = await resume(other)
  succeeded(await tab.sdk('logout'))
  await isSignedOut(tab)
  assert.equal((await other.heard('IsAuthenticated')).at(-1), true, 'nothing tells the other tab')
  assert.equal(await other.hears('IsAuthenticated', () => passTime(untilRefreshSeconds)), false)
  await isSignedOut(other)
  refused(await other.sdk('refresh', refreshJwt), 401, 'E064001')
  await passTime(2 * untilRefreshSeconds)
  assert.equal(other.calls().filter((call) => call === 'POST /v1/auth/refresh').length, 2, 'the timer has ended')
})

check('logout in one tab: a call of the other fails, and it is signed out', async ({ open }) => {
  const [tab, other] = [await open(), await open()]
  await signUp(tab, 'logs-out-me')
  const { refreshJwt } = await resume(other)
  succeeded(await tab.sdk('logout'))
  refused(await other.sdk('me', refreshJwt), 401, 'E064001')
  await isSignedOut(other)
})

check('logoutAll: ends the sessions of other browsers', async ({ open, target }) => {
  const tab = await open()
  const { user } = await signUp(tab, 'everywhere')
  const elsewhere = succeeded(await target.sdk.password.signIn(user?.loginIds[0] ?? '', goodPassword))
  succeeded(await tab.sdk('logoutAll'))
  await isSignedOut(tab)
  refused(await target.sdk.refresh(elsewhere.refreshJwt), 401, 'E064001')
})

check(
  'logoutAll in another browser: the next refresh by timer fails, and the tab is signed out',
  async ({ open, context, target, passTime }) => {
    await context.clock.install()
    const tab = await open()
    const { refreshJwt } = await signUp(tab, 'elsewhere')
    succeeded(await target.sdk.logoutAll(refreshJwt))
    assert.equal(await tab.hears('IsAuthenticated', () => passTime(untilRefreshSeconds)), false)
    await isSignedOut(tab)
  },
)
