import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { IssuedSession } from '../core/sessions.ts'
import { readCookie, writeCookie } from './cookies.ts'
import { fakeProject, fakeUser, projectId } from './fakes.ts'
import type { ReplyCookie } from './route.ts'
import { AuthReply, UserReply } from './schemas.ts'
import { authReply, clearCookies, refreshCookieName, userReply } from './session-reply.ts'

const issuedAt = 1_760_000_000
const issued: IssuedSession = {
  ...fakeUser,
  sessionJwt: 's.s.s',
  refreshJwt: 'r.r.r',
  sessionClaims: { sub: 'U1', drn: 'DS' },
  issuedAt,
  sessionExpiresAt: issuedAt + 600,
  refreshExpiresAt: issuedAt + 2_419_200,
  firstSeen: true,
  nextRefreshSeconds: undefined,
}

test('a user has every member of the contract, empty where unset', () => {
  const body = UserReply.parse(userReply(fakeUser))
  assert.deepEqual(new Set(Object.keys(body)), new Set(Object.keys(UserReply.shape)))
  assert.deepEqual(
    {
      loginIds: body.loginIds,
      externalIds: body.externalIds,
      verifiedEmail: body.verifiedEmail,
      password: body.password,
      phone: body.phone,
    },
    { loginIds: ['Ada@example.com'], externalIds: ['Ada@example.com'], verifiedEmail: true, password: true, phone: '' },
  )
  assert.deepEqual([body.createdTime, body.modifiedTime, body.OAuth, body.status], [1_760_000_000, 1_760_000_100, {}, 'enabled'])
  assert.equal(userReply({ ...fakeUser, credentialKinds: [] }).password, false)
})

describe('4.3: where tokens go', () => {
  const cookieMode = { tokenResponseMethod: 'cookie', sessionTokenResponseMethod: 'cookie', cookiePolicy: 'strict', domain: 'example.com' }
  for (const [name, settings, tokens, cookies, claims] of [
    ['both in the body by default', {}, ['s.s.s', 'r.r.r'], [], {}],
    ['the refresh token in a cookie', { tokenResponseMethod: 'cookie' }, ['s.s.s', ''], ['DSR'], {}],
    ['the session token in a cookie', { sessionTokenResponseMethod: 'cookie' }, ['', 'r.r.r'], ['DS'], { sub: 'U1', drn: 'DS' }],
    ['both in cookies', cookieMode, ['', ''], ['DSR', 'DS'], { sub: 'U1', drn: 'DS' }],
  ] as const) {
    test(name, () => {
      const { body, cookies: set = [] } = authReply(issued, fakeProject(projectId, settings))
      assert.deepEqual([body.sessionJwt, body.refreshJwt], tokens)
      assert.deepEqual(
        set.map((cookie) => cookie.name),
        cookies,
      )
      assert.deepEqual(body.claims, claims)
      assert.deepEqual(AuthReply.parse(body), body)
    })
  }

  test('times and cookie members', () => {
    const { body } = authReply({ ...issued, nextRefreshSeconds: 300 }, fakeProject(projectId))
    assert.deepEqual(
      [
        body.cookieMaxAge,
        body.cookieExpiration,
        body.sessionExpiration,
        body.cookiePath,
        body.cookieName,
        body.nextRefreshSeconds,
        body.firstSeen,
      ],
      [2_419_200, 1_762_419_200, 1_760_000_600, '/', '', 300, true],
    )
    assert.equal('nextRefreshSeconds' in authReply(issued, fakeProject(projectId)).body, false)
  })
  test('times stay within 32 bits', () => {
    const { body } = authReply({ ...issued, refreshExpiresAt: 2 ** 31 + 5 }, fakeProject(projectId))
    assert.equal(body.cookieExpiration, 2 ** 31 - 1)
  })
  test('a name that the request asked for', () => {
    const project = fakeProject(projectId, cookieMode)
    const { body, cookies = [] } = authReply(issued, project, { cookieName: 'MINE' })
    assert.deepEqual(
      [body.cookieName, body.sessionCookieName, cookies[0]?.name, cookies[0]?.sameSite, cookies[0]?.domain],
      ['MINE', 'DS', 'MINE', 'strict', 'example.com'],
    )
    assert.deepEqual(
      clearCookies(project, { cookieName: 'MINE' }).map(({ name, value, maxAgeSeconds }) => [name, value, maxAgeSeconds]),
      [
        ['MINE', '', 0],
        ['DS', '', 0],
      ],
    )
    assert.deepEqual(clearCookies(fakeProject(projectId)), [])
  })
  test('only proper names are taken', () => {
    assert.deepEqual(['MINE', undefined, '', 'DS', 'a b', 'a;b', 'x'.repeat(65), '__Host-DSR'].map(refreshCookieName), [
      'MINE',
      'DSR',
      'DSR',
      'DSR',
      'DSR',
      'DSR',
      'DSR',
      '__Host-DSR',
    ])
  })
})

describe('WB-01: cookies', () => {
  const cookie: ReplyCookie = { name: 'DSR', value: 'a.b.c', maxAgeSeconds: 60, sameSite: 'lax', domain: '' }
  for (const [name, changes, expected] of [
    ['host-bound', {}, 'DSR=a.b.c; Path=/; Max-Age=60; Expires=Thu, 09 Oct 2025 08:54:20 GMT; HttpOnly; Secure; SameSite=Lax'],
    [
      'strict',
      { sameSite: 'strict' },
      'DSR=a.b.c; Path=/; Max-Age=60; Expires=Thu, 09 Oct 2025 08:54:20 GMT; HttpOnly; Secure; SameSite=Strict',
    ],
    [
      'none, with a domain',
      { sameSite: 'none', domain: 'example.com' },
      'DSR=a.b.c; Path=/; Domain=example.com; Max-Age=60; Expires=Thu, 09 Oct 2025 08:54:20 GMT; HttpOnly; Secure; SameSite=None',
    ],
    [
      'cleared',
      { value: '', maxAgeSeconds: 0 },
      'DSR=; Path=/; Max-Age=0; Expires=Thu, 01 Jan 1970 00:00:00 GMT; HttpOnly; Secure; SameSite=Lax',
    ],
    [
      '__Host- takes no domain',
      { name: '__Host-R', domain: 'example.com' },
      '__Host-R=a.b.c; Path=/; Max-Age=60; Expires=Thu, 09 Oct 2025 08:54:20 GMT; HttpOnly; Secure; SameSite=Lax',
    ],
  ] as const) {
    test(name, () => assert.equal(writeCookie({ ...cookie, ...changes }, issuedAt), expected))
  }
  for (const [name, changes] of [
    ['a name with a space', { name: 'a b' }],
    ['a value with a line break', { value: 'a\r\nSet-Cookie: x=y' }],
    ['a value with a semicolon', { value: 'a; Domain=evil.org' }],
    ['a domain with a semicolon', { domain: 'a.org; Path=/x' }],
    ['more than 4 096 bytes', { value: 'x'.repeat(4096) }],
  ] as const) {
    test(`refused: ${name}`, () => assert.throws(() => writeCookie({ ...cookie, ...changes }, issuedAt), RangeError))
  }
  test('reading takes the first of a name', () => {
    assert.equal(readCookie('XDSR=1; DSR=2;DSR=3', 'DSR'), '2')
    assert.equal(readCookie('DSR', 'DSR'), undefined)
    assert.equal(readCookie(null, 'DSR'), undefined)
  })
})
