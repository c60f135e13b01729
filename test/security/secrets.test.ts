import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { test } from 'node:test'
import type { JWK } from 'jose'
import { createSealer, digest } from '../../src/core/secrets.ts'
import { createLog } from '../../src/logging/pino.ts'
import { openMessage } from '../../src/mail/sealed-message.ts'
import { openStorage } from '../../src/storage/open.ts'
import { type DatabaseKind, databases, type TestDatabase } from '../databases.ts'
import { type Answer, createKit, type Json, type Kit } from '../kit.ts'
import { dumpOf, formsOf, tamper } from './dump.ts'
import { failingStorage } from './failing-storage.ts'

const loginId = 'canary.address@canary-domain.example'
const firstPassword = 'canary password, the first 1'
const secondPassword = 'canary password, the second 2'
const thirdPassword = 'canary password, the third 3'
const wrongPassword = 'canary password, a wrong one 4'
const form = { 'content-type': 'application/x-www-form-urlencoded' }

/** Everything that bears rights or names a person, as it turned up in the flows. */
interface Canaries {
  readonly secrets: Set<string>
  readonly answers: Answer[]
}

async function onOwnDatabase(database: DatabaseKind, run: (opened: TestDatabase) => Promise<void>): Promise<void> {
  const opened = await database.open()
  try {
    await run(opened)
  } finally {
    await opened.close()
  }
}

/** Drives every operation, right and wrong, and collects what must not be found afterwards. */
async function runFlows(kit: Kit): Promise<Canaries> {
  const secrets = new Set([firstPassword, secondPassword, thirdPassword, wrongPassword, kit.managementKey.split('.')[1] ?? ''])
  const answers: Answer[] = []
  const keep = (answer: Answer): Json => {
    answers.push(answer)
    for (const name of ['sessionJwt', 'refreshJwt']) {
      const token: unknown = answer.body?.[name]
      if (typeof token !== 'string' || token === '') continue
      for (const secret of [token, token.split('.')[2] ?? '']) secrets.add(secret)
    }
    return answer.body
  }
  const link = async (kind: string) => {
    const token = await kit.linkToken(loginId, kind)
    secrets.add(token.split('.')[1] ?? '')
    return token
  }
  const call = async (path: string, body?: object, token?: string) =>
    keep(await kit.call(path, { ...(body ? { body } : {}), ...(token ? { token } : {}) }))
  const raw = async (path: string, body: string, headers: Record<string, string> = {}) => keep(await kit.call(path, { body, headers }))

  await kit.set({ project: { rotateJwt: true } })
  await call('/v1/auth/password/signup', { loginId, password: 'q!x' })
  const signedUp = await call('/v1/auth/password/signup', { loginId, password: firstPassword, user: { name: 'Ada' } })
  await call('/v1/auth/password/signup', { loginId, password: firstPassword })
  await call('/v1/auth/magiclink/verify', { token: await link('email.verify') })
  await call('/v1/auth/password/signin', { loginId, password: wrongPassword })
  await call('/v1/auth/password/signin', { loginId: 'nobody@canary-domain.example', password: wrongPassword })
  const signedIn = await call('/v1/auth/password/signin', { loginId, password: firstPassword })
  await call('/v1/auth/password/reset', { loginId })
  await call('/v1/auth/password/reset', { loginId, redirectUrl: `https://evil.example/?x=${firstPassword}` })
  const t = await link('password.reset')
  await call('/v1/auth/magiclink/verify', { token: `${t.slice(0, -3)}AAA` })
  await call(`/reset/${kit.projectId}?t=${t}`)
  await raw(`/reset/${kit.projectId}`, new URLSearchParams({ t, password: 'q!x' }).toString(), form)
  await raw(`/reset/${kit.projectId}`, new URLSearchParams({ t, password: secondPassword }).toString(), form)
  await call('/v1/auth/refresh', {}, signedUp.refreshJwt)
  await call('/v1/auth/password/replace', { loginId, oldPassword: wrongPassword, newPassword: thirdPassword })
  const replaced = await call('/v1/auth/password/replace', { loginId, oldPassword: secondPassword, newPassword: thirdPassword })
  await call('/v1/auth/password/update', { loginId, newPassword: loginId }, replaced.refreshJwt)
  await call('/v1/auth/password/update', { loginId: 'nobody@canary-domain.example', newPassword: firstPassword }, replaced.refreshJwt)
  await call('/v1/auth/password/update', { loginId, newPassword: firstPassword }, replaced.refreshJwt)
  const refreshed = await call('/v1/auth/refresh', {}, replaced.refreshJwt)
  kit.clock.advance(20)
  await call('/v1/auth/refresh', {}, replaced.refreshJwt)
  await call('/v1/auth/me', undefined, refreshed.refreshJwt)
  await call('/v1/auth/validate', {}, signedIn.sessionJwt)
  await call('/v1/auth/logout', {}, refreshed.refreshJwt)
  for (const secret of await passwordlessFlows(kit, call)) secrets.add(secret)
  await call('/v1/mgmt/license', undefined, kit.managementKey)
  await call('/v1/mgmt/license', undefined, `${kit.managementKey.slice(0, -2)}AA`)
  await raw('/v1/auth/password/signin', `{"loginId":"${loginId}","password":"${firstPassword}`)
  await raw('/v1/auth/password/signin', JSON.stringify({ loginId: [loginId], password: { $ne: firstPassword } }))
  await raw('/v1/auth/password/signin', `password=${firstPassword}`, form)
  await call(`/v1/auth/nothing/${encodeURIComponent(firstPassword)}?token=${t}&email=${loginId}`)
  await call(`/verify/${encodeURIComponent(loginId)}?t=${t}`)
  for (const session of [signedUp, signedIn, replaced, refreshed]) assert.ok(session.refreshJwt, 'the flows went as they should')
  return { secrets, answers }
}

