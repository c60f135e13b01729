import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import test from 'node:test'
import { hash as argon2 } from '@node-rs/argon2'
import { processorMilliseconds } from '../../../test/processor-time.ts'
import { AuthError, coreErrors } from '../errors.ts'
import { createHasher, type HasherOptions, hashMetrics } from './hash.ts'
import { defaultConcurrency, isStrongEnough } from './hash-cost.ts'
import { passwordProblem } from './policy.ts'
import { callerAt, hostileText, keptMetrics, seeded } from './test-passwords.ts'

const clock = {
  nowSeconds: () => 1_790_000_000,
  nowMilliseconds: () => 1_790_000_000_000,
  monotonicMilliseconds: () => performance.now(),
}
const random = { bytes: (length: number) => randomBytes(length) }
const caller = callerAt('192.0.2.1')

async function makeHasher(options: Partial<HasherOptions> = {}) {
  const metrics = keptMetrics()
  return { hasher: await createHasher({ clock, random, metrics, concurrency: 2, ...options }), metrics }
}

const { hasher, metrics } = await makeHasher()
const password = 'correct horse battery staple'
const stored = await hasher.hash(password, caller)

/** A hash of `password` by the library, of any cost and kind. */
function foreignHash(cost: { memoryCost: number; timeCost: number; parallelism: number; algorithm: 0 | 1 | 2; outputLen?: number }) {
  return argon2(password, { outputLen: 32, ...cost })
}

async function milliseconds(work: () => Promise<unknown>): Promise<number> {
  const before = processorMilliseconds()
  await work()
  return processorMilliseconds() - before
}

test('PW-01: the same password has another salt each time, and the cost is at the floor', async () => {
  const hashes = await Promise.all([1, 2, 3].map(() => hasher.hash(password, caller)))
  const salts = hashes.map((one) => {
    const match = /^\$argon2id\$v=19\$m=19456,t=2,p=1\$([A-Za-z0-9+/]+)\$([A-Za-z0-9+/]+)$/.exec(one)
    assert.ok(match, one)
    const [salt, tag] = match.slice(1).map((text) => Buffer.from(text, 'base64'))
    assert.deepEqual([salt?.length, tag?.length], [16, 32])
    return salt?.toString('hex')
  })
  assert.equal(new Set(salts).size, 3)
})

for (const [memoryKib, iterations, isAllowed] of [
  [19_456, 2, true],
  [47_104, 1, true],
  [20_000, 3, true],
  [8_192, 2, false],
  [19_455, 2, false],
  [19_456, 1, false],
  [47_103, 1, false],
  [47_104, 0, false],
  [262_145, 2, false],
  [19_456, 11, false],
  [Number.NaN, 2, false],
] as const) {
  test(`PW-01: a cost of ${memoryKib} KiB and ${iterations} iterations ${isAllowed ? 'is allowed' : 'stops the start'}`, async () => {
    const parameters = { memoryKib, iterations }
    if (!isAllowed) return assert.rejects(makeHasher({ parameters }), /cost of password hashes/)
    assert.ok(isStrongEnough(parameters))
    const made = (await makeHasher({ parameters })).hasher
    const own = await made.hash(password, caller)
    assert.match(own, new RegExp(`m=${memoryKib},t=${iterations},p=1`))
    assert.deepEqual([await made.verify(password, own, caller), made.isOutdated(own)], [true, false])
  })
}

test('PW-01: the time of one hash is measured', () => {
  assert.ok(hasher.measuredMilliseconds > 1 && hasher.measuredMilliseconds < 1000, `${hasher.measuredMilliseconds} ms`)
})

const long = 'abcdefgh'.repeat(32)
const at = (text: string, index: number, character: string) => text.slice(0, index) + character + text.slice(index + 1)

for (const [name, one, other] of [
  ['at byte 73', long.slice(0, 73), at(long.slice(0, 73), 72, 'X')],
  ['after byte 72', long.slice(0, 72), long.slice(0, 73)],
  ['at byte 129', long.slice(0, 129), at(long.slice(0, 129), 128, 'X')],
  ['at code point 200', long, at(long, 199, 'X')],
  ['at code point 256', '🐎'.repeat(256), `${'🐎'.repeat(255)}🐑`],
  ['after a NUL', 'aaaaaaaaaaaaaaa\0X', 'aaaaaaaaaaaaaaa\0Y'],
  ['by a NUL at the end', 'aaaaaaaaaaaaaaa', 'aaaaaaaaaaaaaaa\0'],
  ['by a space in front', ' pass phrase', 'pass phrase'],
  ['by a space at the end', 'pass phrase ', 'pass phrase'],
  ['by case', 'Pass Phrase', 'pass phrase'],
  ['by compatibility', 'ﬁsh and chips', 'fish and chips'],
  ['by a BOM', '\ufeffpass phrase', 'pass phrase'],
  ['by a replacement character', 'pass\ufffdphrase', 'pass\ufffephrase'],
] as const) {
  test(`PW-05, PW-06: passwords that differ ${name} never stand for each other`, async () => {
    assert.equal(passwordProblem(one) ?? passwordProblem(other), undefined)
    const [hashOfOne, hashOfOther] = await Promise.all([hasher.hash(one, caller), hasher.hash(other, caller)])
    const verify = (text: string, hash: string) => hasher.verify(text, hash, caller)
    const answers = [verify(one, hashOfOne), verify(other, hashOfOther), verify(one, hashOfOther), verify(other, hashOfOne)]
    assert.deepEqual(await Promise.all(answers), [true, true, false, false])
  })
}

