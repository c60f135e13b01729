import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import test from 'node:test'
import { meterDictionaries } from '../../../scripts/build-dictionaries.ts'
import { checkDictionaries, dictionariesFile, packDictionaries, unpackDictionaries } from './dictionaries.ts'

const small = { dictionary: { words: ['the', 'of', 'café'] }, graphs: { keypad: { 1: ['2', null] } } }

test('the bundled dictionaries are what their script builds from its sources', async () => {
  const bundled = JSON.stringify(unpackDictionaries(readFileSync(dictionariesFile)))
  assert.ok(bundled === JSON.stringify(await meterDictionaries()), 'run `node scripts/build-dictionaries.ts`')
})

test('dictionaries come back as they were packed, from the middle of a buffer too', () => {
  const file = packDictionaries(small)
  const buffer = new Uint8Array(file.length + 7)
  buffer.set(file, 3)
  assert.deepEqual(unpackDictionaries(buffer.subarray(3, 3 + file.length)), small)
})

test('RL-11: damaged dictionaries are refused, whatever is wrong with them', () => {
  const whole = packDictionaries(small)
  const refused = /dictionaries of the password meter are (missing|damaged)/
  for (let length = 0; length < whole.length; length++) assert.throws(() => checkDictionaries(whole.subarray(0, length)), refused)
  for (let index = 0; index < whole.length; index++) {
    const damaged = Buffer.from(whole)
    damaged.writeUInt8((whole[index] ?? 0) ^ 1, index)
    assert.throws(() => checkDictionaries(damaged), refused, `byte ${index}`)
    assert.throws(() => unpackDictionaries(damaged), refused, `byte ${index}`)
  }
  assert.throws(() => checkDictionaries(Buffer.concat([whole, Buffer.alloc(1)])), refused)
})
