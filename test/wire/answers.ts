import assert from 'node:assert/strict'
import type { ShownMessage } from '../../src/core/shown-messages.ts'
import type { Json, Kit } from '../kit.ts'

/** What the checks of all SDKs ask of answers. */

/** The body of a management call that must have worked; GET without a body, else POST unless `method` says otherwise. */
export async function worked({ manage }: Kit, path: string, body?: unknown, method?: string): Promise<Json> {
  const answer = await manage(path, { ...(body === undefined ? {} : { body }), ...(method ? { method } : {}) })
  assert.equal(answer.status, 200, `${path}: ${answer.text}`)
  return answer.body
}

/** Go, Java and .NET read these into 32 bits. */
export function assertInt32(...values: readonly unknown[]): void {
  for (const value of values) assert.ok(Number.isInteger(value) && Number(value) < 2 ** 31, `${String(value)} is an int32`)
}

/** Makes a test user; `login` is the address too. */
export async function addTestUser(kit: Kit, loginId: string): Promise<void> {
  await worked(kit, '/v1/mgmt/user/create/test', { loginId, email: loginId, verifiedEmail: true, test: true })
}

/** What the calls for test users answer must have these members, each with something in it. */
export function assertTexts(answer: Json, ...names: readonly string[]): void {
  for (const name of names) assert.ok(typeof answer[name] === 'string' && answer[name] !== '', name)
}

/** Writes an event of an application by these members and answers its record as a search by this body finds it. */
export async function audited(kit: Kit, event: object, search: object): Promise<Json> {
  await worked(kit, '/v1/mgmt/audit/event', { action: 'pencil.created', tenantId: 'acme', actorId: 'someone', ...event })
  const { audits } = await worked(kit, '/v1/mgmt/audit/search', search)
  const record = audits.find(({ action }: Json) => action === 'pencil.created')
  assert.match(record?.occurred, /^\d{13}$/, 'milliseconds as a text')
  return record
}

/** The body of a call of a user that must have worked; `token` is a refresh token. */
export async function answered(kit: Kit, path: string, body: object, token?: string): Promise<Json> {
  const answer = await kit.call(`/v1/auth/${path}`, { body, ...(token === undefined ? {} : { token }) })
  assert.equal(answer.status, 200, `${path}: ${answer.text}`)
  return answer.body
}

/** The newest message, which must have gone to this address by this channel. */
export async function newestTo(kit: Kit, to: string, channel = 'email'): Promise<ShownMessage> {
  const [message] = await kit.mails()
  assert.deepEqual([message?.to, message?.channel], [to, channel])
  assert.ok(message)
  return message
}

export function tokenIn(link: string | undefined): string {
  return new URL(link ?? '').searchParams.get('t') ?? ''
}

/** What every SDK reads of a session: both tokens with what they are for, and the user. Answers the user. */
export function assertSession(session: Json): Json {
  for (const [name, drn] of [
    ['sessionJwt', 'DS'],
    ['refreshJwt', 'DSR'],
  ] as const) {
    const claims = JSON.parse(Buffer.from(session[name].split('.')[1], 'base64url').toString())
    assert.equal(claims.drn, drn)
    assertInt32(claims.iat, claims.exp)
  }
  assertInt32(session.cookieMaxAge, session.cookieExpiration)
  assert.equal(typeof session.firstSeen, 'boolean')
  return session.user
}

/** Clicks the number that an enchanted link's start says to show, and polls as SDKs do, before and after. Answers the user. */
export async function clickAndPoll(kit: Kit, { linkId, pendingRef }: Json): Promise<Json> {
  const poll = () => kit.call('/v1/auth/enchantedlink/pending-session', { body: { pendingRef } })
  const early = await poll()
  assert.deepEqual([early.status, early.body.errorCode], [401, 'E062503'])
  const [message] = await kit.mails()
  const url = message?.links.find(({ number }) => number === linkId)?.url
  assert.deepEqual(await answered(kit, 'enchantedlink/verify', { token: tokenIn(url) }), {})
  return assertSession((await poll()).body)
}
