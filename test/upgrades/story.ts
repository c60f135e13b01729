import assert from 'node:assert/strict'
import { vectors } from '../../src/core/password/foreign/test-vectors.ts'
import { MessageRefused, type RenderedMail } from '../../src/core/ports.ts'
import type { Storage } from '../../src/core/storage.ts'
import { createKit, goodPassword, type Kit } from '../kit.ts'

/** What must hold of the rows of a fixture, whatever the schema is by then. Everything in it was made for tests. */
export interface Promises {
  /** When the rows were made, in seconds since the epoch. */
  readonly madeAt: number
  /** 32 bytes in base64url. */
  readonly masterKey: string
  readonly projectId: string
  readonly managementKey: string
  /** Who signs in with what; `scheme` is how the password is kept. */
  readonly passwords: readonly { readonly loginId: string; readonly password: string; readonly scheme: string }[]
  readonly disabled: { readonly loginId: string; readonly password: string }
  readonly session: { readonly loginId: string; readonly refreshJwt: string; readonly sessionJwt: string }
  readonly endedRefreshJwt: string
  readonly accessKey: { readonly cleartext: string; readonly tenantId: string; readonly roleName: string }
  readonly inactiveAccessKey: string
  readonly readOnlyKey: string
  readonly resetToken: string
  readonly spentToken: string
  readonly code: { readonly loginId: string; readonly code: string }
  /** Of the message that its sealed row opens to. */
  readonly waiting: { readonly to: string; readonly kind: string }
  readonly outboxStates: readonly string[]
  readonly user: { readonly loginId: string; readonly name: string; readonly customAttributes: Readonly<Record<string, unknown>> }
  readonly tenantUser: { readonly loginId: string; readonly tenantId: string; readonly roleNames: readonly string[] }
  readonly templateName: string
}

/** Schemes whose passwords the fixture holds, beside that of this program. */
const schemes = ['bcrypt', 'pbkdf2-sha256', 'firebase-scrypt', 'argon2id', 'md5', 'phpass']

const address = (name: string) => `${name}@example.com`

/** Lives in an empty database for a while, through the public interface, leaves rows in every table, and closes it. `afterwards` comes before the end. */
export async function live(
  storage: Storage,
  masterKey: Uint8Array,
  afterwards: (kit: Kit) => Promise<void> = async () => undefined,
): Promise<Promises> {
  const kit = await createKit(storage, {}, { masterKey })
  const people = await makePeople(kit)
  const access = await makeAccess(kit)
  const secrets = await askForSecrets(kit)
  await assert.rejects(kit.auth.api.importUsers(importOf(kit.projectId, false)), /broken off/)
  const template = { kind: 'password.reset', channel: 'email', name: 'house style' }
  const versions = { en: { subject: 'Reset', body: '<a href="{{ link }}">Reset</a>' } }
  const made = await ask(kit.manage('/v1/mgmt/message/template/create', { body: { ...template, versions } }))
  await ask(kit.manage('/v1/mgmt/message/template/activate', { body: { id: made.template.id } }))
  await kit.auth.api.rotateSigningKey({ projectId: kit.projectId })
  await kit.call('/v1/auth/password/signin', { body: { loginId: address('ada'), password: 'not this one' } })
  // As a process that was killed leaves it.
  await storage.leases.take('fixture', 'process', 30)
  const { waiting, close } = await sendMessages(storage, kit, masterKey)
  const states = (await storage.outbox.list({ limit: 200 })).map(({ state }) => state)
  await afterwards(kit)
  await close()
  return {
    ...{ madeAt: kit.clock.nowSeconds(), masterKey: Buffer.from(masterKey).toString('base64url') },
    ...{ projectId: kit.projectId, managementKey: kit.managementKey },
    ...people,
    ...access,
    ...secrets,
    ...{ waiting, outboxStates: [...new Set(states)].toSorted(), templateName: template.name },
  }
}

/** An import of three users in batches of one, whole or broken off after the first. */
export function importOf(projectId: string, isWhole: boolean) {
  const lines = ['one', 'two', 'three'].map((name) => `${address(`imported-${name}`)},Imported`)
  async function* source(): AsyncGenerator<Uint8Array> {
    yield Buffer.from(['loginId,name', ...lines, ''].join('\n'))
  }
  const onProgress = () => {
    if (!isWhole) throw new Error('broken off')
  }
  return { projectId, from: 'csv', fingerprint: 'fixture', recordsPerBatch: 1, source: source(), onProgress }
}

async function ask(answer: ReturnType<Kit['call']>) {
  const { status, body, text } = await answer
  assert.equal(status, 200, text)
  return body
}

