import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { test } from 'node:test'
import { databases } from '../../../test/databases.ts'
import { type Answer, createKit, goodPassword, type Json, type Kit, onEveryDatabase, testClock, testLog } from '../../../test/kit.ts'
import { createAuth } from '../../auth.ts'
import { newManagementKey, Rights } from '../../core/management-keys.ts'
import { Settings } from '../../core/settings.ts'
import { parseOptions } from '../../options.ts'
import { openStorage } from '../../storage/open.ts'

const path = '/v1/mgmt/project/settings'
const read = async (kit: Kit): Promise<Json> => (await kit.manage(path)).body
const patch = (kit: Kit, body: object) => kit.manage(path, { method: 'PATCH', body })
const set = async (kit: Kit, body: object): Promise<Json> => {
  const answer = await patch(kit, body)
  assert.equal(answer.status, 200, answer.text)
  return answer.body
}

onEveryDatabase('settings are shown with the names of the contract; a write clears nothing that it does not name', async (kit) => {
  const before = await read(kit)
  assert.deepEqual(Object.keys(before), Object.keys(Settings.parse({})))
  assert.partialDeepStrictEqual(before.project, {
    refreshTokenExpiration: 4,
    refreshTokenExpirationUnit: 'weeks',
    rotateJwt: false,
    cookiePolicy: 'lax',
  })
  const after = await set(kit, { project: { rotateJwt: true, appUrl: null }, password: { minLength: 12 } })
  const expected = { ...before, project: { ...before.project, rotateJwt: true }, password: { ...before.password, minLength: 12 } }
  assert.deepEqual(after, expected)
  assert.deepEqual(await read(kit), expected)
  kit.clock.advance(1)
  assert.deepEqual(await set(kit, after), expected, 'what was read can be written')
  const events = await kit.auth.deps.storage.events.forUser(kit.projectId, '', { types: ['settings.change'], limit: 9 })
  assert.deepEqual(events.at(-1)?.data, { fields: ['project.rotateJwt', 'password.minLength'] })
  assert.deepEqual([events[0]?.actorKind, events[0]?.actorId], ['managementKey', kit.managementKey.split('.')[0]])
})

onEveryDatabase('every problem is told at once with its path, and nothing is changed', async (kit) => {
  const before = await read(kit)
  const body = {
    project: { sessionTokenExpiration: 5, sessionTokenExpirationUnit: 'weeks', cookiePolicy: 'sometimes', colour: 'red' },
    password: { minLength: 3, tempLockDuration: 1441 },
    magicLink: { expirationTime: 11 },
    carrierPigeon: { enabled: true },
  }
  const answer = await patch(kit, body)
  assert.deepEqual([answer.status, answer.body.errorCode], [400, 'E011004'])
  const fields = [
    'project.cookiePolicy',
    'project: .*colour',
    'password.minLength',
    'password.tempLockDuration',
    'magicLink.expirationTime',
    'carrierPigeon',
  ]
  for (const field of fields) assert.match(answer.body.errorMessage, new RegExp(field))
  const lifetimes = await patch(kit, { project: { sessionTokenExpiration: 5, sessionTokenExpirationUnit: 'weeks' } })
  assert.match(lifetimes.body.errorMessage, /project\.sessionTokenExpiration: must be at least 3 minutes and not longer/)
  for (const [odd, code] of [
    [{}, 'E011004'],
    [{ project: {} }, 'E011004'],
    [{ project: 5 }, 'E011003'],
    [{ project: [] }, 'E011003'],
    [{ sms: 5 }, 'E011004'],
    [{ project: { rotateJwt: 'yes' } }, 'E011004'],
  ] as const) {
    assert.equal((await patch(kit, odd)).body.errorCode, code, JSON.stringify(odd))
  }
  assert.deepEqual(await read(kit), before)
})

onEveryDatabase('writes at the same time all hold', async (kit) => {
  const bodies = [{ password: { minLength: 10 } }, { password: { reuse: true } }, { project: { rotateJwt: true } }]
  const answers = await Promise.all(bodies.map((body) => patch(kit, body)))
  assert.deepEqual(
    answers.map(({ status }) => status),
    [200, 200, 200],
  )
  const { password, project } = await read(kit)
  assert.deepEqual([password.minLength, password.reuse, project.rotateJwt], [10, true, true])
})

/** What a setting does, seen from outside: a change, and what is different after it. */
interface Effect {
  readonly change: object
  readonly undo: object
  /** Something that can be told from its opposite. */
  look(call: Call): Promise<unknown>
  readonly before: unknown
  readonly after: unknown
}

type Call = (path: string, body?: object, token?: string, headers?: Record<string, string>) => Promise<Answer>

