import assert from 'node:assert/strict'
import { inBrowser } from './browser-fixture.ts'
import { watchPreflights } from './browser-tab.ts'
import { goodPassword, refused, succeeded } from './fixture.ts'

const check = await inBrowser()

check('CORS: the browser asks for every header that the SDK sends, and gets it', async ({ open, site }) => {
  const tab = await open({ sdk: { refreshCookieName: 'acme' } })
  const preflights = await watchPreflights(tab)
  await tab.page.evaluate('localStorage.setItem("DTD", "x.y.z"); localStorage.setItem("DKD", "x.y.z")')
  succeeded(await tab.sdk('password.signUp', 'preflight@example.com', goodPassword))
  succeeded(await tab.sdk('me'))
  assert.deepEqual(
    preflights.map(({ path, status }) => [path, status]),
    [
      ['/v1/auth/password/signup', 204],
      ['/v1/auth/me', 204],
    ],
  )
  const [first] = preflights
  assert.deepEqual(first?.askedHeaders, [
    'authorization',
    'content-type',
    'x-descope-known-device-token',
    'x-descope-project-id',
    'x-descope-refresh-cookie-name',
    'x-descope-sdk-name',
    'x-descope-sdk-session-id',
    'x-descope-sdk-version',
    'x-descope-trusted-device-token',
  ])
  assert.equal(first.header('access-control-allow-origin'), site.origin)
  assert.equal(first.header('access-control-allow-credentials'), 'true')
})

check(
  'CORS: an origin that is not listed gets nothing done',
  async ({ open, site, target }) => {
    const stranger = await open({ origin: site.strangerOrigin })
    const preflights = await watchPreflights(stranger)
    await assert.rejects(stranger.sdk('password.signUp', 'stranger@example.com', goodPassword), /Failed to fetch/)
    assert.deepEqual(
      preflights.map(({ status, header }) => [status, header('access-control-allow-origin')]),
      [[403, undefined]],
    )
    refused(await target.sdk.password.signIn('stranger@example.com', goodPassword), 401, 'E062903')
    const account = await target.signUp('stranger')
    await assert.rejects(stranger.sdk('refresh', account.refreshJwt), /Failed to fetch/)
    assert.deepEqual(await stranger.heard('SessionToken'), [])
  },
  { allowed: /blocked by CORS policy|net::ERR_FAILED/ },
)
