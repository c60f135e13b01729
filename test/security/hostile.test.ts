import assert from 'node:assert/strict'
import { type Answer, goodPassword, type Json, type Kit, onEveryDatabase } from '../kit.ts'

/** Section 3 of the security bar, row by row, and the rows on what callers may set; what other files cover is not repeated. */
const loginId = 'ada@example.com'
const newPassword = 'another good passphrase 2'

const signUp = (kit: Kit, body: object) => kit.call('/v1/auth/password/signup', { body: { loginId, password: goodPassword, ...body } })
const signIn = (kit: Kit, password: string, id = loginId) => kit.call('/v1/auth/password/signin', { body: { loginId: id, password } })
const raw = (kit: Kit, path: string, body: string) => kit.call(path, { body })
const codeOf = ({ status, body }: Answer) => `${status} ${body?.errorCode ?? ''}`.trim()

const controls = ['\u0000', '\u0001', '\u001b[31m', '\u007f', '\u0085', '\r\n', '\t', '\ud800', '\udfff\ud800']

onEveryDatabase('IN-03: control characters and broken Unicode are 400 in every field that is stored', async (kit) => {
  for (const bad of controls) {
    const text = `a${bad}b`
    const attempts: readonly object[] = [
      { loginId: text },
      { loginId: `${text}@example.com` },
      ...['name', 'givenName', 'middleName', 'familyName', 'email', 'phone', 'loginId'].map((field) => ({ user: { [field]: text } })),
      ...[{ x: text }, { [text]: 1 }, { x: { y: [text] } }, { x: { [text]: 1 } }].map((customClaims) => ({
        loginOptions: { customClaims },
      })),
      { loginOptions: { locale: text } },
      { loginOptions: { templateOptions: { x: text } } },
      { providerId: text },
    ]
    for (const attempt of attempts) {
      assert.equal(codeOf(await signUp(kit, attempt)), '400 E011003', JSON.stringify(attempt))
    }
  }
  assert.equal((await signUp(kit, {})).status, 200, 'none of them took the login ID')
})

onEveryDatabase('IN-03: a hostile user agent is stored without what could act, and signs in', async (kit) => {
  await kit.signUp(loginId)
  for (const agent of ['\u0001\u001b[31mred', '\u009b31m', 'x'.repeat(4096), '\u00ff\u00fe', '"quoted" \\ back']) {
    const answer = await kit.call('/v1/auth/password/signin', {
      body: { loginId, password: goodPassword },
      headers: { 'user-agent': agent },
    })
    assert.equal(answer.status, 200)
    const [event] = await kit.auth.deps.storage.events.forUser(kit.projectId, answer.body.user.userId, { limit: 1 })
    // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must not be there
    assert.doesNotMatch(event?.userAgent ?? '', /[\u0000-\u001f\u007f-\u009f]/)
    assert.ok((event?.userAgent.length ?? 0) <= 256)
  }
})

onEveryDatabase('PW-06, 3.1: a password of broken Unicode is 400 when set and an ordinary error at sign-in', async (kit) => {
  const broken = `\ud800${'abcdefghijklmno'}`
  assert.equal(codeOf(await signUp(kit, { password: broken })), '400 E062904')
  const session = await kit.signUp(loginId)
  assert.equal(codeOf(await signIn(kit, broken)), '401 E062903')
  const update = await kit.call('/v1/auth/password/update', { token: session.refreshJwt, body: { loginId, newPassword: broken } })
  assert.equal(codeOf(update), '400 E062904')
  const replace = await kit.call('/v1/auth/password/replace', { body: { loginId, oldPassword: goodPassword, newPassword: broken } })
  assert.equal(codeOf(replace), '400 E062904')
  assert.equal(codeOf(await signIn(kit, '\udfff'.repeat(15))), '401 E062903')
})

