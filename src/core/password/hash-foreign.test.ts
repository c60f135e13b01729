import assert from 'node:assert/strict'
import { createHash, randomBytes } from 'node:crypto'
import test from 'node:test'
import { hash as bcrypt } from '@node-rs/bcrypt'
import { processorMilliseconds } from '../../../test/processor-time.ts'
import { vectors } from './foreign/test-vectors.ts'
import { createHasher } from './hash.ts'
import { storedHashOf } from './hashed-password.ts'
import { callerAt, keptMetrics } from './test-passwords.ts'

/** How the hasher treats hashes of other systems. */

const clock = { nowSeconds: () => 0, nowMilliseconds: () => 0, monotonicMilliseconds: () => performance.now() }
const hasher = await createHasher({ clock, random: { bytes: (length) => randomBytes(length) }, metrics: keptMetrics(), concurrency: 2 })
const caller = callerAt('192.0.2.1')

async function milliseconds(work: () => Promise<unknown>): Promise<number> {
  const before = processorMilliseconds()
  await work()
  return processorMilliseconds() - before
}

/** A stored SHA-256 of the very bytes of a text. */
const sha256 = (text: string) => `{SHA256}${createHash('sha256').update(text).digest('base64')}`

test('every kind verifies through the hasher, and is outdated', async () => {
  const bySource = new Map(vectors.map((vector) => [`${vector.source} ${vector.scheme}`, vector]))
  for (const { source, password, wire } of bySource.values()) {
    const stored = storedHashOf(wire)
    assert.deepEqual([await hasher.verify(password, stored, caller), hasher.isOutdated(stored)], [true, true], source)
  }
})

const cheap = vectors.filter(({ scheme }) => ['md5', 'sha1-salted', 'bcrypt', 'phpass', 'pbkdf2-sha256'].includes(scheme)).slice(0, 8)

test('EN-02: a wrong password against a cheap foreign hash costs no less than one against nobody', async () => {
  const nobody: number[] = []
  const foreign: number[] = []
  for (let i = 0; i < 3; i++) {
    for (const { wire } of cheap) {
      const stored = storedHashOf(wire)
      nobody.push(await milliseconds(() => hasher.verify('a wrong password', undefined, caller)))
      foreign.push(await milliseconds(async () => assert.equal(await hasher.verify('a wrong password', stored, caller), false)))
    }
  }
  const median = (times: readonly number[]) => times.toSorted((a, b) => a - b)[Math.floor(times.length / 2)] ?? 0
  assert.ok(median(foreign) > median(nobody) * 0.8, `${median(foreign)} ms and ${median(nobody)} ms`)
})

test('PW-05: against bcrypt more than 72 bytes are wrong, at the price of a decoy', async () => {
  const stored = await bcrypt('y'.repeat(72), 4)
  assert.equal(await hasher.verify('y'.repeat(72), stored, caller), true)
  const [decoys, long]: [number[], number[]] = [[], []]
  for (const password of [`${'y'.repeat(72)}z`, 'y'.repeat(73), `${'y'.repeat(71)}é`, 'y'.repeat(256)]) {
    decoys.push(await milliseconds(() => hasher.verify(password, undefined, caller)))
    long.push(await milliseconds(async () => assert.equal(await hasher.verify(password, stored, caller), false)))
  }
  assert.ok(Math.min(...long) > Math.min(...decoys) * 0.7, JSON.stringify({ decoys, long }))
})

test('PW-06: what was typed is tried in its NFC form, then as it is, and for foreign hashes only', async () => {
  const [composed, decomposed] = ['caf\u00e9 au lait', 'cafe\u0301 au lait']
  for (const [typed, hashed, isRight] of [
    [composed, composed, true],
    [decomposed, composed, true],
    [decomposed, decomposed, true],
    [composed, decomposed, false],
  ] as const) {
    assert.equal(await hasher.verify(typed, sha256(hashed), caller), isRight, JSON.stringify([typed, hashed]))
  }
  const own = await hasher.hash(composed, caller)
  const once = await milliseconds(() => hasher.verify(`${composed}x`, own, caller))
  const decomposedOnce = await milliseconds(() => hasher.verify(`${decomposed}x`, own, caller))
  assert.ok(decomposedOnce < once * 1.8, `${decomposedOnce} ms and ${once} ms`)
})

test('an empty password is never right, whatever was imported', async () => {
  for (const stored of [sha256(''), await bcrypt('', 4), '{MD5}1B2M2Y8AsgTpgAmY7PhCfg==']) {
    assert.equal(await hasher.verify('', stored, caller), false)
  }
})
