import assert from 'node:assert/strict'
import { decodeJwt } from 'jose'
import { goodPassword, type Json, type Kit, onEveryDatabase } from '../../../test/kit.ts'

const loginId = 'Ada@Acme.Example'
const address = 'ada@acme.example'

async function make(kit: Kit, path: string, body: object): Promise<void> {
  const answer = await kit.manage(`/v1/mgmt/${path}`, { body })
  assert.equal(answer.status, 200, answer.text)
}

const tenant = (kit: Kit, id: string, facts: object = {}) =>
  make(kit, 'tenant/create', { id, name: id, selfProvisioningDomains: ['acme.example'], ...facts })

async function userOf(kit: Kit): Promise<Json> {
  const found = await kit.auth.deps.storage.users.byLoginId(kit.projectId, address)
  assert.ok(found)
  return { ...found, tenantIds: found.tenants.map(({ tenantId }) => tenantId), roleNames: found.roles.map(({ name }) => name) }
}

const signUp = (kit: Kit) => kit.signUp(loginId, goodPassword, { isVerified: false })
const mailed = async (kit: Kit, kind: string) => {
  const mail = (await kit.mails()).find((one) => one.kind === kind && one.to.toLowerCase() === address)
  return new URL(mail?.link ?? '').searchParams.get('t') ?? ''
}
const redeem = async (kit: Kit, token: string): Promise<Json> => (await kit.call('/v1/auth/magiclink/verify', { body: { token } })).body

async function form(kit: Kit, path: string, fields: Record<string, string>): Promise<number> {
  const request = new Request(`http://127.0.0.1:8787${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: new URLSearchParams(fields),
  })
  return (await kit.auth.handler(request, { remoteAddress: '127.0.0.1' })).status
}

onEveryDatabase(
  'who proves an address comes into the tenants of its domain, with the roles that they give; before that nobody does',
  async (kit) => {
    await make(kit, 'role/create/batch', { roles: [{ name: 'member' }, { name: 'guest' }] })
    await tenant(kit, 'acme', { defaultRoles: ['member'] })
    await make(kit, 'role/create', { name: 'local', tenantId: 'acme', default: true })
    await tenant(kit, 'other', { selfProvisioningDomains: ['other.example', 'sub.acme.example', 'example'] })
    const signedUp = await signUp(kit)
    assert.deepEqual([signedUp.user.userTenants, decodeJwt(signedUp.sessionJwt).tenants], [[], {}])
    const { sessionJwt, user } = await redeem(kit, await mailed(kit, 'email.verify'))
    const { tenants, dct } = decodeJwt(sessionJwt)
    assert.deepEqual([tenants, dct], [{ acme: { roles: ['local', 'member'] } }, 'acme'])
    assert.deepEqual(user.userTenants, [{ tenantId: 'acme', tenantName: 'acme', roleNames: ['local', 'member'], permissions: [] }])
    assert.deepEqual((await userOf(kit)).tenantIds, ['acme'])
    const query = { types: ['tenant.join'], limit: 5 }
    const [event] = await kit.auth.deps.storage.events.forUser(kit.projectId, user.userId, query)
    assert.deepEqual([event?.actorId, event?.data], [user.userId, { tenantIds: ['acme'] }])
  },
)

onEveryDatabase('our own pages bring their users in too', async (kit) => {
  await tenant(kit, 'acme')
  await signUp(kit)
  assert.equal(await form(kit, `/verify/${kit.projectId}`, { t: await mailed(kit, 'email.verify') }), 200)
  assert.deepEqual((await userOf(kit)).tenantIds, ['acme'])
  await tenant(kit, 'later')
  await kit.call('/v1/auth/password/reset', { body: { loginId } })
  const fields = { t: await mailed(kit, 'password.reset'), password: 'another good passphrase 2' }
  assert.equal(await form(kit, `/reset/${kit.projectId}`, fields), 200)
  assert.deepEqual((await userOf(kit)).tenantIds, ['acme', 'later'])
})

onEveryDatabase('a tenant that is closed or has switched it off takes nobody in, and who is in gets nothing new', async (kit) => {
  await make(kit, 'role/create', { name: 'member' })
  await tenant(kit, 'acme')
  await tenant(kit, 'disabled', { disabled: true })
  await tenant(kit, 'single', { enforceSSO: true })
  await tenant(kit, 'off')
  await make(kit, 'tenant/settings', { tenantId: 'off', JITDisabled: true })
  const { user } = await signUp(kit)
  await kit.auth.deps.storage.grants.join(kit.projectId, user.userId, 'acme')
  await make(kit, 'tenant/updateDefaultRoles', { id: 'acme', defaultRoles: ['member'] })
  const { sessionJwt } = await redeem(kit, await mailed(kit, 'email.verify'))
  assert.deepEqual(decodeJwt(sessionJwt).tenants, { acme: {} })
  const { tenantIds, roleNames } = await userOf(kit)
  assert.deepEqual([tenantIds, roleNames], [['acme'], []])
})

onEveryDatabase('MG-04: nothing that a user says of themselves brings them into a tenant', async (kit) => {
  await tenant(kit, 'acme')
  const details = { email: address, tenants: ['acme'], userTenants: [{ tenantId: 'acme' }], verifiedEmail: true }
  const body = { loginId: 'somebody', password: goodPassword, user: details, loginOptions: { tenantId: 'acme' }, tenantId: 'acme' }
  const { body: answer } = await kit.call('/v1/auth/password/signup', { body })
  assert.deepEqual([answer.user.userTenants, decodeJwt(answer.sessionJwt).tenants], [[], {}])
  const again = { loginId: 'somebody', password: goodPassword, loginOptions: { tenantId: 'acme' } }
  const signedIn = await kit.call('/v1/auth/password/signin', { body: again })
  assert.deepEqual(decodeJwt(signedIn.body.sessionJwt).tenants, {})
})
