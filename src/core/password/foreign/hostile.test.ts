import assert from 'node:assert/strict'
import test from 'node:test'
import { processorMilliseconds } from '../../../../test/processor-time.ts'
import { AuthError, coreErrors } from '../../errors.ts'
import { HashedPassword, storedHashOf } from '../hashed-password.ts'
import { pick, seeded } from '../test-passwords.ts'
import { readHash, recogniseHash } from './schemes.ts'
import { vectors } from './test-vectors.ts'

const texts = vectors.flatMap(({ text, wire }) => (text === undefined ? [storedHashOf(wire)] : [text, storedHashOf(wire)]))
const password = Buffer.from('correct horse')

const pieces = [
  '$',
  '$$',
  ',',
  '=',
  '==',
  ':',
  '{',
  '}',
  '"',
  '\\',
  '0',
  '1',
  '99999999999',
  'e9',
  '-1',
  '\n',
  '\0',
  'é',
  '\ud800',
  'm=',
  'U',
]

/** A text with a few places cut out, doubled, or replaced. */
function mutated(next: () => number, text: string): string {
  let result = text
  for (let changes = 1 + Math.floor(next() * 3); changes > 0; changes--) {
    const at = Math.floor(next() * result.length)
    const end = at + Math.floor(next() * 8)
    const [front, cut, back] = [result.slice(0, at), result.slice(at, end), result.slice(end)]
    result = pick(next, [
      front + back,
      front + cut + cut + back,
      front + pick(next, pieces) + back,
      front + pick(next, texts).slice(at, end) + back,
      front,
      back,
      `${result} `,
    ])
  }
  return result
}

/** What is wrong with a wire form, by its message; `undefined` when nothing is. */
function refusalOf(wire: unknown): string | undefined {
  try {
    storedHashOf(HashedPassword.parse(wire))
    return undefined
  } catch (error) {
    assert.ok(error instanceof AuthError && error.spec === coreErrors.InvalidRequest.spec, String(error))
    return error.message
  }
}

const kinds = ['bcrypt', 'django', 'scrypt', 'ldap', 'werkzeug', 'aspnet', 'keycloak', 'wordpress', 'phc', 'md5'] as const

test('PW-11: hostile texts never throw, and what is accepted is stored as what it is', () => {
  const next = seeded(30)
  for (let i = 0; i < 20_000; i++) {
    const text = mutated(next, pick(next, texts))
    const stored = recogniseHash(text)
    if (stored !== undefined) assert.equal(recogniseHash(stored), stored)
    const hash = text.slice(0, 4096)
    const refusal = refusalOf({ [pick(next, kinds)]: { hash } })
    if (refusal !== undefined && hash.length > 8) assert.ok(!refusal.includes(hash))
  }
})

test('PW-11: hostile parts never throw', () => {
  const next = seeded(31)
  const number = () => pick(next, [-1, 0, 1, 2, 8, 14, 1000, 1024, 1200, 8192, 2_000_001, 2 ** 31, Number.MAX_SAFE_INTEGER])
  const text = () =>
    mutated(next, pick(next, ['', 'QUJDREVGR0hJSktMTU5PUA==', '68f724c9ad5d41402abc4b2a76b9719d', 'abcdefgh', pick(next, texts)]))
  let accepted = 0
  for (let i = 0; i < 20_000; i++) {
    const parts = { hash: text(), salt: text() }
    const wire = pick<unknown>(next, [
      { argon2: { ...parts, iterations: number(), memory: number(), threads: number() } },
      { pbkdf2: { ...parts, iterations: number(), type: pick(next, ['sha1', 'sha256', 'sha512']) } },
      { firebase: { ...parts, saltSeparator: text(), signerKey: text(), memory: number(), rounds: number() } },
      { phpass: { ...parts, iterations: number(), type: pick(next, ['md5', 'sha512']) } },
      { sha: { ...parts, type: pick(next, ['sha1', 'sha256', 'sha384', 'sha512']) } },
    ])
    if (refusalOf(wire) === undefined) accepted++
  }
  assert.ok(accepted > 20, `only ${accepted} were accepted`)
})