/** Makes and redeems every other kind of secret, rightly and wrongly; answers what must not be found. */
async function passwordlessFlows(kit: Kit, call: (path: string, body?: object, token?: string) => Promise<Json>): Promise<string[]> {
  const { managementKey: key, projectId } = kit
  const name = 'canary-test@canary-domain.example'
  const { user } = await call('/v1/mgmt/auth/signup', { loginId: name }, key)
  await kit.auth.deps.storage.users.update(projectId, user.userId, { isTest: true })
  const generate = (what: string) => call(`/v1/mgmt/tests/generate/${what}`, { loginId: name, deliveryMethod: 'email' }, key)
  const tokenOf = (link: string) => link.split('?t=')[1] ?? ''
  const { link: magic } = await generate('magiclink')
  const { link: enchanted, pendingRef } = await generate('enchantedlink')
  const { token: embedded } = await call('/v1/mgmt/user/signin/embeddedlink', { loginId: name }, key)
  for (const token of [`${tokenOf(magic).slice(0, -3)}AAA`, tokenOf(enchanted), tokenOf(magic), embedded, embedded]) {
    await call('/v1/auth/magiclink/verify', { token })
  }
  await call('/v1/auth/enchantedlink/pending-session', { pendingRef })
  await call('/v1/auth/enchantedlink/verify', { token: tokenOf(enchanted) })
  await call('/v1/auth/enchantedlink/pending-session', { pendingRef: `${pendingRef.slice(0, -3)}AAA` })
  const session = await call('/v1/auth/enchantedlink/pending-session', { pendingRef })
  assert.ok(session.refreshJwt, 'the flows went as they should')
  await call('/v1/mgmt/jwt/update', { jwt: session.refreshJwt, customClaims: { a: 1 } }, key)
  await call('/v1/mgmt/user/password/set/active', { loginId: name, password: thirdPassword }, key)
  await call('/v1/mgmt/user/password/set/temporary', { loginId: name, password: 'q!x' }, key)
  return [tokenOf(magic), tokenOf(enchanted), pendingRef, embedded].map((token) => token.split('.')[1] ?? '')
}

function assertAbsent(where: string, text: string, secrets: Iterable<string>): void {
  for (const secret of secrets) {
    for (const shape of formsOf(secret)) assert.ok(!text.includes(shape), `${where} holds ${secret.slice(0, 12)}…`)
  }
}

