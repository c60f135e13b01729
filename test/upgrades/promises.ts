import assert from 'node:assert/strict'
import { createAuth } from '../../src/auth.ts'
import { parseOptions } from '../../src/options.ts'
import { openStorage } from '../../src/storage/open.ts'
import { testClock, testLog } from '../kit.ts'
import { importOf, type Promises } from './story.ts'

type Call = (path: string, token?: string, body?: unknown) => Promise<{ readonly status: number; readonly body: Answer }>
// biome-ignore lint/suspicious/noExplicitAny: tests read answers as a client without types would
type Answer = any

/** Opens a database and holds it to what its fixture promises, as clients see it. Some of it can be done once only. */
export async function assertKept(url: string, promises: Promises): Promise<void> {
  const { masterKey, projectId } = promises
  const options = { ...parseOptions({ flags: {}, environment: {}, file: undefined }), outbox: true }
  const storage = await openStorage({ database: url })
  const ports = { storage, clock: testClock(promises.madeAt + 5), log: testLog(), isStrict: true, hashMilliseconds: 20 }
  const auth = await createAuth(options, { ...ports, masterKey: Buffer.from(masterKey, 'base64url') })
  const call: Call = async (path, token, body) => {
    const request = new Request(`http://127.0.0.1:8787${path}`, {
      method: body === undefined ? 'GET' : 'POST',
      headers: { authorization: `Bearer ${projectId}${token ? `:${token}` : ''}`, 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
    const response = await auth.handler(request, { remoteAddress: '127.0.0.1' })
    return { status: response.status, body: await response.json() }
  }
  try {
    await assertSecrets(call, promises)
    await assertSessions(call, promises)
    await assertKeys(call, promises)
    await assertAdministration(call, promises)
    const mails = await auth.deps.outbox.recent(200)
    assert.ok(
      mails.some(({ to, kind }) => to === promises.waiting.to && kind === promises.waiting.kind),
      'sealed messages open',
    )
    const states = (await storage.outbox.list({ limit: 200 })).map(({ state }) => state)
    for (const state of promises.outboxStates) assert.ok(states.includes(state as (typeof states)[number]), `messages that are ${state}`)
    const { resumedAfter, imported } = await auth.api.importUsers(importOf(projectId, true))
    assert.deepEqual({ resumedAfter, imported }, { resumedAfter: 1, imported: 3 }, 'an import goes on where it was')
  } finally {
    await auth.close()
  }
}

async function assertSecrets(call: Call, { passwords, disabled, resetToken, spentToken, code }: Promises): Promise<void> {
  const signIn = (loginId: string, password: string) => call('/v1/auth/password/signin', '', { loginId, password })
  for (const { loginId, password, scheme } of passwords) {
    assert.equal((await signIn(loginId, password)).status, 200, `a password kept as ${scheme}`)
    if (scheme !== 'postern') assert.equal((await signIn(loginId, password)).status, 200, `${scheme} after its first use`)
  }
  assert.notEqual((await signIn(passwords[0]?.loginId ?? '', 'not this one')).status, 200, 'a wrong password')
  assert.notEqual((await signIn(disabled.loginId, disabled.password)).status, 200, 'who is disabled stays out')
  assert.notEqual((await call('/v1/auth/magiclink/verify', '', { token: spentToken })).status, 200, 'a spent link stays spent')
  assert.equal((await call('/v1/auth/magiclink/verify', '', { token: resetToken })).status, 200, 'a link that waits')
  assert.equal((await call('/v1/auth/otp/verify/email', '', code)).status, 200, 'a code that waits')
}

async function assertSessions(call: Call, { session, endedRefreshJwt, user }: Promises): Promise<void> {
  assert.equal((await call('/v1/auth/validate', session.sessionJwt, {})).status, 200, 'a session token')
  const refreshed = await call('/v1/auth/refresh', session.refreshJwt, {})
  assert.equal(refreshed.status, 200, 'a refresh token')
  const me = await call('/v1/auth/me', refreshed.body.refreshJwt || session.refreshJwt)
  assert.deepEqual([me.body.loginIds, me.body.name, me.body.customAttributes], [[user.loginId], user.name, user.customAttributes])
  assert.equal((await call('/v1/auth/refresh', endedRefreshJwt, {})).status, 401, 'an ended session stays ended')
}

async function assertKeys(call: Call, promises: Promises): Promise<void> {
  const exchanged = await call('/v1/auth/accesskey/exchange', promises.accessKey.cleartext, {})
  assert.equal(exchanged.status, 200, 'an access key')
  const claims = JSON.parse(Buffer.from(String(exchanged.body.sessionJwt).split('.')[1] ?? '', 'base64url').toString())
  assert.deepEqual(claims.tenants[promises.accessKey.tenantId].roles, [promises.accessKey.roleName])
  assert.equal((await call('/v1/auth/accesskey/exchange', promises.inactiveAccessKey, {})).status, 401, 'an inactive access key')
  const write = { name: 'by an auditor' }
  assert.equal((await call('/v1/mgmt/permission/create', promises.readOnlyKey, write)).status, 403, 'a key that only reads')
  assert.equal((await call('/v1/mgmt/permission/create', promises.managementKey, write)).status, 200, 'a management key')
}

async function assertAdministration(call: Call, promises: Promises): Promise<void> {
  const { tenantUser, templateName, managementKey } = promises
  const found = await call(`/v1/mgmt/user?loginId=${tenantUser.loginId}`, managementKey)
  const grants = found.body.user.userTenants.map((one: Answer) => [one.tenantId, one.roleNames])
  assert.deepEqual(grants, [[tenantUser.tenantId, tenantUser.roleNames]])
  const templates = await call('/v1/mgmt/message/template/list', managementKey, {})
  assert.ok(
    templates.body.templates.some((one: Answer) => one.name === templateName && one.active),
    'the active template',
  )
  const audit = await call('/v1/mgmt/audit/search', managementKey, {})
  assert.ok(audit.body.audits.length > 10, 'the audit trail')
}
