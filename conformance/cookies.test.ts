import assert from 'node:assert/strict'
import { onEveryDatabase, refused, succeeded } from './fixture.ts'

const check = onEveryDatabase(['project.tokenResponseMethod=cookie', 'project.cookiePolicy=strict'])

check('refresh token in a cookie: sign-up and sign-in', async ({ sdk, signUp }) => {
  const { loginId, password, refreshJwt } = await signUp('cookie')
  assert.ok(refreshJwt, 'the SDK takes it from the cookie')
  const data = succeeded(await sdk.password.signIn(loginId, password))
  const [cookie = ''] = data.cookies ?? []
  assert.ok(cookie.startsWith(`DSR=${data.refreshJwt}; `))
  for (const attribute of [/; HttpOnly/i, /; Secure/i, /; SameSite=Strict/i, /; Path=\//i, /; Max-Age=24191\d\d|; Max-Age=2419200/i])
    assert.match(cookie, attribute)
  await sdk.validateSession(data.sessionJwt)
})

check('refresh token in a cookie: refreshSession and validateAndRefreshSession', async ({ sdk, signUp }) => {
  const account = await signUp('cookie-refresh')
  const { token, cookies } = await sdk.refreshSession(account.refreshJwt)
  assert.equal(token.sub, account.userId)
  assert.equal(cookies?.length, 1)
  const again = await sdk.validateAndRefreshSession(undefined, account.refreshJwt)
  assert.equal(again.token.sub, account.userId)
})

check('refresh token in a cookie: sent back as a cookie', async ({ sdk, signUp, url, projectId }) => {
  const account = await signUp('cookie-browser')
  const headers = {
    authorization: `Bearer ${projectId}`,
    cookie: `DSR=${account.refreshJwt}`,
    origin: url,
    'content-type': 'application/json',
  }
  const response = await fetch(`${url}/v1/auth/refresh`, { method: 'POST', headers, body: '{}' })
  assert.equal(response.status, 200)
  const body: unknown = await response.json()
  await sdk.validateSession(String(Reflect.get(Object(body), 'sessionJwt')))
})

check('refresh token in a cookie: logout clears it', async ({ sdk, signUp }) => {
  const account = await signUp('cookie-logout')
  const response = await sdk.logout(account.refreshJwt)
  succeeded(response)
  assert.match(response.response?.headers.get('set-cookie') ?? '', /^DSR=;.*Max-Age=0/i)
  refused(await sdk.refresh(account.refreshJwt), 401, 'E064001')
})
