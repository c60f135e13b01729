import assert from 'node:assert/strict'
import { type Json, type Kit, onEveryDatabase } from '../../../test/kit.ts'

const ada = 'ada@example.com'
const pending = 'E062503'

const start = (kit: Kit, what: string, body: object = {}, call: object = {}) =>
  kit.call(`/v1/auth/enchantedlink/${what}/email`, { body: { loginId: ada, ...body }, ...call })
const confirm = (kit: Kit, token: string) => kit.call('/v1/auth/enchantedlink/verify', { body: { token } })
const poll = (kit: Kit, pendingRef: string) => kit.call('/v1/auth/enchantedlink/pending-session', { body: { pendingRef } })

/** The tokens of the newest mail by number. */
async function tokensOf(kit: Kit): Promise<ReadonlyMap<string, string>> {
  const mail = (await kit.mails()).find(({ links }) => links.length > 0)
  return new Map(mail?.links.map(({ number, url }) => [number, new URL(url).searchParams.get('t') ?? '']))
}

async function begin(kit: Kit, what: string, body: object = {}, call: object = {}): Promise<Json> {
  const started = await start(kit, what, body, call)
  assert.equal(started.status, 200, started.text)
  assert.match(started.body.linkId, /^\d\d$/)
  return started.body
}

/** Begins, clicks the right link, and takes the session. */
async function through(kit: Kit, what: string, body: object = {}, call: object = {}): Promise<Json> {
  const { linkId, pendingRef } = await begin(kit, what, body, call)
  assert.equal((await poll(kit, pendingRef)).body.errorCode, pending)
  const confirmed = await confirm(kit, (await tokensOf(kit)).get(linkId) ?? '')
  assert.deepEqual([confirmed.status, confirmed.body], [200, {}])
  const session = await poll(kit, pendingRef)
  assert.equal(session.status, 200, session.text)
  return session.body
}

onEveryDatabase(
  'RC-12: the right one of three numbers signs in where the sign-in began, once, and the clicker gets nothing',
  async (kit) => {
    const { user } = await kit.signUp(ada)
    const { linkId, pendingRef, maskedEmail } = await begin(kit, 'signin')
    assert.equal(maskedEmail, 'a*****@e*****.com')
    const tokens = await tokensOf(kit)
    assert.equal(tokens.size, 3)
    const token = tokens.get(linkId) ?? ''
    assert.deepEqual((await confirm(kit, token)).body, {})
    assert.equal((await confirm(kit, token)).status, 401, 'confirmed once')
    const session = await poll(kit, pendingRef)
    assert.deepEqual([session.body.user.userId, session.body.firstSeen], [user.userId, false])
    assert.equal((await poll(kit, pendingRef)).body.errorCode, pending)
  },
)

onEveryDatabase('RC-12: a wrong number ends the attempt', async (kit) => {
  await kit.signUp(ada)
  const { linkId, pendingRef } = await begin(kit, 'signin')
  const tokens = await tokensOf(kit)
  const wrong = [...tokens].find(([number]) => number !== linkId)?.[1] ?? ''
  assert.equal((await confirm(kit, wrong)).status, 401)
  assert.equal((await confirm(kit, tokens.get(linkId) ?? '')).status, 401)
  assert.equal((await poll(kit, pendingRef)).body.errorCode, pending)
})

onEveryDatabase('a sign-up makes its user when the session is taken, and not before', async (kit) => {
  const { linkId, pendingRef } = await begin(kit, 'signup', { user: { name: 'Ada' }, email: ada })
  await confirm(kit, (await tokensOf(kit)).get(linkId) ?? '')
  assert.equal((await kit.manage(`/v1/mgmt/user?loginId=${ada}`)).status, 404)
  const { user, firstSeen } = (await poll(kit, pendingRef)).body
  assert.deepEqual([user.name, user.verifiedEmail, firstSeen], ['Ada', true, true])
  assert.equal((await start(kit, 'signup')).body.errorCode, 'E062107')
  assert.equal((await through(kit, 'signup-in')).user.userId, user.userId)
})