async function makePeople(kit: Kit) {
  await ask(kit.manage('/v1/mgmt/user/customattribute/create', { body: { attributes: [{ name: 'plan', type: 1 }] } }))
  const ada = await kit.signUp(address('ada'))
  const user = { loginId: address('ada'), name: 'Ada Ünal', customAttributes: { plan: 'gold' } }
  const change = { loginId: user.loginId, displayName: user.name, customAttributes: user.customAttributes, email: user.loginId }
  await ask(kit.manage('/v1/mgmt/user/update', { body: { ...change, verifiedEmail: true } }))
  kit.clock.advance(60)
  const session = await ask(kit.call('/v1/auth/refresh', { token: ada.refreshJwt, body: {} }))
  // A password with a history.
  const bob = await kit.signUp(address('bob'))
  await ask(
    kit.call('/v1/auth/password/update', { token: bob.refreshJwt, body: { loginId: address('bob'), newPassword: `${goodPassword}2` } }),
  )
  const ended = await ask(kit.call('/v1/auth/password/signin', { body: { loginId: address('bob'), password: `${goodPassword}2` } }))
  await ask(kit.call('/v1/auth/logout', { token: ended.refreshJwt, body: {} }))
  await kit.signUp(address('disabled'))
  await kit.auth.api.setUserStatus({ projectId: kit.projectId, loginId: address('disabled'), status: 'disabled' })
  const foreign = schemes.map((scheme) => {
    const vector = vectors.find((one) => one.scheme === scheme)
    if (!vector) throw new Error(`There is no hash of ${scheme}`)
    return { loginId: address(scheme), password: vector.password, scheme, hashedPassword: vector.wire }
  })
  const users = foreign.map(({ loginId, hashedPassword }) => ({ loginId, hashedPassword }))
  const batch = await ask(kit.manage('/v1/mgmt/user/create/batch', { body: { users } }))
  assert.equal(batch.createdUsers.length, schemes.length)
  const own = { password: goodPassword, scheme: 'postern' }
  return {
    user,
    session: { loginId: user.loginId, refreshJwt: session.refreshJwt || ada.refreshJwt, sessionJwt: session.sessionJwt },
    endedRefreshJwt: ended.refreshJwt,
    disabled: { loginId: address('disabled'), password: goodPassword },
    passwords: [
      { loginId: address('ada'), ...own },
      { loginId: address('bob'), ...own, password: `${goodPassword}2` },
      ...foreign.map(({ loginId, password, scheme }) => ({ loginId, password, scheme })),
    ],
  }
}

async function makeAccess(kit: Kit) {
  await ask(kit.manage('/v1/mgmt/permission/create', { body: { name: 'read books' } }))
  const tenant = await ask(
    kit.manage('/v1/mgmt/tenant/create', { body: { name: 'Library', selfProvisioningDomains: ['library.example'] } }),
  )
  await ask(kit.manage('/v1/mgmt/role/create', { body: { name: 'reader', permissionNames: ['read books'] } }))
  await ask(kit.manage('/v1/mgmt/role/create', { body: { name: 'keeper', tenantId: tenant.id } }))
  await kit.signUp(address('carol'))
  const userTenants = [{ tenantId: tenant.id, roleNames: ['keeper'] }]
  await ask(kit.manage('/v1/mgmt/user/update/tenant/add', { body: { loginId: address('carol'), tenantId: tenant.id } }))
  await ask(kit.manage('/v1/mgmt/user/update/role/add', { body: { loginId: address('carol'), ...userTenants[0] } }))
  await ask(kit.manage('/v1/mgmt/user/update/role/add', { body: { loginId: address('carol'), roleNames: ['reader'] } }))
  const keyTenants = [{ tenantId: tenant.id, roleNames: ['keeper'] }]
  const key = await ask(kit.manage('/v1/mgmt/accesskey/create', { body: { name: 'shelf robot', keyTenants } }))
  const inactive = await ask(kit.manage('/v1/mgmt/accesskey/create', { body: { name: 'old robot' } }))
  await ask(kit.manage('/v1/mgmt/accesskey/deactivate', { body: { id: inactive.key.id } }))
  const rights = { isReadOnly: true }
  const { cleartext } = await kit.auth.api.createManagementKey({ projectId: kit.projectId, name: 'auditor', rights })
  return {
    accessKey: { cleartext: key.cleartext, tenantId: tenant.id, roleName: 'keeper' },
    inactiveAccessKey: inactive.cleartext,
    readOnlyKey: cleartext,
    tenantUser: { loginId: address('carol'), tenantId: tenant.id, roleNames: ['keeper'] },
  }
}

/** One-time secrets: one of each kind that is still good, and one that is spent. */
async function askForSecrets(kit: Kit) {
  await kit.signUp(address('dora'), goodPassword, { isVerified: false })
  const spentToken = await kit.linkToken(address('dora'), 'email.verify')
  await ask(kit.call('/v1/auth/magiclink/verify', { body: { token: spentToken } }))
  await ask(kit.call('/v1/auth/password/reset', { body: { loginId: address('dora') } }))
  const resetToken = await kit.linkToken(address('dora'), 'password.reset')
  await kit.signUp(address('emil'))
  await ask(kit.call('/v1/auth/otp/signin/email', { body: { loginId: address('emil') } }))
  const mail = (await kit.mails()).find(({ to, kind }) => to === address('emil') && kind.startsWith('otp'))
  return { resetToken, spentToken, code: { loginId: address('emil'), code: mail?.code ?? '' } }
}

/** Messages that were sent, refused for good, and put off, by a server that sends. */
async function sendMessages(storage: Storage, kit: Kit, masterKey: Uint8Array) {
  const waiting = { to: address('later'), kind: 'email.verify' }
  const mailTransport = {
    async send({ to }: RenderedMail) {
      if (to === address('gone')) throw new MessageRefused('no such mailbox', true)
      if (to === waiting.to) throw new MessageRefused('come again', false, 60)
    },
  }
  const sending = await createKit(storage, {}, { masterKey, clock: kit.clock, mailTransport })
  for (const name of ['sent', 'gone', 'later']) {
    await ask(
      sending.call('/v1/auth/password/signup', { projectId: kit.projectId, body: { loginId: address(name), password: goodPassword } }),
    )
  }
  sending.auth.start()
  const states = async () => new Map((await storage.outbox.list({ limit: 200 })).map(({ state, attempts }) => [state, attempts]))
  for (let seen = await states(); !(seen.has('sent') && seen.has('failed') && seen.get('pending') === 1); seen = await states()) {
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
  return { waiting, close: sending.auth.close }
}