const signIn = (call: Call, headers?: Record<string, string>) =>
  call('/v1/auth/password/signin', { loginId: 'ada@example.com', password: goodPassword }, undefined, headers)
const lifetime = async (call: Call) => (await signIn(call)).body.cookieMaxAge

const effects: Readonly<Record<string, Effect>> = {
  'sessions: lifetime of refresh tokens': {
    change: { project: { refreshTokenExpiration: 2, refreshTokenExpirationUnit: 'days' } },
    undo: { project: { refreshTokenExpiration: 4, refreshTokenExpirationUnit: 'weeks' } },
    look: lifetime,
    before: 2_419_200,
    after: 172_800,
  },
  'sessions: lifetime of session tokens': {
    change: { project: { sessionTokenExpiration: 5 } },
    undo: { project: { sessionTokenExpiration: 10 } },
    look: async (call) => {
      const { sessionJwt } = (await signIn(call)).body
      const { exp, iat } = JSON.parse(Buffer.from(sessionJwt.split('.')[1], 'base64url').toString())
      return exp - iat
    },
    before: 600,
    after: 300,
  },
  'sessions: inactivity': {
    change: { project: { enableInactivity: true, inactivityTime: 20 } },
    undo: { project: { enableInactivity: false } },
    look: async (call) => (await signIn(call)).body.nextRefreshSeconds,
    before: undefined,
    after: 300,
  },
  'sessions: rotation': {
    change: { project: { rotateJwt: true } },
    undo: { project: { rotateJwt: false } },
    look: async (call) => {
      const { refreshJwt } = (await signIn(call)).body
      return (await call('/v1/auth/refresh', {}, refreshJwt)).body.refreshJwt === refreshJwt
    },
    before: true,
    after: false,
  },
  'cookies: method, policy and domain': {
    change: { project: { tokenResponseMethod: 'cookie', cookiePolicy: 'strict', domain: 'example.com' } },
    undo: { project: { tokenResponseMethod: 'onBody', cookiePolicy: 'lax', domain: '' } },
    look: async (call) => {
      const { body, headers } = await signIn(call)
      const cookie = headers.get('set-cookie') ?? ''
      return [body.refreshJwt === '', /^DSR=.*Domain=example\.com.*SameSite=Strict/.test(cookie)]
    },
    before: [false, false],
    after: [true, true],
  },
  'approved domains: redirect URLs': {
    change: { project: { trustedDomains: 'app.example' } },
    undo: { project: { trustedDomains: '' } },
    look: async (call) => (await call('/v1/auth/password/reset', { loginId: 'nobody', redirectUrl: 'https://app.example/x' })).status,
    before: 400,
    after: 200,
  },
  'approved origins: browsers': {
    change: { project: { allowedOrigins: 'https://app.example' } },
    undo: { project: { allowedOrigins: '' } },
    look: async (call) => (await signIn(call, { origin: 'https://app.example' })).headers.get('access-control-allow-origin'),
    before: null,
    after: 'https://app.example',
  },
  'methods: passwords switched off': {
    change: { password: { enabled: false } },
    undo: { password: { enabled: true } },
    look: async (call) => (await signIn(call)).body.errorCode,
    before: undefined,
    after: 'E062907',
  },
  'methods: the policy': {
    change: { password: { minLength: 20, number: true } },
    undo: { password: { minLength: 8, number: false } },
    look: async (call) => (await call('/v1/auth/password/policy')).body.minLength,
    before: 8,
    after: 20,
  },
  'access keys: lifetime of their tokens': {
    change: { project: { keySessionTokenExpiration: 1, keySessionTokenExpirationUnit: 'hours' } },
    undo: { project: { keySessionTokenExpiration: 10, keySessionTokenExpirationUnit: 'minutes' } },
    look: async (call) => {
      const { sessionJwt } = (await call('/v1/auth/accesskey/exchange', {}, 'the access key')).body
      const { exp, iat } = JSON.parse(Buffer.from(sessionJwt.split('.')[1], 'base64url').toString())
      return exp - iat
    },
    before: 600,
    after: 3600,
  },
}