test('PW-06: canonically equivalent spellings are one password', async () => {
  const hash = await hasher.hash('cafe\u0301 au lait \u212b', caller)
  assert.equal(await hasher.verify('caf\u00e9 au lait \u00c5', hash, caller), true)
  assert.equal(await hasher.verify('cafe au lait \u00c5', hash, caller), false)
})

for (const [name, text] of [
  ['257 code points', 'a'.repeat(257)],
  ['a right password and a tail', password + ' '.repeat(256)],
  ['1 MiB', 'a'.repeat(2 ** 20)],
  ['a lone surrogate', '\ud800aaaaaaaaaaaaaaa'],
] as const) {
  test(`PW-05: ${name} is a wrong password within 50 ms, without a hash, and cannot be hashed`, async () => {
    const own = await makeHasher()
    for (const hash of [stored, undefined]) {
      const elapsed = await milliseconds(async () => assert.equal(await own.hasher.verify(text, hash, caller), false))
      assert.ok(elapsed < 50, `${elapsed} ms`)
    }
    await assert.rejects(own.hasher.hash(text, caller), /cannot be hashed/)
    assert.deepEqual([own.metrics.counted, own.metrics.observed], [[], []])
  })
}

const salt = 'AAAAAAAAAAAAAAAAAAAAAA'
const tag = 'A'.repeat(43)
const unusable: Readonly<Record<string, string | undefined>> = {
  'no user': undefined,
  'the empty text': '',
  'bcrypt of cost 4': '$2b$04$N9qo8uLOickgx2ZMRZoMyeIjZAgcfl7p92ldGxad68LJZdL17lhWy',
  MD5: '{MD5}PLTnMmMfR+brlh80VUt83g==',
  'PBKDF2 of 10^9': '$pbkdf2-sha256$1000000000$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA',
  'scrypt of 2^24': '$scrypt$ln=24,r=8,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA',
  'bcrypt of cost 31': '$2b$31$N9qo8uLOickgx2ZMRZoMyeIjZAgcfl7p92ldGxad68LJZdL17lhWy',
  '4 GiB': `$argon2id$v=19$m=4194304,t=2,p=1$${salt}$${tag}`,
  'one KiB beyond the bound': `$argon2id$v=19$m=262145,t=1,p=1$${salt}$${tag}`,
  '11 iterations': `$argon2id$v=19$m=19456,t=11,p=1$${salt}$${tag}`,
  '4294967295 iterations': `$argon2id$v=19$m=8,t=4294967295,p=1$${salt}$${tag}`,
  '17 lanes': `$argon2id$v=19$m=19456,t=2,p=17$${salt}$${tag}`,
  'no iterations': `$argon2id$v=19$m=19456,t=0,p=1$${salt}$${tag}`,
  'parameters twice': `$argon2id$v=19$m=19456,t=2,p=1,m=4194304$${salt}$${tag}`,
  'another version': `$argon2id$v=18$m=19456,t=2,p=1$${salt}$${tag}`,
  'a tag that is too short': `$argon2id$v=19$m=19456,t=2,p=1$${salt}$AAAA`,
  'a salt that is not base64': `$argon2id$v=19$m=19456,t=2,p=1$AAAAAAAAA$${tag}`,
  'no tag': `$argon2id$v=19$m=19456,t=2,p=1$${salt}`,
  'a line feed at the end': `${stored}\n`,
  'a megabyte': `${stored}${'A'.repeat(2 ** 20)}`,
  'a cheap hash': `$argon2id$v=19$m=8,t=1,p=1$${salt}$${tag}`,
}

for (const [name, hash] of Object.entries(unusable)) {
  test(`EN-02, PW-11: ${name} is a wrong password, at the cost of one, and never throws`, async () => {
    const times = { unusable: Number.POSITIVE_INFINITY, wrong: Number.POSITIVE_INFINITY }
    for (let i = 0; i < 5; i++) {
      const tried = await milliseconds(async () => assert.equal(await hasher.verify(password, hash, caller), false))
      const wrong = await milliseconds(async () => assert.equal(await hasher.verify('a wrong password', stored, caller), false))
      times.unusable = Math.min(times.unusable, tried)
      times.wrong = Math.min(times.wrong, wrong)
    }
    assert.ok(times.unusable > times.wrong / 2 && times.unusable < times.wrong * 3, JSON.stringify(times))
    if (hash !== undefined) assert.equal(hasher.isOutdated(hash), true)
  })
}