onEveryDatabase('PW-05, PW-06, 3.3, 3.5, 3.7: passwords are neither trimmed, cut nor folded, but normalised', async (kit) => {
  const pairs: readonly (readonly [string, string, boolean])[] = [
    ['caf\u00e9 au lait, please', 'cafe\u0301 au lait, please', true],
    [' outer spaces count ', 'outer spaces count', false],
    ['Case Matters Here 1', 'case matters here 1', false],
    [`${'a1'.repeat(36)}X`, `${'a1'.repeat(36)}Y`, false],
    [`${'b2'.repeat(64)}X`, `${'b2'.repeat(64)}Y`, false],
    [`${'c3'.repeat(100)}X${'d'.repeat(50)}`, `${'c3'.repeat(100)}Y${'d'.repeat(50)}`, false],
    ['nul ends nothing\u0000X', 'nul ends nothing\u0000Y', false],
    ['nul ends nothing\u0000X', 'nul ends nothing', false],
    [' '.repeat(15), ' '.repeat(14), false],
    ['\u200b'.repeat(15), '', false],
    ['ﬁgurative ligature', 'figurative ligature', false],
    ['🐎'.repeat(15), '🐎'.repeat(16), false],
  ]
  for (const [index, [stored, tried, isSame]] of pairs.entries()) {
    const id = `user${index}@example.com`
    const signedUp = await signUp(kit, { loginId: id, password: stored })
    if (signedUp.status === 400) {
      assert.equal(signedUp.body.errorCode, 'E062904', 'the policy decides, nothing else')
      continue
    }
    assert.equal((await signIn(kit, stored, id)).status, 200, JSON.stringify(stored))
    assert.equal(codeOf(await signIn(kit, tried, id)), isSame ? '200' : '401 E062903', JSON.stringify(tried))
  }
})

onEveryDatabase('PW-05: over 256 code points is a policy error when set and an ordinary one at sign-in, without a hash', async (kit) => {
  const long = 'x'.repeat(257)
  assert.equal(codeOf(await signUp(kit, { password: long })), '400 E062904')
  await kit.signUp(loginId)
  assert.equal(codeOf(await signIn(kit, long)), '401 E062903')
  assert.equal(codeOf(await signIn(kit, long, 'nobody@example.com')), '401 E062903')
  assert.equal(codeOf(await signIn(kit, 'x'.repeat(4097))), '400 E011003')
  const huge = await raw(kit, '/v1/auth/password/signin', JSON.stringify({ loginId, password: 'x'.repeat(1_048_576) }))
  assert.equal(huge.status, 413)
})

for (const [name, hostile] of [
  ['3.11 a list', 'victim@x.org,me@evil.org'],
  ['3.11 a list with semicolons', 'victim@x.org;me@evil.org'],
  ['3.13 a quoted local part', '"me@evil.org x"@x.org'],
  ['3.15 a dotless i', 'vıctim@x.org'],
  ['IN-05 a header', 'victim@x.org\r\nBcc: me@evil.org'],
  ['IN-05 a comment', 'victim(x)@x.org'],
  ['IN-05 a group', 'g:victim@x.org;'],
] as const) {
  onEveryDatabase(`${name} is no login ID and no address, and gets no mail`, async (kit) => {
    await kit.signUp('victim@x.org')
    assert.equal(codeOf(await signUp(kit, { loginId: hostile })), '400 E011003')
    assert.equal(codeOf(await signUp(kit, { loginId: 'fresh', user: { email: hostile } })), '400 E011003')
    const reset = await kit.call('/v1/auth/password/reset', { body: { loginId: hostile } })
    assert.ok(reset.status === 200 || reset.status === 400)
    assert.deepEqual(
      (await kit.mails()).filter(({ kind }) => kind === 'password.reset'),
      [],
    )
  })
}

