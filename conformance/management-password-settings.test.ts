import assert from 'node:assert/strict'
import { onEveryDatabase, refused, succeeded, type Target } from './fixture.ts'

const check = onEveryDatabase()

type Settings = Parameters<ReturnType<typeof setUp>['password']['configureSettings']>[1]

function setUp({ newSdk, managementKey }: Target) {
  return newSdk({ managementKey }).management
}

/** Every member that this SDK knows, each with another value than by default. */
const settings: Settings = {
  ...{ enabled: true, minLength: 9, lowercase: true, uppercase: true, number: true, nonAlphaNumeric: true },
  ...{ expiration: true, expirationWeeks: 4, reuse: true, reuseAmount: 6, lock: true, lockAttempts: 7 },
}

check('management.password.getSettings, configureSettings: what was written comes back equal', async (target) => {
  const { password, tenant } = setUp(target)
  const initial = succeeded(await password.getSettings(''))
  assert.partialDeepStrictEqual(initial, { enabled: true, minLength: 8, nonAlphaNumeric: false })
  succeeded(await tenant.createWithId('pwd', 'Passwords'))
  succeeded(await password.configureSettings('pwd', settings))
  assert.partialDeepStrictEqual(succeeded(await password.getSettings('pwd')), settings)
  assert.deepEqual(succeeded(await password.getSettings('')), initial, 'the project has settings of its own')
  succeeded(await password.configureSettings('', settings))
  assert.partialDeepStrictEqual(succeeded(await password.getSettings('')), settings)
  succeeded(await password.configureSettings('', initial))
})

check('management.password.configureSettings: a client that knows fewer fields clears none', async (target) => {
  const { password, tenant } = setUp(target)
  succeeded(await tenant.createWithId('fewer', 'Fewer'))
  const richer = { ...settings, disallowedCharacters: '<>', tempLock: true, tempLockDuration: 30, anyLetter: true }
  succeeded(await password.configureSettings('fewer', richer))
  succeeded(await password.configureSettings('fewer', { ...settings, minLength: 12, nonAlphaNumeric: false }))
  assert.partialDeepStrictEqual(succeeded(await password.getSettings('fewer')), { ...richer, minLength: 12, nonAlphaNumeric: false })
})

check('management.password: settings out of their range, a tenant that is not there', async (target) => {
  const { password } = setUp(target)
  refused(await password.configureSettings('', { ...settings, minLength: 2 }), 400, 'E011004')
  refused(await password.configureSettings('none', settings), 404, 'E111401')
  refused(await password.getSettings('none'), 404, 'E111401')
})