for (const { name, open } of databases) {
  test(`every setting holds at once where it was set, and within a second in another process [${name}]`, async () => {
    const database = await open()
    const masterKey = randomBytes(32)
    const clock = testClock()
    const storage = await openStorage({ database: database.url })
    const options = parseOptions({ flags: {}, environment: {}, file: undefined })
    const other = await createAuth(options, { storage, clock, log: testLog(), masterKey, isStrict: true })
    try {
      const kit = await createKit(database.storage, {}, { masterKey, clock })
      await kit.signUp('ada@example.com')
      const access = (await kit.manage('/v1/mgmt/accesskey/create', { body: { name: 'program' } })).body.cleartext
      const callOn =
        (auth: Kit['auth']): Call =>
        async (where, body, token, headers = {}) => {
          const bearer = token === undefined ? kit.projectId : `${kit.projectId}:${token === 'the access key' ? access : token}`
          const request = new Request(`https://auth.example.com${where}`, {
            method: body ? 'POST' : 'GET',
            headers: { authorization: `Bearer ${bearer}`, ...(body ? { 'content-type': 'application/json' } : {}), ...headers },
            ...(body ? { body: JSON.stringify(body) } : {}),
          })
          const response = await auth.handler(request, { remoteAddress: '127.0.0.1' })
          const text = await response.text()
          return { status: response.status, text, headers: response.headers, body: JSON.parse(text) }
        }
      const [here, there] = [callOn(kit.auth), callOn(other)]
      for (const [effect, { change, undo, look, before, after }] of Object.entries(effects)) {
        assert.deepEqual([await look(here), await look(there)], [before, before], `${effect}, before`)
        await set(kit, change)
        assert.deepEqual(await look(here), after, `${effect}, at once`)
        clock.advance(1)
        assert.deepEqual(await look(there), after, `${effect}, a second later elsewhere`)
        await set(kit, undo)
        clock.advance(1)
        assert.deepEqual([await look(here), await look(there)], [before, before], `${effect}, undone`)
      }
    } finally {
      await storage.close()
      await database.close()
    }
  })
}

onEveryDatabase('messages: which mails go, and how long their links live', async (kit) => {
  const kinds = async () => (await kit.mails()).map(({ kind }) => kind).toSorted()
  const replace = (oldPassword: string, newPassword: string) =>
    kit.call('/v1/auth/password/replace', { body: { loginId: 'ada@example.com', oldPassword, newPassword } })
  await set(kit, { project: { verifyEmailAtSignUp: false, notifyPasswordChange: false } })
  await kit.signUp('ada@example.com')
  await replace(goodPassword, 'another good passphrase 2')
  assert.deepEqual(await kinds(), [])
  await set(kit, { project: { verifyEmailAtSignUp: true, notifyPasswordChange: true }, password: { resetExpirationTime: 5 } })
  await replace('another good passphrase 2', goodPassword)
  await kit.signUp('grace@example.com', goodPassword, { isVerified: false })
  await kit.call('/v1/auth/password/reset', { body: { loginId: 'ada@example.com' } })
  assert.deepEqual(await kinds(), ['email.verify', 'password.changed', 'password.reset'])
  const token = await kit.linkToken('ada@example.com', 'password.reset')
  kit.clock.advance(301)
  assert.equal((await kit.call('/v1/auth/magiclink/verify', { body: { token } })).status, 401)
})

onEveryDatabase('patterns of test users are refused that could take very long', async (kit) => {
  for (const testUserRegex of ['^test.+@.*\\.example$', '[*+{]{2}', '\\*\\+\\{\\p{L}\\p{N}\\p{P}\\u{41}a+', '^(a|b)$'])
    assert.equal((await patch(kit, { project: { testUserRegex } })).status, 200, testUserRegex)
  for (const testUserRegex of ['.*.*.*.*x', 'a+b?c{1,9}d*e+', '(a+)+', '(a)\\1', '('])
    assert.equal((await patch(kit, { project: { testUserRegex } })).status, 400, testUserRegex)
})

onEveryDatabase('MG-05: the static code of test users is for keys that may make such codes', async (kit) => {
  const set = (code: string) => ({ method: 'PATCH', body: { project: { testUserFixedAuthToken: code, testUserAllowFixedAuth: true } } })
  assert.equal((await kit.manage(path, set('123456'))).body.project.testUserFixedAuthToken, '123456')
  const keyWith = async (rights: Partial<Rights>) => {
    const whole = Rights.parse(rights)
    const { record, key } = newManagementKey(kit.auth.deps, { projectId: kit.projectId, name: 'narrow', rights: whole })
    await kit.auth.deps.storage.managementKeys.insert(record)
    return key
  }
  const denied = await keyWith({ denied: ['testCodes'] })
  for (const token of [denied, await keyWith({ isReadOnly: true })]) {
    assert.equal((await kit.call(path, { token })).body.project.testUserFixedAuthToken, '')
  }
  assert.equal((await kit.call(path, { ...set('654321'), token: denied })).status, 403)
  const { body } = await kit.manage('/v1/mgmt/project/snapshot/export', { body: {} })
  assert.ok(!JSON.stringify(body).includes('123456'))
  assert.equal((await kit.manage('/v1/mgmt/project/snapshot/import', { body: { files: body.files } })).status, 200)
  assert.equal((await kit.manage(path)).body.project.testUserFixedAuthToken, '123456', 'an import leaves it')
})