onEveryDatabase(
  '3.17, RC-09: punycode, Unicode, full-width and cased domains are one account, and its mail goes to the stored address',
  async (kit) => {
    await kit.signUp('ada@bücher.example')
    for (const spelling of [
      'ada@xn--bcher-kva.example',
      'ADA@BÜCHER.example',
      'ada@bu\u0308cher.example',
      'ada@ｂücher.example',
      'ada@bücher。example',
    ]) {
      assert.equal((await signIn(kit, goodPassword, spelling)).status, 200, spelling)
      assert.equal(codeOf(await signUp(kit, { loginId: spelling })), '400 E062107', spelling)
      kit.clock.advance(901)
      await kit.call('/v1/auth/password/reset', { body: { loginId: spelling } })
    }
    const mails = (await kit.mails()).filter(({ kind }) => kind === 'password.reset')
    assert.equal(mails.length, 5)
    assert.deepEqual([...new Set(mails.map(({ to }) => to))], ['ada@xn--bcher-kva.example'])
  },
)

onEveryDatabase(
  'RC-07, 3.21 to 3.25: redirect URLs that are not approved are 400 and send nothing',
  async (kit) => {
    await kit.signUp(loginId)
    await kit.set({ project: { trustedDomains: 'app.example, https://app2.example/cb, myapp://' } })
    const refused = [
      ...['//evil.org', '/\\evil.org', '\\\\evil.org', 'http:evil.org', 'https:evil.org', 'https:///evil.org', 'evil.org', '/cb'],
      ...[
        'https://app.example:8443',
        'http://app.example',
        'https://app.example.evil.org',
        'https://evilapp.example',
        'https://evil.org/app.example',
      ],
      ...[
        'https://app.example@evil.org',
        'https://evil.org#@app.example',
        'https://evil.org?app.example',
        'https://evil.org\\@app.example',
      ],
      ...[
        'https://app2.example/cb/../../evil',
        'https://app2.example/cb%2f..%2f',
        'https://app2.example/cbX',
        'https://app2.example/',
        'https://app2.example/CB',
      ],
      ...[
        'javascript:alert(1)',
        'JavaScript://app.example/%0aalert(1)',
        'data:text/html,x',
        'file:///etc/passwd',
        'myapp2://x',
        'ftp://app.example',
      ],
      ...[
        'https://app.example\t.evil.org',
        'https://app.example\u0000.evil.org',
        ' https://evil.org',
        'https://аpp.example',
        'https://sub.app.example',
      ],
      ...[
        'https://user:pw@app.example',
        'https://app.example%2eevil.org',
        'https://[::1]',
        'http://127.0.0.1:8787/reset',
        'http://localhost',
        'https://auth.example.evil.org',
        'http://auth.example',
        'https://2130706433',
      ],
    ]
    for (const redirectUrl of refused) {
      const answer = await kit.call('/v1/auth/password/reset', { body: { loginId, redirectUrl } })
      assert.equal(answer.status, 400, redirectUrl)
    }
    assert.deepEqual(
      (await kit.mails()).filter(({ kind }) => kind === 'password.reset'),
      [],
    )
    for (const redirectUrl of [
      'https://app.example',
      'https://app.example/any?x=1',
      'https://APP.example/x',
      'https://app.example:443/',
      'https://app2.example/cb',
      'https://app2.example/cb/deep',
      'myapp://reset',
      'https://auth.example/reset',
    ]) {
      kit.clock.advance(901)
      assert.equal((await kit.call('/v1/auth/password/reset', { body: { loginId, redirectUrl } })).status, 200, redirectUrl)
    }
    assert.equal((await kit.mails()).filter(({ kind }) => kind === 'password.reset').length, 8)
  },
  { publicUrl: 'https://auth.example' },
)

