import { createHmac, createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject, sign } from 'node:crypto'
import { CompactEncrypt, importJWK, type JWK } from 'jose'
import type { Kit } from '../kit.ts'

/** What forgeries are made of: everything that an attacker could know, and for the own-key ones what only the server knows. */
export interface Workshop {
  readonly kid: string
  readonly publicJwk: JWK
  readonly publicKey: KeyObject
  /** The server's own signing key, for tokens that are wrong in nothing but their header or claims. */
  readonly privateKey: KeyObject
  readonly foreignKey: KeyObject
  readonly foreignJwk: JWK
  /** Nobody may ever ask it for anything. */
  readonly canaryUrl: string
}

export async function openWorkshop(kit: Kit, canaryUrl: string): Promise<Workshop> {
  const { deps } = kit.auth
  const [record] = await deps.storage.signingKeys.list(kit.projectId)
  if (!record) throw new Error('The project has no key')
  const jwk = JSON.parse(deps.sealer.open(`signingKey/${kit.projectId}/${record.id}`, record.sealedPrivateJwk)) as JWK
  const foreign = generateKeyPairSync('rsa', { modulusLength: 2048 })
  return {
    kid: record.id,
    publicJwk: record.publicJwk as JWK,
    publicKey: createPublicKey({ key: record.publicJwk as JWK, format: 'jwk' }),
    privateKey: createPrivateKey({ key: jwk, format: 'jwk' }),
    foreignKey: foreign.privateKey,
    foreignJwk: foreign.publicKey.export({ format: 'jwk' }) as JWK,
    canaryUrl,
  }
}

type Claims = Readonly<Record<string, unknown>>
type Header = Readonly<Record<string, unknown>>

const encoded = (value: unknown) => Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url')

/** Signs as RS256 with any header; a claim set that is a text is taken as it is. */
export function signedToken(header: Header, claims: Claims | string, key: KeyObject, hash = 'sha256'): string {
  const input = `${encoded(header)}.${encoded(claims)}`
  return `${input}.${sign(hash, Buffer.from(input), key).toString('base64url')}`
}

export const ownHeader = ({ kid }: Workshop): Header => ({ alg: 'RS256', kid, typ: 'JWT' })

/** Tokens that were not signed by our key with our algorithm, or not in our form (JW-01, JW-02); each with a name. */
export async function forgeries(shop: Workshop, genuine: string, claims: Claims): Promise<ReadonlyMap<string, string>> {
  const [head = '', body = '', signature = ''] = genuine.split('.')
  return new Map([
    ...unsigned(shop, { head, body, signature }, claims),
    ...wrongAlgorithms(shop, claims),
    ...strangeHeaders(shop, claims),
    ...strangeKeyIds(shop, claims),
    ...(await strangeForms(shop, { genuine, head, body, signature })),
  ])
}

interface Parts {
  readonly head: string
  readonly body: string
  readonly signature: string
}

function unsigned(shop: Workshop, { head, body, signature }: Parts, claims: Claims): readonly (readonly [string, string])[] {
  const header = ownHeader(shop)
  const none = ['none', 'None', 'NONE', 'nOnE'].flatMap((alg) => [
    [`alg ${alg} without signature`, `${encoded({ ...header, alg })}.${body}.`] as const,
    [`alg ${alg} with a signature`, `${encoded({ ...header, alg })}.${body}.${signature}`] as const,
  ])
  const bytes = Buffer.from(signature, 'base64url')
  const flipped = Buffer.from(bytes)
  flipped.writeUInt8(flipped.readUInt8(100) ^ 1, 100)
  return [
    ...none,
    ['empty signature', `${head}.${body}.`],
    ['signature of zeros', `${head}.${body}.${Buffer.alloc(256).toString('base64url')}`],
    ['signature of ones', `${head}.${body}.${Buffer.alloc(256, 255).toString('base64url')}`],
    ['half a signature', `${head}.${body}.${bytes.subarray(0, 128).toString('base64url')}`],
    ['signature with a byte too many', `${head}.${body}.${Buffer.concat([bytes, Buffer.alloc(1)]).toString('base64url')}`],
    ['one flipped bit', `${head}.${body}.${flipped.toString('base64url')}`],
    ['signature of other claims', `${head}.${encoded({ ...claims, sub: 'Uother' })}.${signature}`],
    ['no alg', signedToken({ kid: shop.kid, typ: 'JWT' }, claims, shop.privateKey)],
  ]
}