test('PW-11: Argon2 of other kinds and costs within the bounds verifies, and is outdated', async () => {
  const kinds = [
    { algorithm: 1, memoryCost: 4096, timeCost: 3, parallelism: 1 },
    { algorithm: 0, memoryCost: 64, timeCost: 1, parallelism: 1 },
    { algorithm: 2, memoryCost: 19_456, timeCost: 2, parallelism: 2 },
    { algorithm: 2, memoryCost: 19_456, timeCost: 2, parallelism: 1, outputLen: 64 },
    { algorithm: 2, memoryCost: 65_536, timeCost: 3, parallelism: 4 },
    { algorithm: 2, memoryCost: 1024, timeCost: 10, parallelism: 16 },
  ] as const
  for (const kind of kinds) {
    const hash = await foreignHash(kind)
    assert.equal(await hasher.verify(password, hash, caller), true, hash)
    assert.equal(await hasher.verify('a wrong password', hash, caller), false, hash)
    assert.equal(hasher.isOutdated(hash), true, hash)
  }
  assert.equal(hasher.isOutdated(stored), false)
})

test('PW-11: a hash at the very bounds takes less than a second', async () => {
  const hash = `$argon2id$v=19$m=262144,t=1,p=16$${salt}$${tag}`
  const times: number[] = []
  for (let i = 0; i < 3; i++) times.push(await milliseconds(() => hasher.verify(password, hash, caller)))
  assert.ok(Math.min(...times) < 1000)
})

test('hostile passwords: each verifies in every canonical form, and no other one does', async () => {
  const next = seeded(14)
  let previous = ''
  for (let i = 0; i < 40; i++) {
    const text = hostileText(next, 30)
    if (text === '' || passwordProblem(text)) {
      assert.equal(await hasher.verify(text, stored, caller), false)
      continue
    }
    const hash = await hasher.hash(text, caller)
    assert.equal(await hasher.verify(text.normalize('NFD'), hash, caller), true, JSON.stringify(text))
    const isSame = previous.normalize('NFC') === text.normalize('NFC')
    assert.equal(await hasher.verify(previous, hash, caller), isSame, JSON.stringify([previous, text]))
    assert.equal(await hasher.verify(`${text}\0`, hash, caller), false, JSON.stringify(text))
    previous = text
  }
})

test('BF-08: beyond the waiting places a hash is refused, and an unknown user like a known one', async () => {
  const own = await makeHasher({ concurrency: 1, maxQueued: 1 })
  const gauge = own.metrics.gauges.get('postern_password_hash_queue_depth')
  const running = own.hasher.hash(password, caller)
  const waiting = own.hasher.verify(password, stored, caller)
  assert.equal(gauge?.(), 1)
  const isRefused = (error: unknown) => error instanceof AuthError && error.spec === coreErrors.RateLimited.spec
  const elapsed = await milliseconds(async () => {
    for (const hash of [stored, undefined]) await assert.rejects(own.hasher.verify(password, hash, callerAt('198.51.100.7')), isRefused)
  })
  assert.ok(elapsed < 100)
  assert.equal(await waiting, true)
  await running
  const outcomes = own.metrics.counted.map((line) => line.split('=')[1])
  assert.deepEqual(outcomes, ['refused', 'refused', 'hashed', 'right'])
  assert.equal(gauge?.(), 0)
})

test('F22: a client that goes away before its turn costs no hash', async () => {
  const own = await makeHasher({ concurrency: 1 })
  const gone = new AbortController()
  const running = own.hasher.hash(password, caller)
  const abandoned = own.hasher.verify(password, stored, callerAt('a', { signal: gone.signal }))
  gone.abort()
  await assert.rejects(abandoned, { name: 'AbortError' })
  await running
  await assert.rejects(own.hasher.verify(password, stored, callerAt('a', { signal: gone.signal })), { name: 'AbortError' })
  assert.deepEqual(own.metrics.observed, ['postern_password_hash_seconds operation=hash'])
  assert.ok(own.metrics.counted.includes('postern_password_hashes_total outcome=abandoned'))
})

test('figures have the names and labels of their table', () => {
  const described = { ...hashMetrics.counters, ...hashMetrics.durations }
  for (const line of [...metrics.counted, ...metrics.observed]) {
    const [name = '', label = ''] = line.split(' ')
    const definition = Object.entries(described).find(([one]) => one === name)?.[1]
    assert.deepEqual(definition?.labels, [label.split('=')[0]], line)
  }
  assert.deepEqual([...metrics.gauges.keys()], Object.keys(hashMetrics.gauges))
})

for (const [cores, poolThreads, expected] of [
  [2, 4, 2],
  [8, 4, 3],
  [8, 16, 8],
  [1, 4, 1],
  [4, 1, 1],
  [8, Number.NaN, 3],
  [8, 0, 3],
] as const) {
  test(`BF-08: ${cores} cores and ${poolThreads} threads hash ${expected} at once`, () => {
    assert.equal(defaultConcurrency(cores, poolThreads), expected)
  })
}