onEveryDatabase('EN-03: a reference of nobody stays pending, like one that nobody clicked', async (kit) => {
  await kit.signUp('known@example.com')
  await kit.signUp('disabled@example.com')
  await kit.manage('/v1/mgmt/user/update/status', { body: { loginId: 'disabled@example.com', status: 'disabled' } })
  const seen = new Set<string>()
  for (const name of ['known', 'unknown', 'disabled']) {
    const { linkId, pendingRef, maskedEmail, ...rest } = await begin(kit, 'signin', { loginId: `${name}@example.com` })
    const polled: string[] = []
    for (let second = 0; second < 60; second += 20) {
      kit.clock.advance(20)
      const { status, body } = await poll(kit, pendingRef)
      polled.push(`${status} ${body.errorCode} ${body.errorMessage}`)
    }
    const shape = [linkId.length, pendingRef.length, maskedEmail.slice(1), JSON.stringify(rest), ...polled]
    seen.add(shape.join(' '))
  }
  assert.equal(seen.size, 1, [...seen].join('\n'))
  assert.equal((await poll(kit, 'Cnothing.nothing')).body.errorCode, pending)
  assert.equal((await kit.mails()).filter(({ kind }) => kind.startsWith('enchantedLink.')).length, 1)
})

onEveryDatabase('step-up merges the methods of the session', async (kit) => {
  const { refreshJwt } = await kit.signUp(ada)
  const { sessionJwt } = await through(kit, 'signin', { loginOptions: { stepup: true } }, { token: refreshJwt })
  const claims = JSON.parse(Buffer.from(sessionJwt.split('.')[1], 'base64url').toString())
  assert.deepEqual([claims.amr, claims.su], [['pwd', 'email'], true])
})

onEveryDatabase('an update proves a new address', async (kit) => {
  const { refreshJwt, user } = await kit.signUp(ada)
  const session = await through(kit, 'update', { email: 'new@example.com', addToLoginIDs: true }, { token: refreshJwt })
  assert.deepEqual(
    [session.user.userId, session.user.email, session.user.loginIds],
    [user.userId, 'new@example.com', [ada, 'new@example.com']],
  )
  assert.equal((await start(kit, 'update', { email: 'other@example.com' })).status, 401)
})

onEveryDatabase('RC-10: our own page confirms by its button, and nothing by being opened', async (kit) => {
  await kit.signUp(ada)
  const { linkId, pendingRef } = await begin(kit, 'signin')
  const mail = (await kit.mails()).find(({ links }) => links.length > 0)
  const link = new URL(mail?.links.find(({ number }) => number === linkId)?.url ?? '')
  assert.equal(link.pathname, `/confirm/${kit.projectId}`)
  for (let round = 0; round < 3; round++) assert.equal((await kit.call(link.pathname + link.search)).status, 200)
  assert.equal((await poll(kit, pendingRef)).body.errorCode, pending)
  const body = new URLSearchParams({ t: link.searchParams.get('t') ?? '' }).toString()
  const press = () => kit.call(link.pathname, { body, headers: { 'content-type': 'application/x-www-form-urlencoded' } })
  assert.match((await press()).text, /signed in there/)
  assert.match((await press()).text, /used already/)
  assert.equal((await poll(kit, pendingRef)).status, 200)
})

onEveryDatabase('RC-07: links lead where the project approves, and nowhere else', async (kit) => {
  await kit.set({ project: { trustedDomains: 'app.example.com' } })
  assert.equal((await start(kit, 'signin', { URI: 'https://evil.example' })).body.errorCode, 'E062908')
  await kit.signUp(ada)
  await begin(kit, 'signin', { URI: 'https://app.example.com/in' })
  const [mail] = await kit.mails()
  assert.deepEqual(new Set(mail?.links.map(({ url }) => url.split('?')[0])), new Set(['https://app.example.com/in']))
})
