import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { AnyRoute } from '../../src/http/route.ts'
import { type Options, parseOptions } from '../../src/options.ts'
import { databases } from '../databases.ts'
import { type Answer, goodPassword, type Json, type Kit, onEveryDatabase } from '../kit.ts'
import { bodyFields, bodyRoutes, withMember } from './fields.ts'

const victim = 'victim@example.com'
const { limits } = parseOptions({ flags: {}, environment: {}, file: undefined })
const off = { max: 0, perSeconds: 1 }
const withoutLimits: Partial<Options> = {
  limits: {
    accountFailures: 0,
    accountSource: off,
    sourceFailures: off,
    sourceAccounts: off,
    sourceSignUps: off,
    recipientMessages: off,
    recipientMessagesDaily: off,
    sourceMessages: limits.sourceMessages,
    projectMails: limits.projectMails,
    projectTexts: limits.projectTexts,
  },
}

/** Bodies that are refused for nothing but their content: nobody is signed in or changed by them. */
const bodies: Readonly<Record<string, object>> = {
  '/v1/auth/magiclink/verify': { token: `C${'0'.repeat(27)}.${'A'.repeat(43)}` },
  '/verify/{projectId}': { t: `C${'0'.repeat(27)}.${'A'.repeat(43)}` },
  '/reset/{projectId}': { t: `C${'0'.repeat(27)}.${'A'.repeat(43)}`, password: 'another good passphrase 2' },
  '/v1/auth/password/signup': { loginId: victim, password: 'q!x' },
  '/v1/auth/password/signin': { loginId: 'nobody@example.com', password: 'wrong password 1' },
  '/v1/auth/password/reset': { loginId: 'nobody@example.com' },
  '/v1/auth/password/update': { loginId: 'somebody@example.com', newPassword: 'q!x' },
  '/v1/auth/password/replace': { loginId: 'nobody@example.com', oldPassword: 'wrong password 1', newPassword: 'another good passphrase 2' },
}

let clockOf: Kit | undefined

async function callRoute(kit: Kit, route: AnyRoute, body: object, tokens: { refreshJwt: string; sessionJwt: string }): Promise<Answer> {
  if (route.limit && clockOf === kit) kit.clock.advance(2)
  const path = route.path.replace('{projectId}', kit.projectId)
  if (route.kind === 'page') {
    const form = new URLSearchParams()
    for (const [name, value] of Object.entries(body)) form.set(name, typeof value === 'string' ? value : JSON.stringify(value))
    return kit.call(path, { body: form.toString(), headers: { 'content-type': 'application/x-www-form-urlencoded' } })
  }
  const token = route.access === 'session' ? tokens.sessionJwt : tokens.refreshJwt
  return kit.call(path, { body, ...(route.access === 'project' ? {} : { token }) })
}

const verdictOf = ({ status, body }: Answer) => `${status} ${body?.errorCode ?? ''}`

/** Verdicts by database; what one says the other must say too. */
const verdicts = new Map<string, Map<string, string>>()

function note(kit: Kit, name: string, answer: Answer): void {
  const mine = verdicts.get(kit.projectId) ?? new Map<string, string>()
  verdicts.set(kit.projectId, mine.set(name, verdictOf(answer)))
}

function assertEqualVerdicts(): void {
  const [first, ...others] = [...verdicts.values()]
  verdicts.clear()
  assert.ok(first && first.size > 0)
  assert.equal(others.length, databases.length - 1)
  for (const other of others) assert.deepEqual(Object.fromEntries(other), Object.fromEntries(first))
}

const wrongValues: Readonly<Record<string, unknown>> = {
  null: null,
  number: 1,
  'large number': 1e308,
  array: ['x'],
  'array of null': [null],
  'empty array': [],
  object: { $ne: null },
  'empty object': {},
  true: true,
  'text with NUL': 'a\u0000b',
  'lone surrogate': 'a\ud800b',
  'controls and directions': '\u001b[2J\u202e\r\nx',
  '5 KiB': 'x'.repeat(5 * 1024),
  '4 KiB of astral characters': '🐎'.repeat(1024),
  empty: '',
}

test('WB-05: the routes that take bodies are known here', () => {
  const known = bodyRoutes.filter(({ body }) => body).map(({ path }) => path)
  assert.deepEqual(
    Object.keys(bodies).filter((path) => !known.includes(path)),
    [],
  )
  assert.ok(bodyFields.length > 40, `${bodyFields.length} fields`)
})

onEveryDatabase(
  'WB-05, IN-03: no value in any field of any route is a 500',
  async (kit) => {
    clockOf = kit
    const tokens = await kit.signUp('somebody@example.com')
    for (const { route, path } of bodyFields) {
      for (const [name, value] of Object.entries(wrongValues)) {
        const what = `${route.path} ${path.join('.')} = ${name}`
        const body = withMember(bodies[route.path] ?? {}, path, value)
        const isEnding = route.path.includes('logout')
        const current = isEnding ? { refreshJwt: 'a.b.c', sessionJwt: 'a.b.c' } : tokens
        const answer = await callRoute(kit, route, body, current)
        assert.ok(answer.status < 500, `${what}: ${answer.text}`)
        assert.ok(answer.status !== 429, what)
        note(kit, what, answer)
      }
    }
    assert.deepEqual(
      kit.log.lines.filter(({ level }) => level === 'error'),
      [],
    )
  },
  withoutLimits,
)

test('WB-05: every database gave the same verdict', assertEqualVerdicts)

