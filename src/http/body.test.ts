import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { z } from 'zod'
import { fakeEdge, projectId, verdict } from './fakes.ts'
import { html, page } from './page.ts'
import { route } from './route.ts'
import { CustomClaims, LoginId, Password, SignUpUser } from './schemas.ts'

const fixed = { bytes: (length: number) => new Uint8Array(length) }

const routes = [
  route({
    method: 'POST',
    path: '/echo',
    access: 'project',
    summary: 'Answers the body',
    body: z.unknown(),
    reply: z.object({ seen: z.unknown() }),
    errors: [],
    run: async ({ body }) => ({ seen: body }),
  }),
  route({
    method: 'POST',
    path: '/sign-up',
    access: 'project',
    summary: 'Takes typical fields',
    body: z.object({ loginId: LoginId, password: Password, user: SignUpUser.optional(), customClaims: CustomClaims.optional() }),
    reply: z.object({}),
    errors: [],
    run: async () => ({}),
  }),
  route({
    method: 'POST',
    path: '/form',
    access: 'open',
    summary: 'A page that takes a form',
    kind: 'page',
    body: z.object({ token: z.string() }),
    reply: z.string(),
    errors: [],
    run: async ({ body }) => page({ random: fixed }, { title: 'Done', body: html`${body.token}` }),
  }),
]

const edge = fakeEdge(routes)

function send(body: string | Uint8Array<ArrayBuffer> | ReadableStream | null, headers: Record<string, string> = {}, path = '/echo') {
  const init = { method: 'POST', headers: { authorization: `Bearer ${projectId}`, 'content-type': 'application/json', ...headers }, body }
  return edge.send(path, body instanceof ReadableStream ? ({ ...init, duplex: 'half' } as RequestInit) : init)
}

/** What the route saw, as JSON; or status and code. */
async function seen(response: Response): Promise<string> {
  const body = (await response.json()) as { readonly seen?: unknown; readonly errorCode?: string }
  return response.status === 200 ? JSON.stringify(body.seen) : `${response.status} ${body.errorCode}`
}

describe('bodies of the official clients', () => {
  for (const [name, body, expected] of [
    ['Go and Java: no body under a JSON content type', null, '{}'],
    ['Node and Python: an empty object', '{}', '{}'],
    ['Python: null for what is unset', '{"a":null,"b":{"c":null,"d":1}}', '{"b":{"d":1}}'],
    ['Go: null for a nil object', '{"user":null}', '{}'],
    ['a literal null', 'null', '{}'],
    ['PHP: an array where an object is meant', '{"loginOptions":[]}', '{"loginOptions":[]}'],
    ['a bare array', '["U1","U2"]', '["U1","U2"]'],
    ['null inside an array stays', '[null,1]', '[null,1]'],
    ['white space around', ' {"a":1}\r\n', '{"a":1}'],
  ] as const) {
    test(name, async () => assert.equal(await seen(await send(body)), expected))
  }
})

describe('hostile 29: one documented rule for each oddity', () => {
  for (const [name, body, expected] of [
    ['of duplicate members the last one wins', '{"loginId":"a","loginId":"b"}', '{"loginId":"b"}'],
    ['a byte order mark', '\ufeff{"a":1}', '400 E011001'],
    ['a trailing comma', '{"a":1,}', '400 E011001'],
    ['NaN', '{"a":NaN}', '400 E011001'],
    ['a number that is infinite', '{"a":1e999}', '400 E011001'],
    ['a comment', '{"a":1/*x*/}', '400 E011001'],
    ['single quotes', "{'a':1}", '400 E011001'],
    ['white space alone', '   ', '400 E011001'],
    ['two documents', '{}{}', '400 E011001'],
  ] as const) {
    test(name, async () => assert.equal(await seen(await send(body)), expected))
  }
  test('bytes that are no UTF-8', async () => {
    assert.equal(await seen(await send(new Uint8Array([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d]))), '400 E011001')
  })
})

describe('WB-05: content types', () => {
  for (const [type, expected] of [
    ['application/json', '200'],
    ['application/json; charset=utf-8', '200'],
    ['application/json;charset=UTF-8', '200'],
    ['Application/JSON; charset="utf-8"', '200'],
    ['application/json; charset=iso-8859-1', '415 E011008'],
    ['application/json; charset=utf-16', '415 E011008'],
    ['text/json', '415 E011008'],
    ['text/plain', '415 E011008'],
    ['application/x-www-form-urlencoded', '415 E011008'],
    ['multipart/form-data; boundary=x', '415 E011008'],
    ['application/jsonp', '415 E011008'],
    ['application/json, text/plain', '415 E011008'],
    ['', '415 E011008'],
  ] as const) {
    test(type || 'none', async () =>
      assert.equal(await verdict(await send(new TextEncoder().encode('{}'), { 'content-type': type })), expected),
    )
  }
  for (const encoding of ['gzip', 'br', 'deflate', 'gzip, identity']) {
    test(`compressed: ${encoding}`, async () =>
      assert.equal(await verdict(await send('{}', { 'content-encoding': encoding })), '415 E011008'))
  }
  test('any content type will do without a body', async () => {
    assert.equal(await verdict(await send(null, { 'content-type': 'text/plain' })), '200')
  })
})

