import assert from 'node:assert/strict'
import { createKit, goodPassword, type Kit, onEveryDatabase } from '../../../test/kit.ts'
import { processorMilliseconds } from '../../../test/processor-time.ts'
import { newPasswordCredential, originOf, passwordKind, readPassword } from '../../core/password/credential.ts'
import { vectors } from '../../core/password/foreign/test-vectors.ts'
import { storedHashOf } from '../../core/password/hashed-password.ts'

/** Users who came with a password hash of another system. */

let count = 0

/** Makes a user with a stored hash, which is not checked. */
async function importUser({ auth, projectId }: Kit, hash: string): Promise<{ loginId: string; userId: string }> {
  const loginId = `imported${count++}@example.com`
  const origin = originOf(auth.deps.hasher, hash)
  const { user } = await auth.api.createUser({ projectId, loginId, isEmailVerified: true })
  const now = auth.deps.clock.nowSeconds()
  await auth.deps.storage.credentials.insert(newPasswordCredential({ projectId, userId: user.id, hash, origin, now }))
  return { loginId, userId: user.id }
}

const rowOf = ({ auth, projectId }: Kit, userId: string) => auth.deps.storage.credentials.get(projectId, userId, passwordKind, '')
const signIn = (kit: Kit, loginId: string, password: string) => kit.call('/v1/auth/password/signin', { body: { loginId, password } })
const ownHash = /^\$argon2id\$v=19\$m=19456,t=2,p=1\$/

const schemes = [
  'bcrypt',
  'argon2i',
  'pbkdf2-sha1',
  'pbkdf2-sha256',
  'scrypt',
  'firebase-scrypt',
  'phpass',
  'drupal',
  'md5',
  'sha256-salted',
]
const imported = schemes.map((scheme) => {
  const vector = vectors.find((one) => one.scheme === scheme)
  if (!vector) throw new Error(`No vector of ${scheme}`)
  return { scheme, password: vector.password, hash: storedHashOf(vector.wire) }
})

onEveryDatabase('PW-02: a wrong password leaves an imported hash as it is, the right one makes it Argon2id, once', async (kit) => {
  for (const { scheme, password, hash } of imported) {
    const { loginId, userId } = await importUser(kit, hash)
    const before = await rowOf(kit, userId)
    assert.deepEqual([before?.origin, before?.isForeign], [scheme, true])
    const wrong = await signIn(kit, loginId, `${password}x`)
    assert.deepEqual([wrong.status, wrong.body.errorCode], [401, 'E062903'])
    assert.deepEqual(await rowOf(kit, userId), before, scheme)

    assert.equal((await signIn(kit, loginId, password)).status, 200, scheme)
    const after = await rowOf(kit, userId)
    assert.match(readPassword(after)?.hash ?? '', ownHash)
    assert.deepEqual([after?.origin, after?.isForeign, after?.version], [scheme, false, 2])
    assert.equal(readPassword(after)?.serial, 1, 'the same password')
    assert.equal((await signIn(kit, loginId, password)).status, 200)
    assert.deepEqual(await rowOf(kit, userId), after)
  }
})

onEveryDatabase('PW-02: whatever a first sign-in races with, the changed password wins', async (kit) => {
  const hash = '{SHA}L55TUjtiq8FBorTWAZ0jy6g129A='
  for (let i = 0; i < 6; i++) {
    const { loginId, userId } = await importUser(kit, hash)
    const [old] = await Promise.all([
      signIn(kit, loginId, 'correct horse'),
      kit.auth.api.setPassword({ projectId: kit.projectId, loginId, password: goodPassword }),
      signIn(kit, loginId, 'correct horse'),
    ])
    assert.ok([200, 401].includes(old.status), old.text)
    const row = await rowOf(kit, userId)
    assert.deepEqual([readPassword(row)?.serial, row?.isForeign], [2, false])
    assert.equal((await signIn(kit, loginId, 'correct horse')).status, 401)
    assert.equal((await signIn(kit, loginId, goodPassword)).status, 200)
  }
})

