import assert from 'node:assert/strict'
import test from 'node:test'
import { processorMilliseconds } from '../../../test/processor-time.ts'
import type { PasswordSettings } from '../settings.ts'
import { brokenRules, describePolicy, maxCodePoints, normalisePassword, passwordProblem, policyAnswer } from './policy.ts'
import { fakeRules, hostileText, nobody, pick, policyWith, seeded } from './test-passwords.ts'

const anna = { loginIds: ['Anna', '+31612345678'], email: 'Anna.B@Example.com', words: ['Acme Shop'] }

async function rulesBroken(settings: Partial<PasswordSettings>, password: string, context = nobody): Promise<string[]> {
  return (await brokenRules(policyWith(settings), password, context, fakeRules)).map(({ rule }) => rule)
}

for (const [name, password, isLongEnough] of [
  ['14 ASCII characters', 'a'.repeat(14), false],
  ['15 ASCII characters', 'a'.repeat(15), true],
  ['15 astral emoji', '🐎'.repeat(15), true],
  ['14 astral emoji of 28 UTF-16 units', '🐎'.repeat(14), false],
  ['15 decomposed letters', 'e\u0301'.repeat(15), true],
  ['14 decomposed letters of 28 code points', 'e\u0301'.repeat(14), false],
  ['15 spaces', ' '.repeat(15), true],
  ['15 zero-width spaces', '\u200b'.repeat(15), true],
  ['the empty text', '', false],
] as const) {
  test(`PW-04: ${name}, with a minimum of 15`, async () => {
    assert.deepEqual(await rulesBroken({ minLength: 15 }, password), isLongEnough ? [] : ['minLength'])
  })
}

for (const [name, password, rule] of [
  ['64 code points', 'a'.repeat(64), undefined],
  ['256 code points', 'a'.repeat(256), undefined],
  ['257 code points', 'a'.repeat(257), 'maxLength'],
  ['256 astral code points of 1024 bytes', '🐎'.repeat(256), undefined],
  ['257 astral code points', '🐎'.repeat(257), 'maxLength'],
  ['1024 code points that compose to 256', '\u03b1\u0313\u0300\u0345'.repeat(256), undefined],
  ['1028 code points that compose to 257', '\u03b1\u0313\u0300\u0345'.repeat(257), 'maxLength'],
  ['129 code points that decompose to 258, as they are excluded from composition', '\u{1d15e}'.repeat(129), 'maxLength'],
  ['1 MiB', 'a'.repeat(2 ** 20), 'maxLength'],
  ['a lone high surrogate', '\ud800aaaaaaaaaaaaaaa', 'wellFormed'],
  ['a lone low surrogate at the end', 'aaaaaaaaaaaaaaa\udfff', 'wellFormed'],
  ['surrogates in the wrong order', 'aaaaaaaa\udc00\ud800', 'wellFormed'],
  ['NUL', 'aaaaaaa\0aaaaaaa', undefined],
] as const) {
  test(`PW-05, PW-06: ${name} ${rule ? `breaks ${rule} alone` : 'can be hashed'}`, async () => {
    assert.equal(passwordProblem(password)?.rule, rule)
    const everything = { minLength: 200, uppercase: true, blocklist: true }
    if (rule) assert.deepEqual(await rulesBroken(everything, password), [rule])
    else assert.ok(Buffer.byteLength(normalisePassword(password)) <= 1024)
  })
}

test('PW-05: a text of 64 MiB is refused at once', () => {
  const text = 'e\u0301'.repeat(2 ** 24)
  const before = processorMilliseconds()
  assert.equal(passwordProblem(text)?.rule, 'maxLength')
  assert.ok(processorMilliseconds() - before < 50)
})

test('PW-06: every printing ASCII character and spaces at both ends stay as they are', async () => {
  const ascii = Array.from({ length: 95 }, (_, index) => String.fromCharCode(32 + index)).join('')
  for (const password of [ascii, '  pass phrase  ', '\tpass phrase\n']) {
    assert.equal(normalisePassword(password), password)
    assert.deepEqual(await rulesBroken({}, password), [])
  }
})

