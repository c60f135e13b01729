import assert from 'node:assert/strict'
import test from 'node:test'
import { HashedPassword, storedHashOf } from '../hashed-password.ts'
import { readHash, recogniseHash, schemeOf } from './schemes.ts'
import { type Vector, vectors } from './test-vectors.ts'

const bytes = (text: string) => Buffer.from(text, 'utf8')

for (const [index, { scheme, source, password, text, wire }] of vectors.entries()) {
  test(`${source}: ${scheme} (${index}) verifies the right password and no other`, async () => {
    const stored = storedHashOf(HashedPassword.parse(wire))
    const found = readHash(stored)
    assert.deepEqual([found?.scheme, found?.excess, schemeOf(stored)], [scheme, undefined, scheme])
    assert.equal(await found?.matches(bytes(password)), true)
    for (const wrong of [`${password}x`, `x${password}`, password.slice(0, 2), 'x']) {
      assert.notEqual(await found?.matches(bytes(wrong)), true, wrong)
    }
    assert.equal(await found?.matches(bytes('')), undefined, 'no empty password')
    assert.equal(recogniseHash(stored), stored)
    if (text !== undefined) assert.equal(recogniseHash(text), stored)
  })
}

test('a stored text is of one scheme only, and is no longer than a row takes', () => {
  for (const { wire } of vectors) assert.ok(storedHashOf(wire).length <= 1000)
})

const of = (scheme: string): Vector => {
  const found = vectors.find((vector) => vector.scheme === scheme)
  if (!found) throw new Error('No such vector')
  return found
}
const read = (scheme: string) => readHash(storedHashOf(of(scheme).wire))

test('PW-05: bcrypt says nothing of more than 72 bytes; what is digested first may be longer', async () => {
  const stored = '$2b$04$eDCJd1KwroWQFwa6sFPbX./.wqWYhdSColC153BQ.wGXx29HKDYgi'
  assert.equal(await readHash(stored)?.matches(bytes('x'.repeat(72))), true)
  assert.equal(await readHash(stored)?.matches(bytes('x'.repeat(73))), undefined)
  assert.equal(await readHash(stored)?.matches(bytes(`${'x'.repeat(72)}\0`)), undefined)
  assert.equal(await read('bcrypt-sha256')?.matches(bytes('x'.repeat(200))), false)
  assert.equal(await read('wordpress-bcrypt')?.matches(bytes('x'.repeat(200))), false)
})

for (const scheme of [
  'bcrypt',
  'bcrypt-sha256',
  'wordpress-bcrypt',
  'pbkdf2-sha256',
  'scrypt',
  'firebase-scrypt',
  'phpass',
  'sha256',
  'argon2i',
]) {
  test(`PW-06: a NUL behind the password, or in it, makes another one of it: ${scheme}`, async () => {
    const { password } = of(scheme)
    for (const other of [`${password}\0`, `${password}\0\0`, `${password}\0${password}`, `\0${password}`]) {
      assert.notEqual(await read(scheme)?.matches(bytes(other)), true)
    }
  })
}

for (const [label, stored] of [
  ['{CRYPT}', '$2y$04$c3qbPKoiwKbXjz.emLUK8erqo3/zcFj7hpFF6aQsUiVrCO2qWFeV.'],
  ['{BCRYPT}', '$2y$04$c3qbPKoiwKbXjz.emLUK8erqo3/zcFj7hpFF6aQsUiVrCO2qWFeV.'],
  ['{ARGON2}', '$argon2id$v=19$m=1024,t=2,p=1$NXovR1ZXUUpvczNGQmROUg$gedOnRVMVnEHRg15PZOdBbwZFRRCF58iztERMkrNTwc'],
] as const) {
  test(`LDAP: ${label} is only a label`, () => assert.equal(recogniseHash(label + stored), stored))
}

test('bcrypt: garbage in bits that nothing uses does not matter', async () => {
  const canonical = '$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW'
  for (const stored of [canonical.replace('.', '/'), canonical.replace('.', 'B'), `${canonical.slice(0, -1)}X`]) {
    assert.equal(await readHash(stored)?.matches(bytes('U*U')), true, stored)
  }
  assert.equal(await readHash(canonical.replace('.', 'O'))?.matches(bytes('U*U')), false)
})

test('WordPress trims what it hashes and what it checks, by the characters of PHP', async () => {
  const found = read('wordpress-bcrypt')
  for (const password of ['correct horse', ' correct horse', 'correct horse\t\r\n', '\vcorrect horse']) {
    assert.equal(await found?.matches(bytes(password)), true, JSON.stringify(password))
  }
  for (const password of ['\u00a0correct horse', 'correct  horse', ' ', '\n']) {
    assert.notEqual(await found?.matches(bytes(password)), true, JSON.stringify(password))
  }
})