function wrongAlgorithms(shop: Workshop, claims: Claims): readonly (readonly [string, string])[] {
  const header = ownHeader(shop)
  const input = (alg: string) => `${encoded({ ...header, alg })}.${encoded(claims)}`
  const hmac = (alg: string, hash: string, key: string | Buffer) =>
    `${input(alg)}.${createHmac(hash, key).update(input(alg)).digest('base64url')}`
  const pem = shop.publicKey.export({ type: 'spki', format: 'pem' })
  const der = shop.publicKey.export({ type: 'spki', format: 'der' })
  const pss = sign('sha256', Buffer.from(input('PS256')), { key: shop.privateKey, padding: 6, saltLength: 32 })
  const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey
  const es = sign('sha256', Buffer.from(input('ES256')), { key: ec, dsaEncoding: 'ieee-p1363' })
  const ed = sign(null, Buffer.from(input('EdDSA')), generateKeyPairSync('ed25519').privateKey)
  return [
    ['HS256 with the PEM public key', hmac('HS256', 'sha256', pem)],
    ['HS256 with the DER public key', hmac('HS256', 'sha256', der)],
    ['HS256 with the public JWK', hmac('HS256', 'sha256', JSON.stringify(shop.publicJwk))],
    ['HS256 with the modulus', hmac('HS256', 'sha256', Buffer.from(shop.publicJwk.n ?? '', 'base64url'))],
    ['HS512 with the PEM public key', hmac('HS512', 'sha512', pem)],
    ['HS256 with an empty key', hmac('HS256', 'sha256', '')],
    ['RS384 by our own key', signedToken({ ...header, alg: 'RS384' }, claims, shop.privateKey, 'sha384')],
    ['RS512 by our own key', signedToken({ ...header, alg: 'RS512' }, claims, shop.privateKey, 'sha512')],
    ['PS256 by our own key', `${input('PS256')}.${pss.toString('base64url')}`],
    ['rs256 in small letters by our own key', signedToken({ ...header, alg: 'rs256' }, claims, shop.privateKey)],
    ['alg as a list by our own key', signedToken({ ...header, alg: ['RS256'] }, claims, shop.privateKey)],
    ['ES256', `${input('ES256')}.${es.toString('base64url')}`],
    ['EdDSA', `${input('EdDSA')}.${ed.toString('base64url')}`],
    ['RS256 by another key', signedToken(header, claims, shop.foreignKey)],
  ]
}

function strangeHeaders(shop: Workshop, claims: Claims): readonly (readonly [string, string])[] {
  const { canaryUrl, foreignJwk } = shop
  const header = ownHeader(shop)
  const byOwn = (extra: Header) => signedToken({ ...header, ...extra }, claims, shop.privateKey)
  const byOther = (extra: Header) => signedToken({ ...header, ...extra }, claims, shop.foreignKey)
  const unencoded = `${encoded({ ...header, b64: false, crit: ['b64'] })}.${JSON.stringify(claims)}`
  const chain = [Buffer.from('a certificate').toString('base64')]
  return [
    ['crit of something unknown, by our own key', byOwn({ crit: ['x'], x: 1 })],
    ['crit of exp, by our own key', byOwn({ crit: ['exp'], exp: 1 })],
    ['crit that is empty, by our own key', byOwn({ crit: [] })],
    ['crit that is a text, by our own key', byOwn({ crit: 'b64' })],
    ['b64:false, by our own key', byOwn({ crit: ['b64'], b64: false })],
    ['b64:false without crit, by our own key', byOwn({ b64: false })],
    ['b64:false over the bare claims', `${unencoded}.${sign('sha256', Buffer.from(unencoded), shop.privateKey).toString('base64url')}`],
    ['jwk with the key that signed', byOther({ jwk: foreignJwk })],
    ['jwk with the key that signed, without kid', byOther({ jwk: foreignJwk, kid: undefined })],
    ['jku', byOther({ jku: `${canaryUrl}/keys` })],
    ['jku without kid', byOther({ jku: `${canaryUrl}/keys`, kid: undefined })],
    ['x5u', byOther({ x5u: `${canaryUrl}/chain` })],
    ['x5c', byOther({ x5c: chain })],
    ['x5t', byOther({ x5t: 'AAAA', 'x5t#S256': 'AAAA' })],
  ]
}

function strangeKeyIds(shop: Workshop, claims: Claims): readonly (readonly [string, string])[] {
  const kids: readonly unknown[] = [
    ...['../../dev/null', "' UNION SELECT 'x'--", "'; DROP TABLE signing_keys;--", `${shop.kid}\u0000`, `\u0000${shop.kid}`, '%', '*', ''],
    ...[shop.kid.toLowerCase(), ` ${shop.kid}`, 'k'.repeat(65), 'k'.repeat(10_240), shop.canaryUrl],
    ...[[shop.kid], { toString: shop.kid }, 1, true, null, undefined, '__proto__', 'constructor', '\ud800'],
  ]
  return kids.map((kid) => [
    `kid ${String(JSON.stringify(kid)).slice(0, 40)}, by our own key`,
    signedToken({ alg: 'RS256', kid, typ: 'JWT' }, claims, shop.privateKey),
  ])
}

