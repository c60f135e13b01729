import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import { test } from 'node:test'
import { CompactEncrypt, type CryptoKey, exportSPKI, generateKeyPair, SignJWT } from 'jose'
import { fakeServer, jsonReply, projectId, publicKey, signingPair, signToken } from '../test/fake-server.ts'
import type { TokenErrorReason } from './errors.ts'
import { createClient } from './index.ts'
import type { VerifyOptions } from './tokens.ts'

const nowSeconds = 1_800_000_000
const client = createClient({ ...fakeServer().options, now: () => nowSeconds * 1000 })
const encode = (value: unknown) => Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url')
const session = (claims: Readonly<Record<string, unknown>> = {}, header = {}) =>
  signToken({ iat: nowSeconds, exp: nowSeconds + 600, ...claims }, header)

for (const [name, claims, options] of [
  ['a session token', {}],
  ['an issuer that is a URL', { iss: `https://auth.example.com/${projectId}` }],
  ['an issuer that is a URL with more path', { iss: `https://auth.example.com/v1/apps/${projectId}` }],
  ['4 s after its expiry', { exp: nowSeconds - 4 }],
  ['4 s before its time', { nbf: nowSeconds + 4 }],
  ['the project as audience', { aud: [projectId, 'other'] }],
  ['the audience that was asked for', { aud: ['api'] }, { audience: 'api' }],
] as const satisfies readonly (readonly [string, Readonly<Record<string, unknown>>, VerifyOptions?])[]) {
  test(`JW-03: accepted: ${name}`, async () => {
    const jwt = await session(claims)
    const info = await client.validateSession(jwt, options)
    assert.equal(info.jwt, jwt)
    assert.equal(info.token.iss, projectId)
    assert.deepEqual([info.token.sub, info.token.drn], ['U1', 'DS'])
  })
}

for (const [name, claims, reason, options] of [
  ['no subject', { sub: undefined }, 'claims'],
  ['an empty subject', { sub: '' }, 'claims'],
  ['a subject that is a list', { sub: ['U1'] }, 'claims'],
  ['no expiry', { exp: undefined }, 'claims'],
  ['an expiry that is text', { exp: '9999999999' }, 'claims'],
  ['expired 6 s ago', { exp: nowSeconds - 6 }, 'expired'],
  ['a negative expiry', { exp: -1 }, 'expired'],
  ['not valid for 6 s', { nbf: nowSeconds + 6 }, 'notYetValid'],
  ['no issuer', { iss: undefined }, 'claims'],
  ['another project', { iss: projectId.replace('2', '3') }, 'issuer'],
  ['a list of issuers', { iss: [`https://auth.example.com/${projectId}`] }, 'issuer'],
  ['the project in the middle of the path', { iss: `https://auth.example.com/${projectId}/x` }, 'issuer'],
  ['the project in the query', { iss: `https://evil.example/?/${projectId}` }, 'issuer'],
  ['the project at the end of a name', { iss: `x${projectId}` }, 'issuer'],
  ['another audience', { aud: 'other' }, 'audience'],
  ['not the audience that was asked for', { aud: [projectId] }, 'audience', { audience: 'api' }],
  ['no audience where one was asked for', {}, 'audience', { audience: 'api' }],
] as const satisfies readonly (readonly [string, Readonly<Record<string, unknown>>, TokenErrorReason, VerifyOptions?])[]) {
  test(`JW-03: refused: ${name}`, async () => {
    await assert.rejects(client.validateSession(await session(claims), options), { name: 'TokenError', reason })
  })
}

test('JW-03: an expiry beyond all numbers is refused', async () => {
  const head = encode({ alg: 'RS256', kid: 'SK1' })
  const body = encode(`{"iss":"${projectId}","sub":"U1","drn":"DS","exp":1e999}`)
  const signature = await crypto.subtle.sign('RSASSA-PKCS1-v1_5', signingPair.privateKey, Buffer.from(`${head}.${body}`))
  const jwt = `${head}.${body}.${Buffer.from(signature).toString('base64url')}`
  await assert.rejects(client.validateSession(jwt), { name: 'TokenError', reason: 'claims' })
})

for (const drn of ['DSR', 'ds', '', undefined, ['DS'], true]) {
  test(`JW-04: a token whose drn is ${JSON.stringify(drn)} is no session`, async () => {
    await assert.rejects(client.validateSession(await session({ drn })), {
      name: 'TokenError',
      reason: drn === undefined ? 'claims' : 'kind',
    })
  })
}

