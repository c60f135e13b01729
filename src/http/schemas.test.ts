import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { z } from 'zod'
import {
  CustomClaims,
  LoginId,
  LoginOptions,
  LooseBoolean,
  Password,
  SignUpUser,
  synonyms,
  TemplateOptions,
  Text,
  UrlText,
} from './schemas.ts'

const bad = ['a\u0000b', 'a\nb', 'a\r\nBcc: x', 'a\u001b[31m', 'a\u007f', 'a\u0085b', '\ud800', 'a\udc00b'] as const
const good = ['ada@example.com', ' spaces stay ', 'İstanbul', '🐎', 'a\u200bb'] as const

describe('IN-03: control characters and broken Unicode', () => {
  const ShortText = Text(100)
  for (const text of bad) {
    test(JSON.stringify(text), () => {
      assert.equal(LoginId.safeParse(text).success, false)
      assert.equal(ShortText.safeParse(text).success, false)
      assert.equal(UrlText.safeParse(text).success, false)
      for (const field of ['loginId', 'name', 'givenName', 'middleName', 'familyName', 'email', 'phone']) {
        assert.equal(SignUpUser.safeParse({ [field]: text }).success, false, field)
      }
      assert.equal(TemplateOptions.safeParse({ a: text }).success, false)
      assert.equal(TemplateOptions.safeParse({ [text]: 'a' }).success, false)
      assert.equal(CustomClaims.safeParse({ a: [{ b: text }] }).success, false)
      assert.equal(CustomClaims.safeParse({ a: { [text]: 1 } }).success, false)
      assert.equal(LoginOptions.safeParse({ templateId: text }).success, false)
      assert.equal(Password.safeParse(text).success, true, 'passwords are the business of the policy')
    })
  }
  for (const text of good) {
    test(`unchanged: ${JSON.stringify(text)}`, () => {
      assert.equal(LoginId.parse(text), text)
      assert.equal(Password.parse(text), text)
    })
  }
})

describe('lengths', () => {
  for (const [name, schema, value, isOk] of [
    ['login ID of 254', LoginId, 'x'.repeat(254), true],
    ['login ID of 255', LoginId, 'x'.repeat(255), false],
    ['empty login ID', LoginId, '', false],
    ['RC-09: an array of login IDs', LoginId, ['victim', 'me'], false],
    ['RC-09: an object', LoginId, { $ne: '' }, false],
    ['Go: an empty password', Password, '', true],
    ['password of 4 096', Password, 'x'.repeat(4096), true],
    ['password of 4 097', Password, 'x'.repeat(4097), false],
    ['IN-06: a name of 64', SignUpUser, { name: 'x'.repeat(64) }, true],
    ['IN-06: a name of 65', SignUpUser, { name: 'x'.repeat(65) }, false],
    ['SE-09: 100 claims', CustomClaims, Object.fromEntries(Array.from({ length: 100 }, (_, index) => [`c${index}`, 1])), true],
    ['SE-09: 101 claims', CustomClaims, Object.fromEntries(Array.from({ length: 101 }, (_, index) => [`c${index}`, 1])), false],
    ['SE-09: a claim name of 61', CustomClaims, { ['x'.repeat(61)]: 1 }, false],
    ['SE-09: more than 2 KiB of claims', CustomClaims, { a: 'x'.repeat(2048) }, false],
  ] as const) {
    test(name, () => assert.equal(schema.safeParse(value).success, isOk))
  }
})

describe('what clients send', () => {
  test('PHP: [] where an object is meant', () => {
    assert.deepEqual(LoginOptions.parse([]), {})
    assert.deepEqual(LoginOptions.parse({ customClaims: [], templateOptions: [] }), { customClaims: {}, templateOptions: {} })
    assert.deepEqual(SignUpUser.parse([]), {})
    assert.equal(LoginOptions.safeParse([1]).success, false)
  })
  test('Ruby: booleans as text', () => {
    assert.deepEqual(
      ['true', 'false', true, false].map((value) => LooseBoolean.parse(value)),
      [true, false, true, false],
    )
    assert.equal(LooseBoolean.safeParse('yes').success, false)
  })
  test('MG-04: a user at sign-up has no other members', () => {
    const sent = {
      name: 'Ada',
      roleNames: ['admin'],
      status: 'enabled',
      verifiedEmail: true,
      test: true,
      customAttributes: {},
      loginIds: ['x'],
    }
    assert.deepEqual(SignUpUser.parse(sent), { name: 'Ada' })
  })
  test('all login options', () => {
    const sent = {
      stepup: false,
      mfa: false,
      customClaims: { a: 1 },
      templateId: 't',
      templateOptions: { a: 'b' },
      revokeOtherSessions: true,
      revokeOtherSessionsTypes: ['web'],
      tenantId: 'T',
      locale: 'en',
      ssoAppId: 's',
      jwt: 'a.b.c',
      pkceChallenge: 'p',
    }
    assert.deepEqual(LoginOptions.parse({ ...sent, unknown: 1 }), sent)
  })
})

describe('1.4: synonyms', () => {
  const Body = synonyms(
    { redirectURL: 'redirectUrl', identifier: 'loginId' },
    z.object({ loginId: LoginId, redirectUrl: UrlText.optional() }),
  )
  for (const [name, sent, expected] of [
    ['canonical', { loginId: 'a', redirectUrl: 'u' }, { loginId: 'a', redirectUrl: 'u' }],
    ['Java: redirectURL', { loginId: 'a', redirectURL: 'u' }, { loginId: 'a', redirectUrl: 'u' }],
    ['.NET: identifier', { identifier: 'a' }, { loginId: 'a' }],
    ['the canonical name wins', { loginId: 'a', identifier: 'b' }, { loginId: 'a' }],
  ] as const) {
    test(name, () => assert.deepEqual(Body.parse(sent), expected))
  }
  for (const sent of [[], 'x', 7, null, undefined]) {
    test(`not an object: ${JSON.stringify(sent)}`, () => assert.equal(Body.safeParse(sent).success, false))
  }
})
