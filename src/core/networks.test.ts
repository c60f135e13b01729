import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isNetwork, isNetworkWithin, isPermittedAddress } from './networks.ts'

for (const [networks, address, isPermitted] of [
  [[], '203.0.113.9', true],
  [[], '', true],
  [['203.0.113.9'], '203.0.113.9', true],
  [['203.0.113.9'], '203.0.113.10', false],
  [['203.0.113.0/24'], '203.0.113.200', true],
  [['203.0.113.0/24'], '203.0.114.1', false],
  [['10.0.0.0/8', '192.0.2.7'], '192.0.2.7', true],
  [['2001:db8::/32'], '2001:db8:1::5', true],
  [['2001:db8::/32'], '2001:db9::5', false],
  [['0.0.0.0/0'], '2001:db8::1', false],
  [['203.0.113.0/24'], '', false],
  [['203.0.113.0/24'], 'not an address', false],
  [['nonsense'], '203.0.113.9', false],
] as const) {
  test(`[${networks.join()}] ${isPermitted ? 'permits' : 'refuses'} ${JSON.stringify(address)}`, () =>
    assert.equal(isPermittedAddress(networks, address), isPermitted))
}

for (const text of ['', '10.0.0.0/33', '10.0.0.0/8/8', '10.0.0', '::/129', 'fe80::1%eth0', '10.0.0.0/-1', '10.0.0.0/ 8', 'example.com']) {
  test(`${JSON.stringify(text)} is no network`, () => assert.equal(isNetwork(text), false))
}

for (const [network, others, isWithin] of [
  ['10.1.0.0/16', ['10.0.0.0/8'], true],
  ['10.0.0.0/8', ['10.0.0.0/8'], true],
  ['10.1.2.3', ['192.0.2.0/24', '10.0.0.0/8'], true],
  ['10.0.0.0/7', ['10.0.0.0/8'], false],
  ['11.0.0.0/16', ['10.0.0.0/8'], false],
  ['10.0.0.0/24', ['10.0.0.0/25', '10.0.0.128/25'], false],
  ['2001:db8:1::/48', ['2001:db8::/32'], true],
  ['10.0.0.1', ['::/0'], false],
  ['10.0.0.1', [], false],
  ['nonsense', ['0.0.0.0/0'], false],
  ['10.0.0.1', ['nonsense'], false],
] as const) {
  test(`${network} is ${isWithin ? '' : 'not '}within [${others.join()}]`, () => assert.equal(isNetworkWithin(network, others), isWithin))
}