const good = await session()
const [head = '', body = '', signature = ''] = good.split('.')
const publicPem = await exportSPKI(signingPair.publicKey)
const stranger = await generateKeyPair('RS256')
const hmac = `${encode({ alg: 'HS256', kid: 'SK1' })}.${body}`
const claims = { iss: projectId, sub: 'U1', drn: 'DS', exp: nowSeconds + 600 }
const sign = (alg: string, key: CryptoKey, header = {}) => new SignJWT(claims).setProtectedHeader({ alg, kid: 'SK1', ...header }).sign(key)
const pss = await generateKeyPair('PS256')
const ec = await generateKeyPair('ES256')

for (const [name, jwt, reason] of [
  ['nothing', '', 'missing'],
  ['no token at all', undefined, 'missing'],
  ['text', 'junk', 'malformed'],
  ['two parts', `${head}.${body}`, 'malformed'],
  ['a dot at the end', `${good}.`, 'malformed'],
  ['a header that is not JSON', `${encode('junk')}.${body}.${signature}`, 'malformed'],
  ['JSON serialisation', JSON.stringify({ protected: head, payload: body, signature }), 'malformed'],
  ['17 KB', `${good}${'A'.repeat(17_000)}`, 'malformed'],
  [
    'an encrypted token',
    await new CompactEncrypt(Buffer.from('{}')).setProtectedHeader({ alg: 'dir', enc: 'A128CBC-HS256' }).encrypt(new Uint8Array(32)),
    'malformed',
  ],
  ['alg none', `${encode({ alg: 'none', kid: 'SK1' })}.${body}.`, 'algorithm'],
  ['alg None', `${encode({ alg: 'None', kid: 'SK1' })}.${body}.${signature}`, 'algorithm'],
  ['HS256 keyed with the public key', `${hmac}.${createHmac('sha256', publicPem).update(hmac).digest('base64url')}`, 'algorithm'],
  ['PS256', await sign('PS256', pss.privateKey), 'algorithm'],
  ['ES256', await sign('ES256', ec.privateKey), 'algorithm'],
  ['an empty signature', `${head}.${body}.`, 'signature'],
  ['a signature of zeros', `${head}.${body}.${Buffer.alloc(256).toString('base64url')}`, 'signature'],
  ['claims changed', `${head}.${encode({ ...claims, sub: 'U2' })}.${signature}`, 'signature'],
  ['a key of a stranger', await sign('RS256', stranger.privateKey), 'signature'],
  [
    'a key in the header',
    await sign('RS256', stranger.privateKey, { jwk: publicKey('SK1'), jku: 'https://evil.example/keys' }),
    'signature',
  ],
  [
    'crit',
    await session({}, { crit: ['x'], x: 1 }).catch(() => `${encode({ alg: 'RS256', kid: 'SK1', crit: ['x'], x: 1 })}.${body}.${signature}`),
    'malformed',
  ],
  ['b64 false', `${encode({ alg: 'RS256', kid: 'SK1', b64: false, crit: ['b64'] })}.${body}.${signature}`, 'signature'],
  ['no key ID', await session({}, { kid: undefined }), 'unknownKey'],
  ['an empty key ID', await session({}, { kid: '' }), 'unknownKey'],
  ['a key ID of 10 KB', await session({}, { kid: 'K'.repeat(10_000) }), 'unknownKey'],
  ['a key ID from a prototype', await session({}, { kid: '__proto__' }), 'unknownKey'],
] as const satisfies readonly (readonly [string, string | undefined, TokenErrorReason])[]) {
  test(`JW-01: refused: ${name}`, async () => {
    await assert.rejects(client.validateSession(jwt), (error: unknown) => {
      assert.ok(error instanceof Error && 'reason' in error)
      assert.deepEqual([error.name, error.reason], ['TokenError', reason])
      if (jwt && jwt.length > 10) assert.equal(error.message.includes(jwt), false)
      return true
    })
  })
}

test('JW-02: only the key set of the project is ever fetched', async () => {
  const server = fakeServer()
  const other = createClient(server.options)
  const jwt = await sign('RS256', stranger.privateKey, { kid: '../../x', jku: 'https://evil.example/keys', x5u: 'https://evil.example' })
  await assert.rejects(other.validateSession(jwt), { reason: 'unknownKey' })
  assert.deepEqual(new Set(server.arrived.map(({ path }) => path)), new Set([`/v2/keys/${projectId}`]))
  assert.equal(server.arrived[0]?.headers.get('authorization'), null)
})

test('an answer of another status than 200 is no key set', async () => {
  const server = fakeServer({ [`/v2/keys/${projectId}`]: () => jsonReply({ keys: [publicKey('SK1')] }, 404) })
  await assert.rejects(createClient(server.options).validateSession(good), { name: 'UnavailableError', reason: 'reply' })
})