for (const database of databases) {
  test(`IN-07: no secret and no address in logs at debug level, error bodies and figures [${database.name}]`, () =>
    onOwnDatabase(database, async (opened) => {
      const written: string[] = []
      const log = createLog({ level: 'debug', destination: { write: (line) => void written.push(line) } })
      const failing = failingStorage(opened.storage)
      const kit = await createKit(failing.storage, {}, { log })
      const { secrets, answers } = await runFlows(kit)
      const [session] = answers.filter(({ body }) => body?.refreshJwt)
      for (const name of [
        'users.forSignIn',
        'events.insert',
        'users.byLoginId',
        'sessions.withUser',
        'challenges.byId',
        'credentials.get',
      ]) {
        kit.clock.advance(1000)
        failing.fail(name)
        for (const [path, body] of [
          ['/v1/auth/password/signin', { loginId, password: firstPassword }],
          ['/v1/auth/password/reset', { loginId }],
          ['/v1/auth/refresh', {}],
          ['/v1/auth/magiclink/verify', { token: `C${'0'.repeat(27)}.${'A'.repeat(43)}` }],
        ] as const) {
          answers.push(await kit.call(path, { body, ...(path.endsWith('refresh') ? { token: session?.body.refreshJwt } : {}) }))
        }
        failing.fail()
      }
      assert.ok(
        answers.some(({ status }) => status === 500),
        'there was a 500',
      )
      const logged = written.join('')
      assert.match(logged, /"event":"http.failed"/)
      const lines = logged.trimEnd().split('\n')
      for (const line of lines) JSON.parse(line)
      assert.equal(lines.filter((line) => line.includes('"event":"http.request"')).length, answers.length)

      const { text: figures } = await kit.auth.deps.metrics.render()
      const errors = answers.filter(({ status }) => status >= 400).map(({ text, headers }) => `${text}${JSON.stringify([...headers])}`)
      const addresses = [loginId, 'nobody@canary-domain.example', 'canary-domain']
      assertAbsent('the log', logged, [...secrets, ...addresses])
      assertAbsent('the figures', figures, [...secrets, ...addresses])
      assertAbsent('an error body', errors.join('\n'), [...secrets, ...addresses])
      assert.doesNotMatch(logged, /eyJ[\w-]+\.|[A-Z]{1,2}[0-9A-Za-z]{27}\.[\w-]{43}/)
    }))

  test(`RC-02, CR-01: nothing in the database is usable as it is [${database.name}]`, () =>
    onOwnDatabase(database, async (opened) => {
      const kit = await createKit(opened.storage)
      const { secrets } = await runFlows(kit)
      await kit.call('/v1/auth/password/reset', { body: { loginId } })
      const pending = await kit.linkToken(loginId, 'password.reset')
      const fresh = await kit.call('/v1/auth/password/signin', { body: { loginId, password: firstPassword } })
      assert.equal(fresh.status, 200)
      secrets
        .add(pending.split('.')[1] ?? '')
        .add(fresh.body.refreshJwt)
        .add(fresh.body.sessionJwt)
      const [record] = await opened.storage.signingKeys.list(kit.projectId)
      const key = JSON.parse(kit.auth.deps.sealer.open(`signingKey/${kit.projectId}/${record?.id}`, record?.sealedPrivateJwk ?? '')) as JWK
      const privateParts = [key.d, key.p, key.q, key.dp, key.dq, key.qi].map((part) => part ?? '')
      assert.ok(privateParts.every((part) => part.length > 40))

      const dump = await dumpOf(opened)
      assert.ok(dump.includes(kit.projectId) && dump.includes(key.n ?? '-'), 'the dump is one')
      assert.ok(dump.includes(digest(pending.split('.')[1] ?? '')), 'it holds the digest of the link')
      assert.ok(dump.includes(loginId), 'addresses of users are data and in clear')
      assertAbsent('the dump', dump, [...secrets, ...privateParts, `/reset/${kit.projectId}?t=`])
      assert.doesNotMatch(dump, /BEGIN [A-Z ]*PRIVATE KEY|"d":/)
    }))

  test(`CR-01: sealed signing keys that changed places sign nothing, and say so [${database.name}]`, () =>
    onOwnDatabase(database, async (opened) => {
      const kit = await createKit(opened.storage)
      const other = await kit.auth.api.createProject({ name: 'Other' })
      await kit.signUp(loginId, firstPassword)
      const [mine] = await opened.storage.signingKeys.list(kit.projectId)
      const [theirs] = await opened.storage.signingKeys.list(other.projectId)
      const put = (sealed: string, id: string) => `update signing_keys set sealed_private_jwk = '${sealed}' where id = '${id}'`
      await tamper(opened, [put(theirs?.sealedPrivateJwk ?? '', mine?.id ?? ''), put(mine?.sealedPrivateJwk ?? '', theirs?.id ?? '')])

      const again = await openStorage({ database: opened.url })
      const restarted = await createKit(again)
      for (const { projectId } of [kit, other]) {
        const signIn = await restarted.call('/v1/auth/password/signup', {
          projectId,
          body: { loginId: 'new@example.com', password: firstPassword },
        })
        assert.deepEqual([signIn.status, signIn.body.errorCode], [500, 'E130500'])
        assert.doesNotMatch(signIn.text, /Jwt/)
        assert.equal((await restarted.call(`/v2/keys/${projectId}`)).status, 500)
        assert.equal(await again.users.byLoginId(projectId, 'new@example.com'), undefined, 'no half of it stays')
      }
      assert.ok(restarted.log.lines.some(({ level }) => level === 'error'))
      await again.close()
    }))

  test(`CR-01: sealed mails that changed places are not shown and not sent [${database.name}]`, () =>
    onOwnDatabase(database, async (opened) => {
      const kit = await createKit(opened.storage)
      for (const id of ['a@example.com', 'b@example.com']) await kit.signUp(id, firstPassword)
      const [one, two] = await opened.storage.outbox.list({ limit: 2 })
      if (!one || !two) throw new Error('No mails')
      const put = (sealed: string, id: string) => `update outbox set sealed_content = '${sealed}' where id = '${id}'`
      await tamper(opened, [put(two.sealedContent, one.id), put(one.sealedContent, two.id)])
      for (const record of await opened.storage.outbox.list({ limit: 2 })) assert.throws(() => openMessage(kit.auth.deps.sealer, record))
      assert.deepEqual(await kit.mails(), [])
    }))

  test(`CR-02: another master key does not start, and leaves everything as it was [${database.name}]`, () =>
    onOwnDatabase(database, async (opened) => {
      const kit = await createKit(opened.storage)
      await kit.signUp(loginId, firstPassword)
      const masterKey = randomBytes(32)
      const before = await dumpOf(opened)
      await assert.rejects(createKit(await openStorage({ database: opened.url }), {}, { masterKey }), (error: Error) => {
        assert.match(error.message, /masterKeyFile/)
        assertAbsent('the message', error.message, [masterKey.toString('base64url'), masterKey.toString('hex')])
        return true
      })
      if (database.name === 'postgres') assert.equal(await dumpOf(opened), before)
      assert.equal((await kit.call('/v1/auth/password/signin', { body: { loginId, password: firstPassword } })).status, 200)
    }))
}