test('PW-06: NFC composes and nothing is folded', () => {
  assert.equal(normalisePassword('e\u0301'), 'é')
  assert.equal(normalisePassword('\ufdfa'), '\ufdfa', 'one code point that NFKC makes 18 of')
  assert.equal(normalisePassword('ﬁ Ⅷ ½ ＡＢ'), 'ﬁ Ⅷ ½ ＡＢ')
})

for (const [rule, without, having] of [
  ['anyLetter', '1234 !?', '1234 漢'],
  ['lowercase', 'ABC 123 漢ǅ', 'ABC ñ'],
  ['uppercase', 'abc 123 漢', 'abc Ñ'],
  ['number', 'abc ½Ⅷ', 'abc ٣'],
  ['nonAlphanumeric', 'abcÑ漢٣क्षि', 'abc def'],
] as const) {
  test(`PW-09: ${rule} refuses ${JSON.stringify(without)} and accepts ${JSON.stringify(having)}`, async () => {
    assert.deepEqual(await rulesBroken({ [rule]: true }, without), [rule])
    assert.deepEqual(await rulesBroken({ [rule]: true }, having), [])
    assert.deepEqual(await rulesBroken({}, without), [])
  })
}

for (const [disallowedCharacters, password, isBroken] of [
  ['<> ', 'pass<word', true],
  ['<> ', 'pass word', true],
  ['<> ', 'password', false],
  ['a', 'PASSWORD', false],
  ['🐎', 'horse 🐎', true],
  ['🐎', 'horse 🐑', false],
  ['e\u0301', 'café', true],
  ['é', 'cafe\u0301', true],
  ['e', 'café', false],
] as const) {
  test(`disallowedCharacters ${JSON.stringify(disallowedCharacters)} on ${JSON.stringify(password)}`, async () => {
    assert.deepEqual(await rulesBroken({ disallowedCharacters }, password), isBroken ? ['disallowedCharacters'] : [])
  })
}

for (const [name, password, email, isBroken] of [
  ['the address', 'anna.b@example.com', anna.email, true],
  ['the address in capitals', 'ANNA.B@EXAMPLE.COM', anna.email, true],
  ['the local part', 'aNNa.b', anna.email, true],
  ['the local part and more', 'anna.b1', anna.email, false],
  ['the address inside a phrase', 'my anna.b@example.com', anna.email, false],
  ['the domain', 'example.com', anna.email, false],
  ['the local part of a quoted one', '"anna@b"', '"Anna@B"@example.com', true],
  ['an unknown address', 'anna.b@example.com', '', false],
] as const) {
  test(`disallowEmailMatch: ${name} ${isBroken ? 'is refused' : 'is accepted'}`, async () => {
    const context = { ...nobody, email }
    assert.deepEqual(await rulesBroken({ disallowEmailMatch: true }, password, context), isBroken ? ['disallowEmailMatch'] : [])
    assert.deepEqual(await rulesBroken({}, password, context), [])
  })
}

for (const [name, password, broken] of [
  ['a listed password', 'sesame', ['common']],
  ['a listed password in capitals', 'SESAME', ['common']],
  ['a phrase around a listed password', 'open sesame now', []],
  ['the product', 'Postern', ['context']],
  ['the product, three times', 'posternPOSTERNpostern', ['context']],
  ['the project', 'acme SHOP', ['context']],
  ['the login ID', 'ANNA', ['context']],
  ['the login ID, twice', 'annaAnna', ['context']],
  ['the login ID, one and a half times', 'annaan', []],
  ['the login ID and more', 'anna2026', []],
  ['the other login ID', '+31612345678', ['context']],
  ['the address', 'anna.b@example.com', ['context']],
  ['the local part, twice', 'anna.banna.b', ['context']],
  ['a phrase of all of them', 'anna shops at acme shop by postern', []],
] as const) {
  test(`PW-07: ${name} ${broken.length > 0 ? `breaks ${broken}` : 'is accepted'}`, async () => {
    assert.deepEqual(await rulesBroken({ blocklist: true }, password, anna), broken)
    assert.deepEqual(await rulesBroken({ blocklist: false }, password, anna), [])
  })
}