test('PW-11: a stored text with garbage in salt or hash is wrong, and never throws', async () => {
  const next = seeded(32)
  const cheap = ['bcrypt', 'argon2i', 'phpass', 'pbkdf2-sha256', 'sha512-salted', 'wordpress-bcrypt']
  for (const { scheme, wire } of vectors.filter((vector) => cheap.includes(vector.scheme))) {
    const stored = storedHashOf(wire)
    for (let i = 0; i < 20; i++) {
      const found = readHash(stored.slice(0, -20) + mutated(next, stored.slice(-20)))
      if (found && found.scheme === scheme && found.excess === undefined) assert.notEqual(await found.matches(Buffer.from('no')), true)
    }
  }
})

test('PW-11: the longest texts are read in no time', () => {
  const units = [
    'A',
    '1',
    '$',
    '$1',
    'A$',
    '=',
    '{',
    '\\"',
    '$argon2id$v=19$',
    '$pbkdf2-sha256$1$A',
    'pbkdf2_sha256$1$',
    '{SSHA}A',
    '$firescrypt$ln=1,r=1,p=1$A$',
  ]
  const heads = [
    '',
    '$pbkdf2-sha256$',
    '$scrypt$ln=1,r=1,p=1$',
    '$firescrypt$ln=1,r=1,p=1$',
    '{SSHA512}',
    'A',
    '{"',
    'scrypt$1$',
    'bcrypt_sha256$',
  ]
  const long = heads.flatMap((head) => units.map((unit) => head + unit.repeat(Math.floor(1000 / unit.length) - head.length)))
  const before = processorMilliseconds()
  for (const text of long) for (let i = 0; i < 50; i++) readHash(text)
  const each = (processorMilliseconds() - before) / (long.length * 50)
  assert.ok(each < 0.5, `${each} ms each`)
  const huge = '$2b$10$'.repeat(2 ** 18)
  const start = processorMilliseconds()
  assert.deepEqual([readHash(huge), recogniseHash(huge), recogniseHash(`{"${huge}`)], [undefined, undefined, undefined])
  assert.ok(processorMilliseconds() - start < 50)
})

test('the rounds of phpass and Drupal let others have their turn', async () => {
  const found = readHash('$S$E5TOxWPdvJRs0P/xZBdrrPlGgzViOS0drHu3jaIjitesfttrp18b')
  let turns = 0
  const over = new AbortController()
  const count = () => {
    turns++
    if (!over.signal.aborted) setImmediate(count)
  }
  setImmediate(count)
  await found?.matches(password)
  over.abort()
  assert.ok(turns >= 2 ** 16 / 1000 - 1, `${turns} turns`)
})

const salt = 'AAAAAAAAAAAAAAAAAAAAAA'
const key = 'A'.repeat(43)
const bcryptTail = 'N9qo8uLOickgx2ZMRZoMyeIjZAgcfl7p92ldGxad68LJZdL17lhWy'