test('CR-01: two seals of one value differ, and a seal opens in its own place, under its own key and unchanged only', () => {
  const random = { bytes: (length: number) => randomBytes(length) }
  const key = randomBytes(32)
  const sealer = createSealer(key, random)
  const seals = new Set(Array.from({ length: 1000 }, () => sealer.seal('place/1', 'the value')))
  assert.equal(seals.size, 1000)
  const [sealed = ''] = seals
  assert.equal(createSealer(key, random).open('place/1', sealed), 'the value')
  assert.throws(() => sealer.open('place/2', sealed))
  assert.throws(() => createSealer(randomBytes(32), random).open('place/1', sealed))
  const [version = '', keyId = '', text = ''] = sealed.split('.')
  const bytes = Buffer.from(text, 'base64url')
  for (const [index, byte] of bytes.entries()) {
    const changed = Buffer.from(bytes)
    changed.writeUInt8(byte ^ 1, index)
    assert.throws(() => sealer.open('place/1', `${version}.${keyId}.${changed.toString('base64url')}`), `byte ${index}`)
  }
  for (const broken of [
    '',
    'v1',
    `v1.${keyId}.`,
    `v1.${keyId}.AAAA`,
    `v2.${keyId}.${text}`,
    `v1.other.${text}`,
    `${sealed.slice(0, -8)}`,
  ]) {
    assert.throws(() => sealer.open('place/1', broken), broken)
  }
  for (const size of [0, 16, 31, 33, 64]) assert.throws(() => createSealer(randomBytes(size), random), /32 bytes/)
})
