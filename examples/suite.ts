import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { type Client, createClient } from '@postern/client'
import { type Backend, backends } from './backend.ts'

/** An application that listens. */
export interface Running {
  readonly url: string
  readonly close: () => Promise<void>
}

type StartApp = (client: Client) => Promise<Running>

/** Checks an example application over loopback with every server there is: sign-in, a guarded route, refresh, refusal. */
export function checkExample(name: string, startApp: StartApp): void {
  for (const [server, startBackend] of backends) checkOn(`${name} on ${server}`, startApp, startBackend)
}

function checkOn(name: string, startApp: StartApp, startBackend: () => Promise<Backend>): void {
  let backend: Backend
  let app: Running
  let client: Client
  before(async () => {
    backend = await startBackend()
    client = createClient({ projectId: backend.projectId, baseUrl: backend.baseUrl, now: backend.now, retry: { delaysMilliseconds: [] } })
    app = await startApp(client)
  })
  after(async () => {
    await app.close()
    await backend.close()
  })

  const { signIn, hello, signedIn } = requestsTo(() => ({ url: app.url, user: backend.user }))

  test(`${name}: a session opens the guarded route`, async () => {
    const { session } = await signedIn()
    const response = await hello(session)
    assert.equal(response.status, 200)
    assert.match(((await response.json()) as { hello: string }).hello, /^U/)
    assert.equal(response.headers.get('x-session-token'), null)
  })

  test(`${name}: a wrong password does not sign in`, async () => {
    const response = await signIn({ password: 'wrong horse battery' })
    assert.deepEqual([response.status, await response.json()], [401, { error: 'E062903' }])
  })

  test(`${name}: no token, junk, and a changed token are refused`, async () => {
    const { session } = await signedIn()
    const changed = `${session.slice(0, -8)}${session.at(-8) === 'A' ? 'B' : 'A'}${session.slice(-7)}`
    for (const token of [undefined, 'junk', changed]) assert.equal((await hello(token)).status, 401)
  })

  test(`${name}: JW-04: a refresh token is no session`, async () => {
    const { refresh } = await signedIn()
    assert.equal((await hello(refresh)).status, 401)
  })

  checkRefresh(name, { hello, signedIn, logOut: (refresh) => client.logout(refresh), advance: (seconds) => backend.advance(seconds) })

  test(`${name}: a server that is away is 503, not 401`, async () => {
    const away = createClient({ projectId: backend.projectId, baseUrl: 'http://127.0.0.1:1' })
    const lonely = await startApp(away)
    const { session } = await signedIn()
    const response = await fetch(`${lonely.url}/hello`, { headers: { authorization: `Bearer ${session}` } })
    await lonely.close()
    assert.equal(response.status, 503)
  })
}

/** The requests that the checks send. `at` is asked each time, because the application starts after the checks are listed. */
function requestsTo(at: () => { readonly url: string; readonly user: Backend['user'] }) {
  const signIn = (change: Readonly<Record<string, string>> = {}) =>
    fetch(`${at().url}/sign-in`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ ...at().user, ...change }),
    })
  const hello = (session?: string, refresh?: string) =>
    fetch(`${at().url}/hello`, {
      headers: { ...(session && { authorization: `Bearer ${session}` }), ...(refresh && { cookie: `theme=dark; DSR=${refresh}` }) },
    })
  const signedIn = async () => {
    const response = await signIn()
    assert.equal(response.status, 200)
    const { session } = (await response.json()) as { session: string }
    const cookie = response.headers.getSetCookie()[0] ?? ''
    assert.match(cookie, /^DSR=[^;]+;.*HttpOnly; Secure; SameSite=Strict$/)
    return { session, refresh: cookie.slice('DSR='.length).split(';')[0] ?? '' }
  }
  return { signIn, hello, signedIn }
}

interface RefreshChecks extends Pick<ReturnType<typeof requestsTo>, 'hello' | 'signedIn'> {
  readonly logOut: (refresh: string) => Promise<{ readonly ok: boolean }>
  readonly advance: (seconds: number) => void
}

function checkRefresh(name: string, { hello, signedIn, logOut, advance }: RefreshChecks) {
  test(`${name}: an expired session is refused, and refreshed with the cookie`, async () => {
    const { session, refresh } = await signedIn()
    advance(700)
    assert.equal((await hello(session)).status, 401)
    const response = await hello(session, refresh)
    assert.equal(response.status, 200)
    const next = response.headers.get('x-session-token') ?? ''
    assert.notEqual(next, session)
    assert.equal((await hello(next)).status, 200)
  })

  test(`${name}: after a logout nothing is refreshed`, async () => {
    const { session, refresh } = await signedIn()
    assert.equal((await logOut(refresh)).ok, true)
    advance(700)
    assert.equal((await hello(session, refresh)).status, 401)
  })
}
