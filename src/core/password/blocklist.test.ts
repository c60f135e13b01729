import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import test from 'node:test'
import { blocklistEntries } from '../../../scripts/build-blocklist.ts'
import { blocklistFile, buildBlocklist, listedForm, parseBlocklist } from './blocklist.ts'
import { dictionariesFile } from './dictionaries.ts'
import { brokenRules } from './policy.ts'
import { createPasswordRules } from './strength.ts'
import { hostileText, nobody, pick, policyWith, seeded } from './test-passwords.ts'

const bundled = readFileSync(blocklistFile)
const readDictionaries = async () => readFileSync(dictionariesFile)
const entries = [...(await blocklistEntries())]

test('the bundled blocklist is what its script builds from its sources', () => {
  assert.ok(bundled.equals(buildBlocklist(entries)), 'run `node scripts/build-blocklist.ts`')
})

test('PW-07: the bundled blocklist has at least 100 000 entries, nearly all of a length that policies accept', () => {
  const list = parseBlocklist(bundled)
  assert.ok(list.size >= 100_000)
  assert.ok(entries.length - list.size <= 2, 'hardly any two entries share a digest')
  assert.ok(entries.every((entry) => [...entry].length >= 4))
  assert.ok(entries.filter((entry) => [...entry].length >= 8).length >= 100_000)
})

test('PW-07: 200 random entries are refused for the same reason, in any case', async () => {
  const next = seeded(7)
  const rules = await createPasswordRules(bundled, readDictionaries)
  for (let i = 0; i < 200; i++) {
    const entry = pick(next, entries)
    if ([...entry].length > 256) continue
    for (const password of [entry, entry.normalize('NFD')]) {
      const broken = await brokenRules(policyWith({ blocklist: true }), password, nobody, rules)
      assert.deepEqual(
        broken.map(({ rule }) => rule),
        ['common'],
        JSON.stringify(entry),
      )
    }
  }
  for (const password of ['password', 'PASSWORD', 'Iloveyou', ' '.repeat(15), '*'.repeat(64)]) assert.ok(rules.isCommon(password), password)
})

test('PW-07: 200 passphrases that contain an entry are accepted', async () => {
  const next = seeded(8)
  const rules = await createPasswordRules(bundled, readDictionaries)
  for (let i = 0; i < 200; i++) {
    const password = `under the ${pick(next, entries).slice(0, 100)} sky ${i}`
    assert.deepEqual(await brokenRules(policyWith({ blocklist: true }), password, nobody, rules), [], password)
  }
})

test('lists of every small size find what is on them, and nothing else', () => {
  const words = Array.from({ length: 40 }, (_, index) => `word ${index}`)
  for (let size = 0; size <= words.length; size++) {
    const list = parseBlocklist(buildBlocklist(words.slice(0, size)))
    assert.equal(list.size, size)
    for (const [index, word] of words.entries()) assert.equal(list.has(word), index < size)
  }
})

test('the order and the repetition of entries do not change the file', () => {
  const words = ['one', 'two', 'three', 'ONE', 'cafe\u0301', 'CAFÉ']
  assert.deepEqual(buildBlocklist(words), buildBlocklist([...words].reverse()))
  assert.equal(parseBlocklist(buildBlocklist(words)).size, 4)
})

test('a list is read from the middle of a buffer', () => {
  const file = buildBlocklist(['sesame'])
  const buffer = new Uint8Array(file.length + 7)
  buffer.set(file, 3)
  assert.ok(parseBlocklist(buffer.subarray(3, 3 + file.length)).has('Sesame'))
})

test('RL-11: a damaged list is refused, whatever is wrong with it', async () => {
  const whole = buildBlocklist(['sesame', 'letmein', 'password'])
  assert.throws(() => parseBlocklist(new Uint8Array()))
  assert.throws(() => parseBlocklist(Buffer.concat([whole, Buffer.alloc(1)])))
  assert.throws(() => parseBlocklist(Buffer.concat([whole, Buffer.alloc(6)])))
  for (let length = 0; length < whole.length; length++) assert.throws(() => parseBlocklist(whole.subarray(0, length)))
  for (let index = 0; index < whole.length; index++) {
    const damaged = Buffer.from(whole)
    damaged.writeUInt8((whole[index] ?? 0) ^ 1, index)
    assert.throws(() => parseBlocklist(damaged), /blocklist/, `byte ${index}`)
  }
  await assert.rejects(createPasswordRules(bundled.subarray(0, bundled.length - 1), readDictionaries), /blocklist/)
})

test('hostile texts have one listed form, however they are normalised, and never throw', () => {
  const next = seeded(12)
  const list = parseBlocklist(bundled)
  for (let i = 0; i < 2000; i++) {
    const text = hostileText(next, 30)
    assert.equal(listedForm(listedForm(text)), listedForm(text))
    assert.equal(listedForm(text.normalize('NFD')), listedForm(text))
    assert.equal(list.has(text), list.has(text.normalize('NFD')))
  }
})
