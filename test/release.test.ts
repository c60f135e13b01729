import assert from 'node:assert/strict'
import test from 'node:test'
import { type Bill, installed, problemsOfBill, provenance, settledBill, sha256, withDigests } from '../scripts/release-documents.ts'

/** What a release says of itself. `npm run release -- --skip-tests` makes one. */

const tree = { dependencies: { a: { version: '1.0.0', dependencies: { b: { version: '2.0.0' } } }, absent: {} } }
const component = (name: string, version: string) => ({ name, version, purl: `pkg:npm/${name}@${version}`, hashes: [{}], licenses: [{}] })
const bill: Bill = {
  serialNumber: 'urn:uuid:random',
  metadata: { timestamp: 'now', component: { name: 'folder', type: 'library' } },
  components: [component('a', '1.0.0'), component('b', '2.0.0')],
}

test('SC-02: what is installed is what has a version, at any depth', () => {
  assert.deepEqual(installed(tree), new Set(['a@1.0.0', 'b@2.0.0']))
})

for (const [name, given, listed, expected] of [
  ['the same', bill, tree, []],
  ['one package short', { ...bill, components: bill.components.slice(1) }, tree, ['a@1.0.0 is installed, but not in the bill']],
  ['one too many', bill, { dependencies: { a: { version: '1.0.0' } } }, ['b@2.0.0 is in the bill, but not installed']],
  ['of a broken tree', bill, { ...tree, problems: ['missing: c'] }, ['missing: c']],
  [
    'without digests',
    { ...bill, components: [{ ...component('a', '1.0.0'), hashes: [] }, component('b', '2.0.0')] },
    tree,
    ['a@1.0.0 has no digest'],
  ],
] as const) {
  test(`SC-02: a bill of materials that is ${name}`, () => assert.deepEqual(problemsOfBill(given, listed), expected))
}

test('SC-02: a package of which npm gives no digest has that of the lock file', () => {
  const bare = { ...bill, components: bill.components.map((one) => ({ ...one, hashes: [] })) }
  const integrity = `sha512-${Buffer.alloc(64, 7).toString('base64')}`
  const lock = {
    packages: { 'node_modules/a': { version: '1.0.0', integrity }, 'node_modules/a/node_modules/b': { version: '1.0.0', integrity } },
  }
  const [a, b] = withDigests(bare, lock).components
  assert.deepEqual([a?.hashes, b?.hashes], [[{ alg: 'SHA-512', content: '07'.repeat(64) }], []], 'b is of another version')
})

test('SC-02: a bill of materials is the same to the byte whenever it is made', () => {
  const input = { name: 'postern', committedAt: '2026-01-01T00:00:00.000Z' }
  const [one, other] = [bill, { ...bill, serialNumber: 'urn:uuid:other', metadata: { ...bill.metadata, timestamp: 'later' } }]
  assert.deepEqual(settledBill(one, input), settledBill(other, input))
  assert.match(settledBill(one, input).serialNumber, /^urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-8[0-9a-f]{3}-[0-9a-f]{12}$/)
  assert.notEqual(settledBill({ ...one, components: [] }, input).serialNumber, settledBill(one, input).serialNumber)
})

test('SC-02: provenance names every file by its digest, and the commit and the lock file that they were made of', () => {
  const content = Buffer.from('package')
  const statement = provenance([{ name: 'postern-1.0.0.tgz', content }], {
    version: '1.0.0',
    commit: 'a'.repeat(40),
    repository: 'https://example.com/postern.git',
    lockDigest: 'b'.repeat(64),
    node: '24.0.0',
    npm: '11.0.0',
    builder: 'urn:postern:builder:unattested',
    startedOn: '2026-01-01T00:00:00.000Z',
    finishedOn: '2026-01-01T00:01:00.000Z',
  })
  const text = JSON.stringify(statement)
  assert.match(
    text,
    /^\{"_type":"https:\/\/in-toto\.io\/Statement\/v1","subject":\[\{"name":"postern-1\.0\.0\.tgz","digest":\{"sha256":"[0-9a-f]{64}"\}\}\]/,
  )
  assert.ok(text.includes(sha256(content)))
  assert.ok(text.includes(`"digest":{"gitCommit":"${'a'.repeat(40)}"}`))
  assert.ok(text.includes(`"uri":"package-lock.json","digest":{"sha256":"${'b'.repeat(64)}"}`))
})
