import assert from 'node:assert/strict'
import { test } from 'node:test'
import { baseUrl, projectId } from '../test/fake-server.ts'
import { type ClientOptions, parseOptions } from './options.ts'

for (const [name, change, problem] of [
  ['short project ID', { projectId: 'P123' }, /^createClient: projectId: /],
  ['project ID that is a path', { projectId: `P${'/'.repeat(27)}` }, /projectId: /],
  ['base URL of another kind', { baseUrl: 'ftp://host' }, /baseUrl: /],
  ['base URL with a query', { baseUrl: 'https://host/?a=b' }, /baseUrl: /],
  ['base URL with a password', { baseUrl: 'https://a:b@host' }, /baseUrl: /],
  ['no URL', { baseUrl: 'localhost' }, /baseUrl: /],
  ['no time', { timeoutMilliseconds: 0 }, /timeoutMilliseconds: /],
  ['endless skew', { clockSkewSeconds: 3600 }, /clockSkewSeconds: /],
  ['skew that is no number', { clockSkewSeconds: Number.NaN }, /clockSkewSeconds: /],
  ['endless retries', { retry: { delaysMilliseconds: [1, 1, 1, 1, 1, 1] } }, /retry\.delaysMilliseconds: /],
  ['management key', { managementKey: 'K2x' }, /managementKey: unknown option/],
  ['all problems at once', { projectId: '', baseUrl: '' }, /projectId: .*; baseUrl: /],
] as const) {
  test(`refused: ${name}`, () => {
    assert.throws(() => parseOptions({ projectId, baseUrl, ...change } as ClientOptions), { name: 'TypeError', message: problem })
  })
}

for (const [given, used] of [
  ['https://auth.example.com', 'https://auth.example.com'],
  ['https://auth.example.com/', 'https://auth.example.com'],
  ['https://example.com/auth//', 'https://example.com/auth'],
  ['http://127.0.0.1:8787', 'http://127.0.0.1:8787'],
] as const) {
  test(`base URL ${given}`, () => assert.equal(parseOptions({ projectId, baseUrl: given }).baseUrl, used))
}

test('defaults', () => {
  const { timeoutMilliseconds, clockSkewSeconds, retryDelaysMilliseconds, credentials } = parseOptions({ projectId, baseUrl })
  assert.deepEqual([timeoutMilliseconds, clockSkewSeconds, retryDelaysMilliseconds, credentials], [10_000, 5, [100, 5000, 5000], undefined])
})