test('PW-07: short and empty words of the context refuse their repeats only', async () => {
  const context = { loginIds: ['ab', '@'], email: '@x', words: [''] }
  assert.deepEqual(await rulesBroken({ blocklist: true }, 'abababab', context), ['context'])
  assert.deepEqual(await rulesBroken({ blocklist: true }, 'abababa', context), [])
  assert.deepEqual(await rulesBroken({ blocklist: true }, '', context), ['minLength'])
})

test('strength: the score is compared, and gets the words of the context', async () => {
  const settings = { enablePasswordStrength: true, passwordStrengthScore: 3 }
  assert.deepEqual(await rulesBroken(settings, '12345678901'), ['strength'])
  assert.deepEqual(await rulesBroken(settings, '123456789012'), [])
  assert.deepEqual(await rulesBroken({ ...settings, enablePasswordStrength: false }, '1234'), [])
  const asked: (readonly string[])[] = []
  const strength = async (_password: string, words: readonly string[]) => asked.push(words)
  await brokenRules(policyWith(settings), 'whatever', anna, { ...fakeRules, strength })
  assert.deepEqual(asked, [['postern', 'acme shop', 'anna.b@example.com', 'anna.b', 'anna', '+31612345678']])
})

test('every broken rule is told, in policy order, with what it requires and a text for people', async () => {
  const policy = policyWith({ minLength: 10, uppercase: true, number: true, disallowedCharacters: 's ', blocklist: true })
  assert.deepEqual(await brokenRules(policy, 'sesame', nobody, fakeRules), [
    { rule: 'minLength', required: 10, text: 'Must have at least 10 characters' },
    { rule: 'uppercase', text: 'Must have at least one uppercase letter' },
    { rule: 'number', text: 'Must have at least one digit' },
    { rule: 'disallowedCharacters', required: 's ', text: 'Must not have any of these characters: s space' },
    { rule: 'common', text: 'Must not be one of the most common passwords' },
  ])
  assert.deepEqual(await brokenRules(policy, 'x'.repeat(257), nobody, fakeRules), [
    { rule: 'maxLength', required: 256, text: 'Must have at most 256 characters' },
  ])
})

const switches = [
  ...['anyLetter', 'lowercase', 'uppercase', 'number', 'nonAlphanumeric', 'disallowEmailMatch', 'blocklist'],
  ...['enablePasswordStrength', 'expiration', 'reuse'],
]

function randomPolicy(next: () => number): PasswordSettings {
  const chosen = Object.fromEntries(switches.map((name) => [name, next() < 0.3]))
  const disallowedCharacters = pick(next, ['', '', '<>', ' \\', 'é7'])
  return policyWith({
    ...chosen,
    minLength: 4 + Math.floor(next() * 8),
    disallowedCharacters,
    passwordStrengthScore: Math.floor(next() * 5),
  })
}

function randomPassword(next: () => number): string {
  const word = pick(next, ['', '', 'password', 'LetMeIn', 'Anna.B', 'anna.b@example.com', 'Passw0rd!', 'x'.repeat(250)])
  return next() < 0.4 ? word : word + hostileText(next, 14)
}