for (const [text, isRead] of [
  [`$2b$15$${bcryptTail}`, true],
  [`$2b$16$${bcryptTail}`, false],
  [`$2b$31$${bcryptTail}`, false],
  [`bcrypt_sha256$$2b$16$${bcryptTail}`, false],
  [`$wp$2y$16$${bcryptTail}`, false],
  [`$argon2id$v=19$m=262144,t=10,p=16$${salt}$${key}`, true],
  [`$argon2id$v=19$m=262145,t=1,p=1$${salt}$${key}`, false],
  [`$argon2id$v=19$m=4194304,t=1,p=1$${salt}$${key}`, false],
  [`$argon2id$v=19$m=1024,t=11,p=1$${salt}$${key}`, false],
  [`$argon2id$v=19$m=1024,t=1,p=17$${salt}$${key}`, false],
  [`$argon2id$v=19$m=1024,t=1,p=1$${salt}$AAAA`, false],
  [`$pbkdf2-sha256$i=2000000$${salt}$${key}`, true],
  [`$pbkdf2-sha256$i=2000001$${salt}$${key}`, false],
  [`$pbkdf2-sha256$1000000000$${salt}$${key}`, false],
  [`$pbkdf2-sha256$0$${salt}$${key}`, false],
  [`$pbkdf2-sha256$1000$${salt}$AAAA`, false],
  [`$pbkdf2-sha256$1000$${'A'.repeat(172)}$${key}`, false],
  [`pbkdf2_sha256$1000000000$salt$${key}=`, false],
  [`pbkdf2:sha256:2000001$salt$${'a'.repeat(64)}`, false],
  [`AQAAAAF/////AAAAEAABAgMEBQYHCAkKCwwNDg+yWU7rLgUwPZb1Itsmra7cbxw2EFpwpVFIEtP+JIuUEw==`, false],
  [`$scrypt$ln=17,r=8,p=10$${salt}$${key}`, true],
  [`$scrypt$ln=18,r=8,p=1$${salt}$${key}`, false],
  [`$scrypt$ln=14,r=9,p=1$${salt}$${key}`, false],
  [`$scrypt$ln=14,r=8,p=11$${salt}$${key}`, false],
  [`$scrypt$ln=0,r=8,p=1$${salt}$${key}`, false],
  [`scrypt:262144:8:1$salt$${'a'.repeat(64)}`, false],
  [`scrypt:32767:8:1$salt$${'a'.repeat(64)}`, false],
  [`scrypt$262144$salt$8$1$${key}=`, false],
  [`$firescrypt$ln=17,r=10,p=1$${salt}$${key}$Bw$${key}`, true],
  [`$firescrypt$ln=18,r=8,p=1$${salt}$${key}$Bw$${key}`, false],
  [`$firescrypt$ln=14,r=11,p=1$${salt}$${key}$Bw$${key}`, false],
  [`$firescrypt$ln=14,r=8,p=1$${salt}$${key}$Bw$AAAA`, false],
  ['$P$F12345678AAAAAAAAAAAAAAAAAAAAAA', true],
  ['$P$G12345678AAAAAAAAAAAAAAAAAAAAAA', false],
  ['$P$S12345678AAAAAAAAAAAAAAAAAAAAAA', false],
  ['$S$G12345678AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA', false],
  [`{SSHA}${Buffer.alloc(148).toString('base64')}`, true],
  [`{SSHA}${Buffer.alloc(149).toString('base64')}`, false],
] as const) {
  test(`PW-11: ${text.slice(0, 40)}… ${isRead ? 'is at the bound' : 'is beyond it, refused and never checked'}`, async () => {
    assert.equal(recogniseHash(text), isRead ? text : undefined)
    if (isRead) return
    const start = processorMilliseconds()
    assert.equal((await readHash(text)?.matches(password)) ?? false, false)
    assert.ok(processorMilliseconds() - start < 50)
  })
}