describe('WB-05: every field with every wrong type is 400', () => {
  for (const field of ['loginId', 'password', 'user', 'customClaims']) {
    for (const value of [1, true, ['x'], { a: 1 }, 'text', [[]], Number.MAX_VALUE]) {
      const isRight =
        (value === 'text' && (field === 'loginId' || field === 'password')) ||
        (typeof value === 'object' && 'a' in value && field !== 'loginId' && field !== 'password')
      test(`${field} = ${JSON.stringify(value)}`, async () => {
        const response = await send(JSON.stringify({ loginId: 'ada', password: 'x', [field]: value }), {}, '/sign-up')
        assert.equal(await verdict(response), isRight ? '200' : '400 E011003')
      })
    }
  }
  for (const [name, body, message] of [
    ['a missing field', { password: 'x' }, 'The loginId field is required'],
    ['a null field', { loginId: null, password: 'x' }, 'The loginId field is required'],
    ['a wrong field', { loginId: 7, password: 'x' }, 'The loginId field is invalid'],
    ['a field inside', { loginId: 'ada', password: 'x', user: { email: 7 } }, 'The user.email field is invalid'],
    ['two fields', {}, 'The loginId field is required; The password field is required'],
    ['no object at all', [], 'The request must be an object'],
  ] as const) {
    test(`the message names ${name}`, async () => {
      const answer = (await (await send(JSON.stringify(body), {}, '/sign-up')).json()) as { errorMessage: string; errorDescription: string }
      assert.equal(answer.errorMessage, message)
      assert.equal(answer.errorDescription, 'Request is invalid')
    })
  }
})

describe('IN-04: names that reach prototypes', () => {
  for (const body of [
    '{"__proto__":{"isAdmin":true}}',
    '{"user":{"__proto__":{"isAdmin":true}}}',
    '{"user":{"constructor":{"prototype":{"isAdmin":true}}}}',
    '{"a":[{"b":{"prototype":1}}]}',
    '{"customClaims":{"__proto__":null}}',
    '{"\\u005f_proto__":1}',
  ]) {
    test(body, async () => {
      assert.equal(await seen(await send(body)), '400 E011003')
      assert.equal(({} as Record<string, unknown>).isAdmin, undefined)
    })
  }
  test('in a form', async () => {
    const type = { 'content-type': 'application/x-www-form-urlencoded' }
    assert.equal((await send('__proto__=1&token=x', type, '/form')).status, 400)
  })
})

describe('WB-06: sizes', () => {
  const nested = (depth: number) => `${'['.repeat(depth)}${']'.repeat(depth)}`
  const entries = (...counts: number[]) =>
    JSON.stringify(Object.fromEntries(counts.map((count, index) => [`k${index}`, Array(count).fill(1)])))
  const members = (count: number) => JSON.stringify(Object.fromEntries(Array.from({ length: count }, (_, index) => [`k${index}`, 1])))
  const ok = /^[[{]/
  for (const [name, body, expected] of [
    ['64 KiB', `[]${' '.repeat(65_534)}`, ok],
    ['64 KiB and 1', `[]${' '.repeat(65_535)}`, /^413 E011007$/],
    ['16 levels', nested(16), ok],
    ['17 levels', nested(17), /^400 E011003$/],
    ['30 000 levels', nested(30_000), /^400 E011003$/],
    ['200 members', members(200), ok],
    ['201 members', members(201), /^400 E011003$/],
    ['10 000 entries of lists', entries(5000, 5000), ok],
    ['10 001 entries of lists', entries(5000, 5001), /^400 E011003$/],
    ['a text of 4 096', JSON.stringify(['x'.repeat(4096)]), ok],
    ['a text of 4 097', JSON.stringify(['x'.repeat(4097)]), /^400 E011003$/],
    ['a name of 4 097', JSON.stringify({ ['x'.repeat(4097)]: 1 }), /^400 E011003$/],
  ] as const) {
    test(name, async () => assert.match(await seen(await send(body)), expected))
  }

  test('an announced length over the limit is refused before anything is read', async () => {
    let pulls = 0
    const body = new ReadableStream({ pull: () => void pulls++ }, { highWaterMark: 0 })
    assert.equal(await verdict(await send(body, { 'content-length': '65537' })), '413 E011007')
    assert.equal(pulls, 0)
  })
  test('an announced length that is true is read in one go', async () => {
    assert.equal(await seen(await send('{"a":1}', { 'content-length': '7' })), '{"a":1}')
  })
  test('an announced length that lies does not help', async () => {
    assert.equal(await verdict(await send(`[]${' '.repeat(65_535)}`, { 'content-length': '2' })), '413 E011007')
  })
  test('a chunked endless body is cut', async () => {
    let sent = 0
    const body = new ReadableStream({
      pull(controller) {
        sent += 1024
        controller.enqueue(new Uint8Array(1024).fill(0x20))
      },
    })
    const response = await send(body)
    assert.equal(response.headers.get('connection'), 'close')
    assert.equal(await verdict(response), '413 E011007')
    assert.ok(sent < 100_000, `read ${sent} bytes`)
  })
  test('a body that breaks off ends quietly', async () => {
    const body = new ReadableStream({ pull: (controller) => controller.error(new Error('socket hang up')) })
    assert.equal((await send(body)).status, 400)
    assert.equal(edge.lines.at(-1)?.fields.status, 499)
    assert.equal(edge.lines.filter((line) => line.level === 'error').length, 0)
  })
})

describe('page routes take forms', () => {
  const type = { 'content-type': 'application/x-www-form-urlencoded' }
  test('a form', async () => {
    const response = await send('token=a%26b&token=%3Ci%3E', type, '/form')
    assert.equal(response.status, 200)
    assert.match(await response.text(), /&lt;i&gt;/)
  })
  test('JSON is refused, with a page', async () => {
    const response = await send('{"token":"x"}', {}, '/form')
    assert.equal(response.status, 415)
    assert.match(response.headers.get('content-type') ?? '', /^text\/html/)
  })
  test('a form that another site posts is refused', async () => {
    assert.equal((await send('token=x', { ...type, 'sec-fetch-site': 'cross-site' }, '/form')).status, 403)
  })
})
