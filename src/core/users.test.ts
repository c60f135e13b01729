import assert from 'node:assert/strict'
import test from 'node:test'
import { AuthError } from './errors.ts'
import { canonicalLoginId, isEmailAddress, maskEmail, newLoginId, newUserRecord, parseEmail, parsePhone } from './users.ts'

for (const [name, a, b, isSame] of [
  ['case of an address', 'Ada@Example.COM', 'ada@example.com', true],
  ['outer white space', '  ada@example.com ', 'ada@example.com', true],
  ['Unicode and punycode domain', 'ada@bücher.example', 'ada@xn--bcher-kva.example', true],
  ['full-width domain letters', 'ada@ｅxample.com', 'ada@example.com', true],
  ['Kelvin sign in the local part (canonically a K)', 'mar\u212A@x.org', 'mark@x.org', true],
  ['NFC and NFD of a name', 'Zo\u00eb', 'Zoe\u0308', true],
  ['case of a name', 'Alice', 'alice', true],
  ['spellings of a phone number', '+1-555-555-5555', '+1 (555) 555.5555', true],
  ['dotless i', 'vıctim@x.org', 'victim@x.org', false],
  ['full-width at sign', 'ada＠example.com', 'ada@example.com', false],
  ['plus addressing', 'ada+1@example.com', 'ada@example.com', false],
  ['dots in the local part', 'a.da@example.com', 'ada@example.com', false],
  ['Cyrillic a', 'аda', 'ada', false],
  ['subdomain', 'ada@mail.example.com', 'ada@example.com', false],
  ['zero-width space', 'ada\u200b', 'ada', false],
  ['something after the domain', 'ada@example.com/x', 'ada@example.com', false],
  ['an escape in the domain', 'ada@%65xample.com', 'ada@example.com', false],
  ['ligature (NFC keeps it)', 'ﬁona', 'fiona', false],
] as const) {
  test(`IN-02: ${name} is ${isSame ? 'the same' : 'another'} login ID`, () => {
    assert.equal(canonicalLoginId(a) === canonicalLoginId(b), isSame)
  })
}

test('IN-02: canonical forms are stable', () => {
  for (const text of ['Ada@Bücher.example', 'İstanbul', 'ẞtraße', '+1-555-555-5555', 'Zoe\u0308', 'ΑΣ']) {
    assert.equal(canonicalLoginId(canonicalLoginId(text)), canonicalLoginId(text), text)
  }
})

for (const hostile of [
  ...[
    '"me@evil.org x"@x.org',
    'victim@x.org,me@evil.org',
    'victim@x.org;me@evil.org',
    'a@b@c.org',
    'a@',
    '@b.org',
    'a@-b.org',
    'a@b-.org',
    'a@b..org',
  ],
  ...[
    'a b@c.org',
    'a(comment)@b.org',
    'group:a@b.org;',
    '<a@b.org>',
    'a@[127.0.0.1]',
    'a\u0000@b.org',
    'a\r\nBcc: c@d.org@b.org',
    '.a@b.org',
    'a..b@c.org',
  ],
  ...[`${'a'.repeat(65)}@b.org`, `a@${'b'.repeat(64)}.org`, 'vıctim@x.org'],
  ...[
    'a@evil.org/b.org',
    'a@evil.org?b.org',
    'a@evil.org#b.org',
    'a@evil.org\\b.org',
    'a@b.org:25',
    'a@%62.org',
    'a@b.o\trg',
    'a@b\u00ad.org',
  ],
  ...['a@127.0.0.1', 'a@2130706433', 'a@0x7f.1', 'a@1.2.3', 'a@b.1', 'a@b.org／c.org', 'a@b％2forg'],
  `a@${'鼠中龍木水火土金日月.'.repeat(7)}org`,
]) {
  test(`IN-05: ${JSON.stringify(hostile)} is no address and no login ID`, () => {
    assert.equal(isEmailAddress(hostile), false)
    assert.throws(() => newLoginId(hostile), AuthError)
  })
}

for (const [name, hostile] of [
  ['NUL', 'a\u0000b'],
  ['line break', 'a\nb'],
  ['right-to-left override', 'a\u202Eb'],
  ['lone surrogate', 'a\ud800b'],
  ['zero-width space', 'a\u200bb'],
  ['nothing', ''],
  ['white space only', '   '],
  ['255 characters', 'a'.repeat(255)],
] as const) {
  test(`IN-03: a login ID with ${name} is refused at sign-up`, () => {
    assert.throws(() => newLoginId(hostile), AuthError)
    assert.equal(typeof canonicalLoginId(hostile), 'string')
  })
}

test('addresses keep their local part and get a punycode domain', () => {
  assert.equal(parseEmail(' Ada.L+x@Bücher.Example '), 'Ada.L+x@xn--bcher-kva.example')
})

for (const [text, phone] of [
  ['+1-555-555-5555', '+15555555555'],
  ['+49 (30) 1234567', '+49301234567'],
  ['15555555555', undefined],
  ['+12', undefined],
  ['+1234567890123456', undefined],
] as const) {
  test(`phone number ${text}`, () => assert.equal(parsePhone(text), phone))
}

for (const [text, masked] of [
  ['ada@example.com', 'a*****@e*****.com'],
  ['ada@localhost', 'a*****@l*****'],
  ['ada', ''],
] as const) {
  test(`EN-03: ${text} is masked from the request`, () => assert.equal(maskEmail(text), masked))
}

test('a login ID that is an address or a phone number fills that field', () => {
  const record = (loginId: string, details = {}) =>
    newUserRecord({ projectId: 'P', id: 'U', loginId: newLoginId(loginId), details, now: 1 })
  assert.equal(record('Ada@Example.com').email, 'Ada@example.com')
  assert.equal(record('ada', { email: 'ada@example.com' }).email, 'ada@example.com')
  assert.equal(record('+1-555-555-5555').phone, '+15555555555')
  assert.equal(record('ada').email, '')
  assert.equal(record('ada@example.com').isEmailVerified, false)
  assert.throws(() => record('ada', { email: 'no address' }), AuthError)
})