onEveryDatabase('IN-04, 3.27: __proto__, constructor and prototype are refused at any depth, and nothing is polluted', async (kit) => {
  const nest = (depth: number, inner: string): string => (depth === 0 ? inner : `{"a":${nest(depth - 1, inner)}}`)
  for (const name of ['__proto__', 'constructor', 'prototype']) {
    const evil = `{"${name}":{"isAdmin":true,"polluted":"yes"}}`
    for (const value of [evil, nest(3, evil), `[${evil}]`, `{"constructor":${evil}}`]) {
      for (const [path, body] of [
        ['/v1/auth/password/signup', `{"loginId":"new@example.com","password":"${goodPassword}","user":${value}}`],
        ['/v1/auth/password/signup', `{"loginId":"new@example.com","password":"${goodPassword}","loginOptions":{"customClaims":${value}}}`],
        ['/v1/auth/password/signin', `{"loginId":"new@example.com","password":"x","loginOptions":${value}}`],
        ['/v1/auth/password/reset', `{"loginId":"new@example.com","templateOptions":${value}}`],
        ['/v1/auth/password/reset', `{"loginId":"new@example.com","unknown":${value}}`],
        ['/v1/auth/magiclink/verify', evil],
      ] as const) {
        assert.equal(codeOf(await raw(kit, path, body)), '400 E011003', body)
      }
    }
  }
  assert.equal(({} as Json).polluted, undefined)
  assert.equal(({} as Json).isAdmin, undefined)
  const { user } = await kit.signUp('new@example.com')
  assert.equal('isAdmin' in user, false)
})

onEveryDatabase('WB-05, 3.29: doubled members take the last, and what is malformed is 400', async (kit) => {
  await kit.signUp(loginId)
  const doubled = await raw(
    kit,
    '/v1/auth/password/signin',
    `{"loginId":"nobody","password":"x","loginId":"${loginId}","password":"${goodPassword}"}`,
  )
  assert.equal(doubled.status, 200)
  for (const malformed of [
    '\ufeff{}',
    '{"a":1,}',
    '{"a":NaN}',
    '{"a":Infinity}',
    "{'a':1}",
    '{a:1}',
    '{"a":1e999}',
    '{"a":01}',
    '[',
    '"',
    '{"a":1}{"b":2}',
    '//x\n{}',
  ]) {
    assert.equal(codeOf(await raw(kit, '/v1/auth/password/signin', malformed)), '400 E011001', malformed)
  }
  for (const wrongKind of ['[]', '1', 'true', '"text"', `[{"loginId":"${loginId}"}]`]) {
    assert.equal(codeOf(await raw(kit, '/v1/auth/password/signin', wrongKind)), '400 E011003', wrongKind)
  }
})

/** Members that only the server or an administrator may set. */
const privileged = {
  ...{
    verifiedEmail: true,
    verifiedPhone: true,
    isEmailVerified: true,
    status: 'disabled',
    test: true,
    isTest: true,
    userId: 'Uchosen',
    id: 'Uchosen',
  },
  ...{
    roleNames: ['admin'],
    roles: ['admin'],
    permissions: ['*'],
    userTenants: [{ tenantId: 'T1' }],
    tenants: { T1: {} },
    createdTime: 1,
    modifiedTime: 1,
  },
  ...{
    customAttributes: { plan: 'gold' },
    loginIds: ['root@example.com'],
    externalIds: ['root'],
    picture: 'https://evil.example/x',
    password: 'x',
  },
  ...{
    hashedPassword: { argon2: {} },
    hash: '$argon2id$',
    passwordHash: 'x',
    TOTP: true,
    webauthn: true,
    editable: false,
    recoveryEmail: 'root@example.com',
    isRecoveryEmailVerified: true,
    isAnonymous: true,
    ssoAppIds: ['x'],
    projectId: 'Pother',
  },
}

onEveryDatabase('MG-04: privileged members of sign-up are dropped, wherever they stand', async (kit) => {
  const answer = await signUp(kit, {
    ...privileged,
    password: goodPassword,
    user: { ...privileged, name: 'Ada' },
    loginOptions: { ...privileged, claims: privileged },
  })
  assert.equal(answer.status, 200)
  const { user, loginIds } = await kit.auth.api.showUser({ projectId: kit.projectId, loginId })
  assert.deepEqual(
    { ...user, id: '', createdAt: 0, modifiedAt: 0, lastSignInAt: 0 },
    {
      ...{ projectId: kit.projectId, id: '', status: 'enabled', email: loginId, isEmailVerified: false, phone: '', isPhoneVerified: false },
      ...{ name: 'Ada', givenName: '', middleName: '', familyName: '', picture: '', isTest: false, customAttributes: {} },
      ...{ recoveryEmail: '', isRecoveryEmailVerified: false, recoveryPhone: '', isRecoveryPhoneVerified: false, isAnonymous: false },
      ...{ createdAt: 0, modifiedAt: 0, lastSignInAt: 0 },
    },
  )
  assert.equal(user.createdAt, kit.clock.nowSeconds())
  assert.deepEqual(
    loginIds.map(({ shown }) => shown),
    [loginId],
  )
  assert.match(user.id, /^U[A-Za-z0-9]{27}$/)
  assert.equal((await signIn(kit, goodPassword)).status, 200)
})

