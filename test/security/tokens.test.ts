import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, before } from 'node:test'
import { decodeJwt } from 'jose'
import { type Answer, goodPassword, type Json, type Kit, onEveryDatabase } from '../kit.ts'
import { forgeries, openWorkshop, ownHeader, signedToken, wrongClaims } from './forgeries.ts'

const loginId = 'ada@example.com'

let canaryRequests = 0
const canary = createServer((_request, response) => {
  canaryRequests++
  response.end('{"keys":[]}')
})
let canaryUrl = ''
before(async () => {
  canary.listen(0, '127.0.0.1')
  await once(canary, 'listening')
  canaryUrl = `http://127.0.0.1:${(canary.address() as AddressInfo).port}`
})
after(() => {
  canary.close()
})

interface Door {
  readonly name: string
  readonly kind: 'DS' | 'DSR'
  knock(kit: Kit, token: string): Promise<Answer>
}

const post = (path: string, body: Json = {}) => ({
  name: `POST ${path}`,
  kind: path.endsWith('validate') ? ('DS' as const) : ('DSR' as const),
  knock: (kit: Kit, token: string) => kit.call(path, { token, body }),
})
const get = (path: string) => ({ name: `GET ${path}`, kind: 'DSR' as const, knock: (kit: Kit, token: string) => kit.call(path, { token }) })

/** Every place that takes a JWT. What ends the session comes last, for the control. */
const doors: readonly Door[] = [
  get('/v1/auth/me'),
  get('/v1/auth/me/history'),
  post('/v1/auth/validate'),
  post('/v1/auth/refresh'),
  post('/v1/auth/password/signin', { loginId, password: goodPassword, loginOptions: { stepup: true } }),
  post('/v1/auth/password/signin', { loginId, password: goodPassword, loginOptions: { mfa: true } }),
  post('/v1/auth/password/update', { loginId, newPassword: 'another good passphrase 2' }),
  post('/v1/auth/logout'),
  post('/v1/auth/logoutall'),
]

/** A header cannot hold these; the request is refused before there is a token. */
const breaksTheBearer = (token: string) => /[^A-Za-z0-9._~+/=-]/.test(token)

/** Whether a door looks at a claim: any generation of a session may be used to end it. */
const isChecked = (fault: string, door: Door) => !(/^gen \d/.test(fault) && door.name.includes('logout') && fault !== 'gen 0')

async function assertAllRefused(kit: Kit, kind: Door['kind'], tokens: ReadonlyMap<string, string>): Promise<void> {
  const faults: string[] = []
  for (const [name, token] of tokens) {
    for (const door of doors.filter((one) => one.kind === kind && isChecked(name, one))) {
      const { status, body } = await door.knock(kit, token)
      const expected = breaksTheBearer(token) ? 'E011010' : 'E064002'
      if (status !== 401 || body.errorCode !== expected) faults.push(`${name} at ${door.name}: ${status} ${body.errorCode}`)
    }
    if (kind === 'DSR') {
      const lenient = await kit.call('/v1/auth/try-refresh', { token, body: {} })
      const isRefused = lenient.status === 401 || (lenient.status === 200 && lenient.text === '{}')
      if (!isRefused) faults.push(`${name} at try-refresh: ${lenient.status} ${lenient.text.slice(0, 40)}`)
      faults.push(...(await cookieFaults(kit, name, token)))
    }
  }
  assert.deepEqual(faults, [])
}

/** The refresh cookie is another way in. */
async function cookieFaults(kit: Kit, name: string, token: string): Promise<readonly string[]> {
  const { status, body } = await kit.call('/v1/auth/me', { headers: { cookie: `DSR=${encodeURIComponent(token)}` } })
  return status === 401 && body.errorCode === 'E064002' ? [] : [`${name} as a cookie: ${status} ${body.errorCode}`]
}

for (const kind of ['DSR', 'DS'] as const) {
  onEveryDatabase(
    `JW-01, JW-02: forged tokens are 401 everywhere, with one code and without a question to anybody (${kind})`,
    async (kit) => {
      const session = await kit.signUp(loginId)
      const genuine: string = kind === 'DS' ? session.sessionJwt : session.refreshJwt
      const shop = await openWorkshop(kit, canaryUrl)
      const forged = await forgeries(shop, genuine, decodeJwt(genuine))
      assert.ok(forged.size >= 40, `${forged.size} forgeries`)
      await assertAllRefused(kit, kind, forged)
      assert.equal(canaryRequests, 0)
      assert.deepEqual(
        kit.log.lines.filter(({ level }) => level === 'error'),
        [],
      )
    },
  )

  onEveryDatabase(`JW-03: a token of our own key with one wrong claim is 401 everywhere (${kind})`, async (kit) => {
    const session = await kit.signUp(loginId)
    const claims = decodeJwt(kind === 'DS' ? session.sessionJwt : session.refreshJwt)
    const shop = await openWorkshop(kit, canaryUrl)
    const wrong = wrongClaims(claims, kit.clock.nowSeconds())
    // A session token is good for its own time: it tells its generation, which is not compared with the live one.
    const harmless = kind === 'DS' ? new Set(['gen 2', 'gen 99']) : new Set()
    const tokens = [...wrong].flatMap(([name, set]) =>
      harmless.has(name) ? [] : [[name, signedToken(ownHeader(shop), set, shop.privateKey)] as const],
    )
    await assertAllRefused(kit, kind, new Map(tokens))
  })

  onEveryDatabase(`JW-03: the same workshop makes tokens that pass (${kind}), so it is the fault that is refused`, async (kit) => {
    const session = await kit.signUp(loginId)
    const claims = decodeJwt(kind === 'DS' ? session.sessionJwt : session.refreshJwt)
    const shop = await openWorkshop(kit, canaryUrl)
    const now = kit.clock.nowSeconds()
    for (const extra of [{}, { aud: kit.projectId }, { iat: now + 4 }, { iat: now + 3609 }, { nbf: now }, { exp: now + 1 }]) {
      const token = signedToken(ownHeader(shop), { ...claims, ...extra }, shop.privateKey)
      const door = kind === 'DS' ? '/v1/auth/validate' : '/v1/auth/refresh'
      assert.equal((await kit.call(door, { token, body: {} })).status, 200, JSON.stringify(extra))
    }
    const token = signedToken(ownHeader(shop), claims, shop.privateKey)
    for (const door of doors.filter((one) => one.kind === kind)) assert.equal((await door.knock(kit, token)).status, 200, door.name)
  })
}

onEveryDatabase('JW-04: link tokens and management keys open no door of a JWT, and JWTs none of theirs', async (kit) => {
  const session = await kit.signUp(loginId)
  await kit.call('/v1/auth/password/reset', { body: { loginId } })
  const link = await kit.linkToken(loginId, 'password.reset')
  for (const door of doors) {
    for (const token of [link, kit.managementKey]) assert.equal((await door.knock(kit, token)).status, 401, door.name)
  }
  for (const token of [session.refreshJwt, session.sessionJwt, kit.managementKey]) {
    const answer = await kit.call('/v1/auth/magiclink/verify', { body: { token } })
    // A JWT is longer than any link token, which makes it an invalid request.
    assert.ok(answer.status === 401 || answer.body.errorCode === 'E011003', answer.text)
    assert.doesNotMatch(answer.text, /Jwt/)
  }
  for (const token of [session.refreshJwt, session.sessionJwt, link]) {
    assert.equal((await kit.call('/v1/mgmt/license', { token })).status, 401)
  }
})
