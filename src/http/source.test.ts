import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { createRouteLimits } from './limits.ts'
import { canonicalAddress, createSourceReader, isLoopbackAddress, isLoopbackHost } from './source.ts'

const base = { trustedProxyHops: 0, trustedSources: [], trustLoopback: true }

describe('BF-04: one form for each address', () => {
  for (const [text, expected] of [
    ['198.51.100.7', '198.51.100.7'],
    ['::ffff:198.51.100.7', '198.51.100.7'],
    ['::FFFF:c633:6407', '198.51.100.7'],
    ['0:0:0:0:0:ffff:198.51.100.7', '198.51.100.7'],
    ['198.51.100.7:4711', '198.51.100.7'],
    ['2001:db8::1', '2001:db8:0:0::/64'],
    ['2001:0DB8:0:0:ffff:ffff:ffff:ffff', '2001:db8:0:0::/64'],
    ['[2001:db8::1]:443', '2001:db8:0:0::/64'],
    ['2001:db8:0:1::1', '2001:db8:0:1::/64'],
    ['fe80::1%eth0', 'fe80:0:0:0::/64'],
    ['::1', '::1'],
    ['0:0:0:0:0:0:0:1', '::1'],
    ['64:ff9b::198.51.100.7', '64:ff9b:0:0::/64'],
    ['999.1.1.1', ''],
    ['evil', ''],
    ['', ''],
  ] as const) {
    test(text || 'empty', () => assert.equal(canonicalAddress(text), expected))
  }
})

test('loopback', () => {
  assert.deepEqual(['127.0.0.1', '127.9.9.9', '::1', '::ffff:127.0.0.1', '128.0.0.1', '::2', '', '127.evil'].map(isLoopbackAddress), [
    true,
    true,
    true,
    true,
    false,
    false,
    false,
    false,
  ])
  assert.deepEqual(['localhost', 'app.localhost', '[::1]', '127.0.0.1', 'localhost.evil.org', '127.0.0.1.evil.org'].map(isLoopbackHost), [
    true,
    true,
    true,
    true,
    false,
    false,
  ])
})

describe('hostile 39: forwarded addresses count from the right, as far as configured', () => {
  for (const [name, hops, forwarded, expected] of [
    ['no proxy: ignored', 0, '203.0.113.9', '198.51.100.7'],
    ['one proxy: its entry', 1, '203.0.113.9', '203.0.113.9'],
    ['one proxy: what the client wrote before it is ignored', 1, '1.2.3.4, evil, 203.0.113.9', '203.0.113.9'],
    ['two proxies', 2, '1.2.3.4, 203.0.113.9, 10.0.0.1', '203.0.113.9'],
    ['fewer entries than proxies: the connection', 2, '203.0.113.9', '198.51.100.7'],
    ['no header: the connection', 1, undefined, '198.51.100.7'],
    ['not an address: the connection', 1, '1.2.3.4, evil', '198.51.100.7'],
    ['8 KB of commas', 1, ','.repeat(8192), '198.51.100.7'],
    ['mapped', 1, '::ffff:203.0.113.9', '203.0.113.9'],
    ['IPv6 with a port', 1, '[2001:db8::5]:9', '2001:db8:0:0::/64'],
  ] as const) {
    test(name, () => {
      const headers = new Headers(forwarded === undefined ? {} : { 'x-forwarded-for': forwarded })
      const source = createSourceReader({ ...base, trustedProxyHops: hops })(headers, { remoteAddress: '198.51.100.7' })
      assert.equal(source.ip, expected)
      assert.equal(source.isTrusted, false)
    })
  }
})

describe('trust', () => {
  for (const [name, options, address, headers, isTrusted] of [
    ['direct loopback', {}, '127.0.0.1', {}, true],
    ['direct loopback, switched off', { trustLoopback: false }, '127.0.0.1', {}, false],
    ['loopback through a proxy', {}, '127.0.0.1', { 'x-real-ip': '203.0.113.9' }, false],
    ['loopback with a configured proxy', { trustedProxyHops: 1 }, '127.0.0.1', {}, false],
    ['a far address', {}, '198.51.100.7', {}, false],
    ['a listed address', { trustedSources: ['198.51.100.7'] }, '198.51.100.7', {}, true],
    ['a listed range', { trustedSources: ['198.51.100.0/24'] }, '::ffff:198.51.100.200', {}, true],
    ['outside the range', { trustedSources: ['198.51.100.0/24'] }, '198.51.101.1', {}, false],
    ['a listed IPv6 range', { trustedSources: ['2001:db8::/32'] }, '2001:db8:1::1', {}, true],
    [
      'a listed address that a proxy vouches for',
      { trustedSources: ['10.0.0.0/8'], trustedProxyHops: 1 },
      '198.51.100.7',
      { 'x-forwarded-for': '10.1.1.1' },
      true,
    ],
    [
      'a listed address that the client made up',
      { trustedSources: ['10.0.0.0/8'] },
      '198.51.100.7',
      { 'x-forwarded-for': '10.1.1.1' },
      false,
    ],
    ['no address at all', {}, undefined, {}, false],
  ] as const) {
    test(name, () => {
      const source = createSourceReader({ ...base, ...options })(new Headers(headers), { remoteAddress: address })
      assert.equal(source.isTrusted, isTrusted)
    })
  }
  for (const entry of ['evil', '10.0.0.0/33', '10.0.0.0/x', '10.0.0.0/-1', '::/129', '']) {
    test(`a list with "${entry}" stops the start`, () =>
      assert.throws(() => createSourceReader({ ...base, trustedSources: [entry] }), /CIDR/))
  }
})

test('IN-08: the user agent is cut to 256 characters without control characters', () => {
  const read = createSourceReader(base)
  const agent = (text: string) => read(new Headers({ 'user-agent': text }), {}).userAgent
  assert.equal(agent(`\u009b31m${'x'.repeat(4096)}`).length, 255)
  assert.equal(agent('a\tb'), 'ab')
  assert.equal(read(new Headers(), {}).userAgent, '')
})

test('BF-04: a limiter holds no more keys than it may, the oldest give way', () => {
  const clock = { monotonicMilliseconds: () => 0 }
  const limits = createRouteLimits({ clock }, 3)
  const limit = { max: 1, perSeconds: 60 }
  for (const key of ['a', 'b', 'c']) assert.equal(limits.take(key, limit), 0)
  assert.equal(limits.take('b', limit), 60)
  assert.equal(limits.take('d', limit), 0)
  assert.equal(limits.take('c', limit), 60)
  assert.equal(limits.take('a', limit), 0)
})