onEveryDatabase('MG-04: no call of a user changes a privileged member, and who acts is never taken from the body', async (kit) => {
  await kit.signUp('other@example.com')
  const session = await kit.signUp(loginId)
  const show = (id: string) => kit.auth.api.showUser({ projectId: kit.projectId, loginId: id })
  const other = await show('other@example.com')
  const before = [await show(loginId), other]
  const hints = { userId: other.user.id, sub: other.user.id, user: { ...privileged, loginId: 'other@example.com' } }
  const token: string = session.refreshJwt
  const calls: readonly (readonly [string, object])[] = [
    ['/v1/auth/refresh', {}],
    ['/v1/auth/try-refresh', {}],
    ['/v1/auth/password/reset', { loginId }],
    ['/v1/auth/password/signin', { loginId, password: goodPassword }],
    ['/v1/auth/password/update', { loginId, newPassword }],
    ['/v1/auth/logoutall', {}],
  ]
  for (const [path, body] of calls) {
    const answer = await kit.call(path, { token, body: { ...privileged, ...hints, ...body } })
    assert.equal(answer.status, 200, `${path}: ${answer.text}`)
  }
  const timeless = (account: Json) => ({ ...account, user: { ...account.user, modifiedAt: 0, lastSignInAt: 0 } })
  assert.deepEqual([timeless(await show(loginId)), timeless(await show('other@example.com'))], before.map(timeless))
  assert.equal((await signIn(kit, goodPassword, 'other@example.com')).status, 200, 'nothing happened to the other user')
})

onEveryDatabase(
  '3.35: a token of generation n-2 ends its family; one of another project or of a deleted user ends nothing',
  async (kit) => {
    await kit.set({ project: { rotateJwt: true } })
    const { projectId } = kit
    const first = await kit.signUp(loginId)
    const chain: string[] = [first.refreshJwt]
    for (let i = 0; i < 3; i++) {
      kit.clock.advance(11)
      chain.push((await kit.call('/v1/auth/refresh', { token: chain.at(-1) ?? '', body: {} })).body.refreshJwt)
    }
    const live = chain.at(-1) ?? ''
    const other = await kit.auth.api.createProject({ name: 'Other' })
    for (const token of chain) {
      assert.equal((await kit.call('/v1/auth/refresh', { projectId: other.projectId, token, body: {} })).status, 401)
    }
    assert.equal((await kit.call('/v1/auth/me', { token: live })).status, 200, 'the other project ended nothing')
    assert.equal((await kit.call('/v1/auth/refresh', { token: chain[1] ?? '', body: {} })).status, 401)
    assert.equal((await kit.call('/v1/auth/me', { token: live })).status, 401, 'the family is ended')
    const second = await kit.signUp('bob@example.com')
    await kit.auth.api.deleteUser({ projectId, loginId: 'bob@example.com' })
    assert.equal((await kit.call('/v1/auth/refresh', { token: second.refreshJwt, body: {} })).status, 401)
    const again = await kit.signUp('bob@example.com')
    assert.notEqual(again.user.userId, second.user.userId)
    assert.equal(
      (await kit.call('/v1/auth/refresh', { token: second.refreshJwt, body: {} })).status,
      401,
      'the successor of the name is somebody else',
    )
  },
)