/** Bases of injections, and what may stand around them: 200 together. */
const bases = [
  ...["'", '"', '`', '\\', '%', '_', '%%', '*', ';', '--'],
  ...["' OR 1=1--", "' OR '1'='1", "') OR ('1'='1", "'; DROP TABLE users;--", "' UNION SELECT * FROM management_keys--"],
  ...[
    "'; SELECT pg_sleep(9);--",
    "' AND randomblob(900000000)--",
    "'||(SELECT secret_digest FROM challenges LIMIT 1)||'",
    '$$; DROP TABLE users; $$',
    ['$', '{7*7}'].join(''),
  ],
  ...[
    '{{7*7}}',
    '<script>alert(1)</script>',
    '../../etc/passwd',
    '%00',
    '%27%20OR%201=1',
    '\u02bc OR 1=1',
    '\uff07 OR 1=1',
    "admin'/*",
    '*/--',
    "x' LIKE '%",
  ],
  ...["E'\\x27'", "U&'\\0027'", '$1', '?', ':name', '@p1', "' GLOB '*", "' REGEXP '.*", 'NULL', 'true OR true'],
]
const injections = bases.flatMap((base) => [
  base,
  `victim@example.com${base}`,
  `${base}victim@example.com`,
  `vic${base}tim`,
  base.repeat(3),
])

onEveryDatabase(
  'IN-01: 200 injections as a login ID, token, path or prefix match literally and change nothing',
  async (kit) => {
    assert.ok(injections.length >= 200)
    clockOf = kit
    const { projectId } = kit
    await kit.signUp(victim)
    const { deps, api } = kit.auth
    const before = await deps.storage.users.list(projectId, { limit: 200 })
    const startedAt = performance.now()
    for (const text of injections) {
      kit.clock.advance(1)
      note(kit, `reset ${text}`, await kit.call('/v1/auth/password/reset', { body: { loginId: text } }))
      note(kit, `verify ${text}`, await kit.call('/v1/auth/magiclink/verify', { body: { token: text } }))
      note(kit, `keys ${text}`, await kit.call(`/v2/keys/${encodeURIComponent(text)}`))
      note(
        kit,
        `project ${text}`,
        await kit.call('/v1/auth/password/policy', { headers: { 'x-descope-project-id': encodeURIComponent(text), authorization: '' } }),
      )
      note(
        kit,
        `bearer ${text}`,
        await kit.call('/v1/mgmt/license', { token: `K${'0'.repeat(27)}.${Buffer.from(text).toString('base64url').padEnd(43, 'A')}` }),
      )
      await assert.rejects(api.showUser({ projectId, loginId: text }), { name: 'ManagedUserNotFound' })
      assert.deepEqual((await api.listUsers({ projectId, prefix: text, limit: 10 })).items, [], text)
      assert.ok((await api.listUsers({ projectId, after: text, limit: 10 })).items.length <= 1)
    }
    assert.ok(performance.now() - startedAt < 60_000, 'nothing slept')
    for (const [name, verdict] of verdicts.get(projectId) ?? []) assert.doesNotMatch(verdict, /^5/, name)
    assert.deepEqual(await deps.storage.users.list(projectId, { limit: 200 }), before)
    assert.ok(!(await kit.mails()).some(({ kind }) => kind === 'password.reset'))
    assert.equal((await kit.call('/v1/auth/password/signin', { body: { loginId: victim, password: goodPassword } })).status, 200)
  },
  withoutLimits,
)

test('IN-01: every database gave the same verdict on login IDs, tokens and paths', assertEqualVerdicts)

onEveryDatabase(
  'IN-01: injections in every text field of every route',
  async (kit) => {
    clockOf = kit
    const tokens = await kit.signUp('somebody@example.com')
    const names = async () =>
      (await kit.auth.deps.storage.users.list(kit.projectId, { limit: 200 })).items.map(({ user, loginIds }) => [
        user.id,
        user.email,
        loginIds,
      ])
    const before = await names()
    const texts = bases.filter((_, index) => index % 3 === 0)
    for (const { route, path } of bodyFields.filter(({ isText, route: { path: at } }) => isText && !at.includes('logout'))) {
      for (const text of texts) {
        const what = `${route.path} ${path.join('.')} = ${text}`
        const isPassword = path.at(-1)?.toLowerCase().includes('password')
        const isSignUpName = route.path.endsWith('signup') && isPassword
        // A password is hashed and nothing else; one of each kind is enough for the machine.
        if ((isPassword && text !== texts[5]) || isSignUpName) continue
        const answer = await callRoute(kit, route, withMember(bodies[route.path] ?? {}, path, text, text), tokens)
        assert.ok(answer.status < 500, `${what}: ${answer.text}`)
        note(kit, what, answer)
      }
    }
    assert.deepEqual(await names(), before)
  },
  withoutLimits,
)

test('IN-01: every database gave the same verdict on every text field', assertEqualVerdicts)

onEveryDatabase('IN-01: what is stored comes back as it was, quotes and all', async (kit) => {
  for (const [index, text] of bases.entries()) {
    const isAddressLike = text.includes('@')
    if (isAddressLike || index % 5 !== 0) continue
    const user = { name: text, givenName: text, familyName: text, middleName: text }
    const body = { loginId: `quoted ${text}`, password: goodPassword, user, loginOptions: { customClaims: { [text]: text } } }
    const answer = await kit.call('/v1/auth/password/signup', { body })
    assert.equal(answer.status, 200, text)
    const me: Json = (await kit.call('/v1/auth/me', { token: answer.body.refreshJwt })).body
    assert.deepEqual([me.name, me.givenName, me.familyName, me.middleName], [text, text, text, text])
    assert.deepEqual(me.loginIds, [`quoted ${text}`.trim()])
    const claims = await kit.call('/v1/auth/validate', { token: answer.body.sessionJwt, body: {} })
    assert.deepEqual(claims.body.nsec, { [text]: text })
  }
})