/** Whether a password is acceptable, from nothing but what `GET /v1/auth/password/policy` answers and the lists. */
async function isAcceptable(answer: ReturnType<typeof policyAnswer>, raw: string, email: string): Promise<boolean> {
  if (/\p{Cs}/u.test(raw)) return false
  const password = raw.normalize('NFC')
  const characters = Array.from(password)
  const some = (pattern: RegExp) => characters.some((character) => pattern.test(character))
  const same = (word: string) => word.toLowerCase() === password.toLowerCase()
  const verdicts = [
    characters.length >= answer.minLength && characters.length <= answer.maxLength,
    !answer.anyLetter || some(/\p{Letter}/u),
    !answer.lowercase || some(/\p{Lowercase_Letter}/u),
    !answer.uppercase || some(/\p{Uppercase_Letter}/u),
    !answer.number || some(/\p{Decimal_Number}/u),
    !answer.nonAlphanumeric || characters.some((character) => !/[\p{Letter}\p{Mark}\p{Decimal_Number}]/u.test(character)),
    characters.every((character) => !Array.from(answer.disallowedCharacters).includes(character)),
    !answer.disallowEmailMatch || !(same(email) || same(email.slice(0, email.indexOf('@')))),
    !answer.blocklist || !(fakeRules.isCommon(password) || same(email) || same(email.slice(0, email.indexOf('@')))),
    !answer.strengthScoreEnabled || (await fakeRules.strength(password, [])) >= answer.strengthScore,
  ]
  return verdicts.every(Boolean)
}

test('PW-09: for 500 random passwords and policies, the verdict from the policy answer is the verdict of the server', async () => {
  const next = seeded(9)
  const { email } = anna
  const verdicts = { accepted: 0, refused: 0 }
  for (let i = 0; i < 500; i++) {
    const policy = randomPolicy(next)
    const password = randomPassword(next)
    const broken = await brokenRules(policy, password, { ...nobody, email }, fakeRules)
    const expected = await isAcceptable(policyAnswer(policy), password, email)
    assert.equal(broken.length === 0, expected, JSON.stringify({ policy, password, broken }))
    verdicts[expected ? 'accepted' : 'refused']++
  }
  assert.ok(verdicts.accepted > 50 && verdicts.refused > 50, JSON.stringify(verdicts))
})

test('PW-09: no composition rule and no expiry by default, and the answer says so', () => {
  assert.deepEqual(policyAnswer(policyWith({ minLength: 8, blocklist: true })), {
    ...{ minLength: 8, maxLength: maxCodePoints, lowercase: false, uppercase: false, number: false, nonAlphanumeric: false },
    ...{ anyLetter: false, disallowedCharacters: '', disallowEmailMatch: false, blocklist: true },
    ...{ strengthScoreEnabled: false, strengthScore: 0, expiration: false, expirationWeeks: 26, reuse: false, reuseAmount: 5 },
  })
})

test('the description of a policy has a sentence for every rule that can refuse, and none for the others', async () => {
  assert.deepEqual(describePolicy(policyWith()), ['Must have at least 4 characters.', 'Must have at most 256 characters.'])
  assert.equal(describePolicy(policyWith({ reuse: true, reuseAmount: 3 })).at(-1), 'Must not be one of your last 3 passwords.')
  const next = seeded(10)
  for (let i = 0; i < 300; i++) {
    const policy = randomPolicy(next)
    const told = describePolicy(policy)
    for (const { rule, text } of await brokenRules(policy, randomPassword(next), anna, fakeRules)) {
      if (rule !== 'wellFormed') assert.ok(told.includes(`${text}.`), `${rule} is not told`)
    }
  }
})

test('hostile texts: no throw, the same verdict for every canonically equivalent form, and never over 1024 bytes', async () => {
  const next = seeded(11)
  for (let i = 0; i < 2000; i++) {
    const policy = randomPolicy(next)
    const text = hostileText(next, pick(next, [4, 20, 400]))
    const [given, composed, decomposed] = await Promise.all(
      [text, text.normalize('NFC'), text.normalize('NFD')].map((one) => brokenRules(policy, one, anna, fakeRules)),
    )
    assert.deepEqual(given, composed)
    assert.deepEqual(given, decomposed)
    if (!passwordProblem(text)) assert.ok(Buffer.byteLength(normalisePassword(text)) <= 1024)
  }
})
