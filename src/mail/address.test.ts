import assert from 'node:assert/strict'
import test from 'node:test'
import { processorMilliseconds } from '../../test/processor-time.ts'
import { isPlainAddress, parseMailFrom } from './address.ts'
import { hostileAddresses, plainAddresses } from './test-addresses.ts'

test('IN-05: there are forty hostile addresses and more', () => assert.ok(hostileAddresses.length >= 40))

for (const [name, address] of hostileAddresses) {
  test(`IN-05: not a plain address: ${name}`, () => assert.equal(isPlainAddress(address), false))
}

for (const address of plainAddresses) test(`a plain address: ${address}`, () => assert.equal(isPlainAddress(address), true))

test('IN-05: no control character and no structural character passes anywhere in an address', () => {
  const characters = [...Array.from({ length: 33 }, (_, code) => String.fromCharCode(code)), ...'\x7f"(),:;<>[\\]@']
  for (const character of characters) {
    for (const at of [0, 2, 3, 4, 8, 11]) {
      const address = `${'ada@example.com'.slice(0, at)}${character}${'ada@example.com'.slice(at)}`
      assert.equal(isPlainAddress(address), false, JSON.stringify(address))
    }
  }
})

test('a hostile length costs no time', () => {
  for (const text of [`${'a.'.repeat(100_000)}@b`, `a@${'a-'.repeat(100_000)}`, '@'.repeat(200_000), `${'!'.repeat(200_000)}`]) {
    const startedAt = processorMilliseconds()
    assert.equal(isPlainAddress(text), false)
    assert.equal(parseMailFrom(text), undefined)
    assert.ok(processorMilliseconds() - startedAt < 50)
  }
})

for (const [text, expected] of [
  ['no-reply@acme.example', { name: '', address: 'no-reply@acme.example' }],
  ['Acme <no-reply@acme.example>', { name: 'Acme', address: 'no-reply@acme.example' }],
  ['"Acme, Inc." <no-reply@acme.example>', { name: 'Acme, Inc.', address: 'no-reply@acme.example' }],
  [' Ärzte & Söhne  <a@b> ', { name: 'Ärzte & Söhne', address: 'a@b' }],
  ['<a@b>', { name: '', address: 'a@b' }],
  ['Acme', undefined],
  ['', undefined],
  ['Acme <no-reply@acme.example', undefined],
  ['Acme <a@b>, Evil <c@d>', undefined],
  ['Acme <"a b"@c>', undefined],
  ['Acme\r\nBcc: me@evil.example <a@b>', undefined],
  ['"Ac\\"me" <a@b>', undefined],
  [`${'x'.repeat(65)} <a@b>`, undefined],
] as const) {
  test(`the sender ${JSON.stringify(text)}`, () => assert.deepEqual(parseMailFrom(text), expected))
}