async function strangeForms(
  shop: Workshop,
  { genuine, head, body, signature }: Parts & { readonly genuine: string },
): Promise<readonly (readonly [string, string])[]> {
  const sealed = await new CompactEncrypt(Buffer.from(genuine))
    .setProtectedHeader({ alg: 'RSA-OAEP-256', enc: 'A256GCM', kid: shop.kid, cty: 'JWT' })
    .encrypt(await importJWK({ ...shop.publicJwk, alg: 'RSA-OAEP-256' }, 'RSA-OAEP-256'))
  return [
    ['JWE to our own key', sealed],
    ['JSON serialisation, flattened', JSON.stringify({ protected: head, payload: body, signature })],
    ['JSON serialisation, general', JSON.stringify({ payload: body, signatures: [{ protected: head, signature }] })],
    ['JSON serialisation in base64url', encoded({ protected: head, payload: body, signature })],
    ['a dot at the end', `${genuine}.`],
    ['two dots at the end', `${genuine}..`],
    ['a dot in front', `.${genuine}`],
    ['two parts', `${head}.${body}`],
    ['one part', head],
    ['dots only', '..'],
    ['no header', `.${body}.${signature}`],
    ['no claims', `${head}..${signature}`],
    ['signature padded', `${genuine}==`],
    ['a header that is no JSON', signedToken('{"alg":"RS256"' as unknown as Header, {}, shop.privateKey)],
    ['a header that is a list', `${encoded([])}.${body}.${signature}`],
    ['claims that are a list', signedToken(ownHeader(shop), '[]', shop.privateKey)],
    ['claims that are a text', signedToken(ownHeader(shop), '"x"', shop.privateKey)],
    ['claims that are null', signedToken(ownHeader(shop), 'null', shop.privateKey)],
    ['claims that are no JSON', signedToken(ownHeader(shop), '{', shop.privateKey)],
  ]
}

/** Claim sets that are wrong in one thing, to be signed by the server's own key (JW-03); texts where JSON says what objects cannot. */
export function wrongClaims(claims: Claims, nowSeconds: number): ReadonlyMap<string, Claims | string> {
  const wrong = new Map<string, Claims | string>()
  const required = ['iss', 'sub', 'exp', 'iat', 'jti', 'drn', 'sid', 'gen']
  for (const name of required) {
    wrong.set(`${name} missing`, { ...claims, [name]: undefined })
    wrong.set(`${name} null`, { ...claims, [name]: null })
    wrong.set(`${name} of another type`, { ...claims, [name]: typeof claims[name] === 'number' ? String(claims[name]) : 1 })
    wrong.set(`${name} a list`, { ...claims, [name]: [claims[name]] })
    wrong.set(`${name} an object`, { ...claims, [name]: {} })
  }
  for (const name of ['exp', 'iat', 'gen', 'nbf']) {
    const others = JSON.stringify({ ...claims, [name]: undefined }).slice(0, -1)
    if (name !== 'nbf') wrong.set(`${name} negative`, { ...claims, [name]: -1 })
    wrong.set(`${name} 1e999`, `${others},"${name}":1e999}`)
    wrong.set(`${name} -1e999`, `${others},"${name}":-1e999}`)
    wrong.set(`${name} with a fraction too fine`, `${others},"${name}":${name === 'gen' ? 1.5 : '1e300'}}`)
  }
  const values: Readonly<Record<string, readonly unknown[]>> = {
    exp: [nowSeconds - 6, nowSeconds - 1, nowSeconds, 0],
    iat: [nowSeconds + 3611, nowSeconds + 86_400],
    nbf: [nowSeconds + 6, 'now', {}],
    iss: ['', 'P2other', `${claims.iss} `, `https://evil.example/${claims.iss}`],
    aud: ['', 'other', 1, ['other'], {}],
    sub: ['', 'Uother', `${claims.sub} `],
    sid: ['', 'Sother', '../x', "' OR 1=1--", `${claims.sid}\u0000`],
    gen: [0, 2, 99],
    drn: ['', 'ds', 'DSRX', 'constructor'],
  }
  for (const [name, list] of Object.entries(values)) {
    for (const value of list) wrong.set(`${name} ${JSON.stringify(value)}`, { ...claims, [name]: value })
  }
  return wrong
}
