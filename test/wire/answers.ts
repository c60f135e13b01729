import assert from 'node:assert/strict'
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
