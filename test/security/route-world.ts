import assert from 'node:assert/strict'
import { readdirSync } from 'node:fs'
import { deniableRights, extraRights, newManagementKey, type Rights } from '../../src/core/management-keys.ts'
import * as features from '../../src/features/index.ts'
import { apiDocs } from '../../src/http/api-docs.ts'
import type { AnyRoute } from '../../src/http/route.ts'
import { type Options, parseOptions } from '../../src/options.ts'
import { type Call, goodPassword, type Json, type Kit } from '../kit.ts'
import { freshLoginId, type Row, type RowRequest, type Rows, type World } from './route-rows/row.ts'

/** MG-03: every route with the access that it is meant to have, from the files in `route-rows/`. A new route fails this file until it is in one. */
export const table: Readonly<Record<string, Row>> = await readRows()

async function readRows(): Promise<Record<string, Row>> {
  const table: Record<string, Row> = {}
  for (const file of readdirSync(new URL('./route-rows/', import.meta.url)).filter((name) => name.endsWith('.rows.ts'))) {
    const { rows }: { rows: Rows } = await import(`./route-rows/${file}`)
    for (const [name, row] of Object.entries(rows)) {
      if (table[name]) throw new Error(`${name} is in two files`)
      table[name] = row
    }
  }
  return table
}

export const routes: readonly AnyRoute[] = [...Object.values(features).flatMap((feature) => feature.routes), ...apiDocs(() => ({})).routes]

/** What a route answers. */
export interface Seen {
  readonly status: number
  readonly text: string
}

/** Sends the request of a row. */
export async function send(world: World, name: string, bearer: string | undefined, ip: string): Promise<Seen> {
  return deliver(world, name, (await table[name]?.request?.(world)) ?? {}, { bearer, ip })
}

/** Sends a request that was made before. */
export async function deliver(
  world: World,
  name: string,
  { path: suffix = '', body, form }: RowRequest,
  { bearer, ip }: { readonly bearer: string | undefined; readonly ip: string },
): Promise<Seen> {
  const [method = '', path = ''] = name.split(' ')
  const [mail] = await world.kit.auth.deps.outbox.recent(1)
  const filled = path
    .replace('{projectId}', world.kit.projectId)
    .replace('{id}', mail?.id ?? '')
    .replace('phone/{method}', 'phone/sms')
    .replace('{method}', 'email')
  const content = body ? JSON.stringify(body) : form ? new URLSearchParams(form).toString() : undefined
  const type = body ? 'application/json' : 'application/x-www-form-urlencoded'
  const request = new Request(`http://127.0.0.1:8787${filled}${suffix}`, {
    method,
    headers: {
      ...(bearer === undefined ? {} : { authorization: `Bearer ${bearer}` }),
      ...(content === undefined ? {} : { 'content-type': type }),
    },
    ...(content === undefined ? {} : { body: content }),
  })
  const response = await world.kit.auth.handler(request, { remoteAddress: ip })
  return { status: response.status, text: await response.text() }
}

/** Users and keys of every kind in the project of a kit, and a project beside it. */
export async function makeWorld(kit: Kit): Promise<World> {
  const project = await kit.auth.api.createProject({ name: 'Other' })
  const body = { loginId: 'neighbour@example.com', password: goodPassword }
  const neighbour = await kit.call('/v1/auth/password/signup', { projectId: project.projectId, body })
  const { deps } = kit.auth
  const now = kit.clock.nowSeconds()
  const makeKey = async (rights: Partial<Rights>, expiresAt = 0) => {
    const whole = { isReadOnly: false, denied: [], extra: [...extraRights], tenantIds: [], networks: [], ...rights }
    const made = newManagementKey(deps, { projectId: kit.projectId, name: 'key', rights: whole, expiresAt })
    await deps.storage.managementKeys.insert(made.record)
    return made
  }
  const revoked = await makeKey({})
  const keys = {
    revoked: revoked.key,
    expired: (await makeKey({}, now + 60)).key,
    everyRight: (await makeKey({})).key,
    readOnly: (await makeKey({ isReadOnly: true })).key,
    deniedAll: (await makeKey({ denied: [...deniableRights], extra: [] })).key,
    oneTenant: (await makeKey({ tenantIds: ['T-elsewhere'] })).key,
  }
  const other = { ...project, refreshJwt: neighbour.body.refreshJwt }
  const world: World = { kit, other, keys, accessKeys: await makeAccessKeys(kit, project), user: await makeUser(kit) }
  for (const key of [keys.revoked, keys.expired]) {
    assert.equal((await send(world, 'GET /v1/mgmt/license', `${kit.projectId}:${key}`, stranger)).status, 200, 'before')
  }
  await deps.storage.managementKeys.revoke(kit.projectId, revoked.record.id, now)
  kit.clock.advance(60)
  return world
}

async function makeAccessKeys(
  kit: Kit,
  other: { readonly projectId: string; readonly managementKey: string },
): Promise<World['accessKeys']> {
  const make = async (call: Partial<Call> = {}) => {
    const answer = await kit.call('/v1/mgmt/accesskey/create', { token: kit.managementKey, body: { name: 'program' }, ...call })
    assert.equal(answer.status, 200, answer.text)
    return answer.body
  }
  const inactive = await make()
  await kit.manage('/v1/mgmt/accesskey/deactivate', { body: { id: inactive.key.id } })
  const foreign = await make({ projectId: other.projectId, token: other.managementKey })
  return { usable: (await make()).cleartext, inactive: inactive.cleartext, foreign: foreign.cleartext }
}

/** A user who has just signed up. */
export async function makeUser(kit: Kit): Promise<World['user']> {
  const loginId = freshLoginId()
  const session: Json = await kit.signUp(loginId)
  return { loginId, userId: session.user.userId, refreshJwt: session.refreshJwt, sessionJwt: session.sessionJwt }
}

/** An address that nothing else comes from. */
export const stranger = '203.0.113.9'
const { limits } = parseOptions({ flags: {}, environment: {}, file: undefined })
const off = { max: 0, perSeconds: 1 }
/** Options for tests that call everything very often. */
export const withoutLimits: Partial<Options> = {
  limits: { ...limits, accountSource: off, sourceFailures: off, sourceAccounts: off, sourceSignUps: off, accountFailures: 0 },
}
