import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { createClient } from '@postern/client'
import { type Auth, createAuth, parseOptions } from '../src/index.ts'
import type { Running } from './suite.ts'

export interface Installed {
  readonly projectId: string
  readonly baseUrl: string
}

const user = { loginId: 'ada@example.com', password: 'correct horse battery staple 7' }

/** Checks an application with Postern below `/auth` over loopback: sign-up, sign-in, a guarded route, mails, pages. */
export function checkEmbedded(name: string, startApp: (auth: Auth, projectId: string) => Promise<Running>): void {
  let auth: Auth
  let app: Running
  let projectId: string
  before(async () => {
    auth = await createAuth(
      parseOptions({ flags: { database: 'sqlite::memory:', logLevel: 'silent' }, environment: {}, file: undefined }),
      {
        masterKey: crypto.getRandomValues(new Uint8Array(32)),
      },
    )
    projectId = (await auth.api.createProject({ name: 'Embedded' })).projectId
    app = await startApp(auth, projectId)
    auth.setPublicUrl(`${app.url}/auth`)
    auth.start()
  })
  after(async () => {
    await app.close()
    await auth.close()
  })

  test(`${name}: signs up and in, and the session opens the application's own route`, async () => {
    const client = createClient({ projectId, baseUrl: `${app.url}/auth` })
    assert.equal((await client.password.signUp(user.loginId, user.password)).ok, true)
    const { ok, data } = await client.password.signIn(user.loginId, user.password)
    assert.equal(ok, true)
    const hello = (session: string) => fetch(`${app.url}/hello`, { headers: { authorization: `Bearer ${session}` } })
    const response = await hello(data?.sessionJwt ?? '')
    assert.deepEqual([response.status, await response.json()], [200, { hello: data?.user?.userId }])
    assert.equal((await hello('junk')).status, 401)
  })

  test(`${name}: mails lead to pages below the prefix, whose forms and files are there`, async () => {
    const { messages } = (await (await fetch(`${app.url}/auth/v1/test/outbox`)).json()) as { messages: { to: string; link: string }[] }
    const link = messages.find(({ to }) => to === user.loginId)?.link ?? ''
    assert.ok(link.startsWith(`${app.url}/auth/verify/${projectId}?t=`))
    const page = await (await fetch(link)).text()
    const action = /action="([^"]+)"/.exec(page)?.[1] ?? ''
    const token = new URL(link).searchParams.get('t') ?? ''
    const sent = await fetch(new URL(action, link), { method: 'POST', body: new URLSearchParams({ t: token }) })
    assert.match(await sent.text(), /is confirmed/)
    for (const path of ['/auth/docs', '/auth/docs/swagger-ui.css', '/auth/openapi.json'])
      assert.equal((await fetch(app.url + path)).status, 200)
  })

  test(`${name}: what is not below the prefix is the application's`, async () => {
    assert.equal((await fetch(`${app.url}/v2/keys/${projectId}`)).status, 404)
  })
}