for (const text of [
  '',
  'correct horse',
  '3cb4e732631f47e6eb961f34554b7cde',
  `$2x$10$${bcryptTail}`,
  `$2$10$${bcryptTail}`,
  `$2b$3$${bcryptTail}`,
  `$2b$03$${bcryptTail}`,
  `$2b$10$${bcryptTail}\n`,
  ` $2b$10$${bcryptTail}`,
  '$1$salt$qJH7.N4xYta3aEG/dfqo/0',
  '$6$rounds=5000$usesomesillystri$D4IrlXatmP7rx3P3InaxBeoomnAihCKRVQAr/36eYKk',
  `$argon2id$v=18$m=1024,t=1,p=1$${salt}$${key}`,
  `$argon2id$v=19$t=1,m=1024,p=1$${salt}$${key}`,
  `$argon2id$v=19$m=1024,t=1,p=1,keyid=AA$${salt}$${key}`,
  `$pbkdf2-md5$1000$${salt}$${key}`,
  `$pbkdf2-sha256$i=1000,l=31$${salt}$${key}`,
  `$pbkdf2-sha256$1e3$${salt}$${key}`,
  '{SSHA}L55TUjtiq8FBorTWAZ0jy6g129A=',
  '{SHA}L55TUjtiq8FBorTWAZ0jy6g1',
  '{CRYPT}$1$salt$qJH7.N4xYta3aEG/dfqo/0',
  'AAAA',
  'AQAAAAMAACcQAAAAEAABAgMEBQYHCAkKCwwNDg+yWU7rLgUwPZb1Itsmra7cbxw2EFpwpVFIEtP+JIuUEw==',
  'AQAAAAEAACcQ/////wABAgMEBQYHCAkKCwwNDg+yWU7rLgUwPZb1Itsmra7cbxw2EFpwpVFIEtP+JIuUEw==',
  '{"secretData":"{}","credentialData":"{}"}',
  '{"secretData":"[","credentialData":"null"}',
  '{"secretData":{"value":"AAAA","salt":"AAAA"},"credentialData":{"hashIterations":1,"algorithm":"__proto__"}}',
  '{"secretData":{"value":"AAAA","salt":"AAAA"},"credentialData":{"hashIterations":1,"algorithm":"argon2","additionalParameters":{"type":["$x"]}}}',
]) {
  test(`a text of no form is not recognised: ${JSON.stringify(text.slice(0, 50))}`, () => assert.equal(recogniseHash(text), undefined))
}

for (const [name, wire, message] of [
  ['nothing', {}, /exactly one kind/],
  ['two', { md5: { hash: '3cb4e732631f47e6eb961f34554b7cde' }, bcrypt: { hash: `$2b$10$${bcryptTail}` } }, /exactly one kind/],
  ['bcrypt of cost 31', { bcrypt: { hash: `$2b$31$${bcryptTail}` } }, /hashedPassword\.bcrypt .*the cost is over 15$/],
  [
    'Argon2 of 4 GiB',
    { argon2: { hash: `${key}=`, salt: `${salt}==`, iterations: 2, memory: 4_194_304, threads: 1 } },
    /argon2 .*memory in KiB is over 262144/,
  ],
  [
    'PBKDF2 of 10^9',
    { pbkdf2: { hash: `${key}=`, salt: `${salt}==`, iterations: 1e9, type: 'sha256' } },
    /pbkdf2 .*iterations is over 2000000/,
  ],
  ['a fraction of a byte', { pbkdf2: { hash: 'A', salt: `${salt}==`, iterations: 1, type: 'sha256' } }, /pbkdf2 field is malformed/],
  [
    'Django text as bcrypt',
    { bcrypt: { hash: 'bcrypt$$2b$05$K5TLAp6bjsjofrbY5bWBi.1YVgRNkGbtPU7ZkLZ/KtSP8J7kycW02' } },
    /bcrypt field is malformed/,
  ],
  [
    'old Werkzeug, which is HMAC',
    { werkzeug: { hash: 'sha1$seasalt$cff36ea83f5706ce9aa7454e63e431fc726b2dc8' } },
    /werkzeug field is malformed/,
  ],
  [
    'phpass of 1000 rounds',
    { phpass: { hash: 'eRo7ud9Fh4E2PdI0S3r.L0', salt: 'IQRaTwmf', iterations: 1000, type: 'md5' } },
    /phpass field is malformed/,
  ],
  [
    'phpass with a shifted salt',
    { phpass: { hash: 'feRo7ud9Fh4E2PdI0S3r.L0', salt: 'IQRaTwm', iterations: 2048, type: 'md5' } },
    /phpass field is malformed/,
  ],
  ['SHA-1 as SHA-256', { sha: { hash: '2f9e53523b62abc141a2b4d6019d23cba835dbd0', type: 'sha256' } }, /sha field is malformed/],
  ['MD5 in base64', { md5: { hash: 'PLTnMmMfR+brlh80VUt83g==' } }, /md5 field is malformed/],
] as const) {
  test(`PW-11: ${name} is refused, and the message says why`, () => assert.match(refusalOf(wire) ?? '', message))
}