onEveryDatabase('PW-11: rows that are malformed or beyond the bounds answer like a wrong password, within a second', async (kit) => {
  for (const hash of [
    '$2b$31$N9qo8uLOickgx2ZMRZoMyeIjZAgcfl7p92ldGxad68LJZdL17lhWy',
    '$argon2id$v=19$m=4194304,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA',
    '$pbkdf2-sha512$i=1000000000$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA',
    '$scrypt$ln=30,r=8,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA',
    '$argon2id$nonsense',
    '$1$salt$qJH7.N4xYta3aEG/dfqo/0',
  ]) {
    const { loginId, userId } = await importUser(kit, hash)
    const before = await rowOf(kit, userId)
    const start = processorMilliseconds()
    const { status, body } = await signIn(kit, loginId, 'correct horse')
    assert.ok(processorMilliseconds() - start < 1000)
    assert.deepEqual([status, body.errorCode], [401, 'E062903'])
    assert.deepEqual(await rowOf(kit, userId), before)
  }
})

onEveryDatabase('PW-02: an imported password serves as the old one, and is remembered', async (kit) => {
  await kit.set({ password: { reuse: true, reuseAmount: 3 } })
  const { loginId, userId } = await importUser(kit, '{SHA}L55TUjtiq8FBorTWAZ0jy6g129A=')
  const replace = (oldPassword: string, newPassword: string) =>
    kit.call('/v1/auth/password/replace', { body: { loginId, oldPassword, newPassword } })
  assert.equal((await replace('wrong horse', goodPassword)).body.errorCode, 'E062903')
  assert.equal((await replace('correct horse', 'correct horse')).body.errorCode, 'E062905')
  assert.equal((await replace('correct horse', goodPassword)).status, 200)
  const row = await rowOf(kit, userId)
  assert.match(readPassword(row)?.hash ?? '', ownHash)
  assert.deepEqual([row?.origin, row?.isForeign], ['sha1', false])
  assert.equal((await replace(goodPassword, 'correct horse')).body.errorCode, 'E062905')
})

onEveryDatabase('imported passwords are counted by what they came with: done, and left', async (kit) => {
  const counts = async () => (await kit.call('/v1/mgmt/password/hashes', { token: kit.managementKey })).body
  assert.deepEqual(await counts(), { imported: 0, rehashed: 0, left: 0, hashes: [] })
  const own = await kit.auth.deps.hasher.hash(goodPassword, {
    signal: new AbortController().signal,
    source: { ip: '', userAgent: '', isTrusted: true },
  })
  await importUser(kit, own)
  await kit.signUp('own@example.com')
  const { loginId } = await importUser(kit, '{SHA}L55TUjtiq8FBorTWAZ0jy6g129A=')
  await importUser(kit, '{SHA}L55TUjtiq8FBorTWAZ0jy6g129A=')
  await importUser(kit, '{MD5}PLTnMmMfR+brlh80VUt83g==')
  await signIn(kit, loginId, 'correct horse')
  const hashes = [
    { origin: 'md5', imported: 1, rehashed: 0, left: 1 },
    { origin: 'sha1', imported: 2, rehashed: 1, left: 1 },
  ]
  assert.deepEqual(await counts(), { imported: 3, rehashed: 1, left: 2, hashes })
  assert.deepEqual(await kit.auth.api.importedPasswords({ projectId: kit.projectId }), hashes)
  const other = await createKit(kit.auth.deps.storage)
  assert.equal((await other.call('/v1/mgmt/password/hashes', { token: other.managementKey })).body.imported, 0, 'JW-08')

  const figure = async (name: string) => {
    const { text } = await kit.auth.deps.metrics.render()
    return Number(new RegExp(`^postern_passwords_imported\\{${name}\\} (\\d+)$`, 'm').exec(text)?.[1])
  }
  const before = await figure('origin="md5",state="left"')
  assert.ok(before >= 1)
  await importUser(kit, '{MD5}PLTnMmMfR+brlh80VUt83g==')
  kit.clock.advance(59)
  assert.equal(await figure('origin="md5",state="left"'), before, 'not counted again within a minute')
  kit.clock.advance(1)
  assert.equal(await figure('origin="md5",state="left"'), before + 1)
})
