import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { SettingsChanges } from '../core/projects.ts'
import { Settings } from '../core/settings.ts'
import { parseOptions } from '../options.ts'
import { weakerOptions, weakerSettings } from './weaker.ts'

const rowsOf = (changes: SettingsChanges) => {
  const settings = Settings.parse({
    ...changes,
    password: { ...hardened.password, ...changes.password },
    project: { ...hardened.project, ...changes.project },
  })
  return weakerSettings(settings).map(({ row }) => row)
}

/** The settings of `init --hardened`. */
const hardened = { password: { minLength: 15, updateMaxAgeSeconds: 600 }, project: { rotateJwt: true, strictSignUp: true } }

test('section 4: the defaults are told as weaker where they are, hardened settings are not', () => {
  assert.deepEqual(
    weakerSettings(Settings.parse({})).map(({ row }) => row),
    ['PW-04', 'PW-10', 'EN-04', 'SE-01'],
  )
  assert.deepEqual(rowsOf({}), [])
})

test('PW-04: the text names the length and the setting', () => {
  assert.equal(weakerSettings(Settings.parse({}))[0]?.text, 'minimum length 8 is under 15 (password.minLength)')
})

for (const [row, changes] of [
  ['PW-04', { password: { minLength: 14 } }],
  ['PW-07', { password: { blocklist: false } }],
  ['PW-09', { password: { uppercase: true, number: true } }],
  ['PW-09', { password: { expiration: true } }],
  ['PW-10', { password: { updateMaxAgeSeconds: 0 } }],
  ['PW-10', { password: { updateMaxAgeSeconds: 601 } }],
  ['EN-01', { password: { maskError: false } }],
  ['EN-04', { project: { strictSignUp: false } }],
  ['RC-04', { password: { resetExpirationTime: 31 } }],
  ['RC-04', { invite: { expirationTime: 1441 } }],
  ['RC-13', { project: { notifyEmailChange: false } }],
  ['RC-11', { password: { resetRequiresVerifiedEmail: false } }],
  ['RC-13', { project: { notifyPasswordChange: false } }],
  ['SE-01', { project: { rotateJwt: false } }],
  ['SE-02', { project: { rotationGraceSeconds: 31 } }],
  ['SE-07', { project: { sessionTokenExpiration: 61 } }],
  ['SE-08', { project: { refreshTokenExpiration: 31, refreshTokenExpirationUnit: 'days' } }],
  ['WB-01', { project: { cookiePolicy: 'none' } }],
  ['WB-01', { project: { sessionTokenCookiePolicy: 'none' } }],
] as const satisfies readonly (readonly [string, SettingsChanges])[]) {
  test(`${row}: ${JSON.stringify(changes)} is weaker, and nothing else is`, () => assert.deepEqual(rowsOf(changes), [row]))
}

for (const [name, file, rows] of [
  ['defaults', {}, []],
  ['stricter limits', { limits: { accountFailures: 10, sourceMessages: { max: 1, perSeconds: 7200 } } }, []],
  ['no limit per account', { limits: { accountFailures: 0 } }, ['BF-01']],
  ['200 failures', { limits: { accountFailures: 200 } }, ['BF-01']],
  ['more tries', { limits: { accountSource: { max: 11, perSeconds: 900 } } }, ['BF-02']],
  ['a shorter window', { limits: { sourceFailures: { max: 30, perSeconds: 299 } } }, ['BF-04']],
  ['mails without limit', { limits: { recipientMessages: { max: 0, perSeconds: 900 } } }, ['BF-09']],
  ['plain HTTP beyond this machine', { address: '0.0.0.0', allowInsecureHttp: true }, ['WB-04']],
] as const) {
  test(`options: ${name}`, () => {
    const options = parseOptions({ flags: {}, environment: {}, file })
    assert.deepEqual(
      weakerOptions(options).map(({ row }) => row),
      rows,
    )
  })
}
