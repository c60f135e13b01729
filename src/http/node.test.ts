import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { describe, type TestContext, test } from 'node:test'
import { z } from 'zod'
import { fakeEdge, type LogLine } from './fakes.ts'
import type { Handler } from './handler.ts'
import { type Listening, type ListenLimits, listen } from './node.ts'
import { route } from './route.ts'

const routes = [
  route({
    method: 'GET',
    path: '/ok',
    access: 'open',
    summary: 'Fine',
    reply: z.object({ ip: z.string() }),
    errors: [],
    run: async ({ caller }) => ({ ip: caller.source.ip }),
  }),
  route({
    method: 'POST',
    path: '/echo',
    access: 'open',
    summary: 'Echo',
    body: z.object({ a: z.int().optional() }),
    reply: z.object({ a: z.int().optional() }),
    errors: [],
    run: async ({ body }) => body,
  }),
]

async function start(
  context: TestContext,
  input: { handler?: Handler; limits?: Partial<ListenLimits>; lines?: LogLine[] } = {},
): Promise<Listening> {
  const edge = fakeEdge(routes)
  const note = (event: string, fields = {}) => void input.lines?.push({ level: 'info', event, fields })
  const log = {
    debug: note,
    info: note,
    warn: note,
    error: (event: string, cause: unknown) => void input.lines?.push({ level: 'error', event, fields: {}, cause }),
  }
  const server = await listen({ handler: input.handler ?? edge.handler, log, address: '127.0.0.1', port: 0, limits: input.limits ?? {} })
  context.after(() => server.close(0))
  return server
}

/** Writes text as it is and gathers what comes back until the server closes. */
async function speak(server: Listening, text: string): Promise<string> {
  const socket = connect(server.port, server.address)
  socket.write(text, 'latin1')
  return hearOut(socket)
}

async function hearOut(socket: Socket): Promise<string> {
  let heard = ''
  socket.on('data', (chunk) => {
    heard += chunk.toString('latin1')
  })
  // A reset after the answer is a way to close, too.
  socket.on('error', () => undefined)
  await new Promise((resolve) => socket.once('close', resolve))
  return heard
}

const statuses = (heard: string) => [...heard.matchAll(/HTTP\/1\.1 (\d{3})/g)].map((match) => match[1])

describe('a running server', () => {
  test('answers, and hands on the address of the connection', async (context) => {
    const server = await start(context)
    const response = await fetch(`${server.url}/ok`)
    assert.deepEqual(await response.json(), { ip: '127.0.0.1' })
    assert.equal(response.headers.get('content-security-policy'), "default-src 'none'; frame-ancestors 'none'")
  })
  test('reads bodies with a length and in chunks', async (context) => {
    const server = await start(context)
    for (const body of ['{"a":1}', new Blob(['{"a":1}']).stream()]) {
      const init = { method: 'POST', headers: { 'content-type': 'application/json' }, body, duplex: 'half' }
      assert.deepEqual(await (await fetch(`${server.url}/echo`, init as RequestInit)).json(), { a: 1 })
    }
  })
  test('BF-05: the absolute form and pipelining meet the same routes', async (context) => {
    const server = await start(context)
    const heard = await speak(
      server,
      'GET http://other.example//ok HTTP/1.1\r\nHost: x\r\n\r\nGET /ok/ HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n',
    )
    assert.deepEqual(statuses(heard), ['200', '200'])
  })
  test('the address that is taken is an error at the start', async (context) => {
    const server = await start(context)
    const log = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined }
    await assert.rejects(listen({ handler: async () => new Response(), log, address: server.address, port: server.port }), {
      code: 'EADDRINUSE',
    })
  })
  test('a client that goes away aborts the signal', async (context) => {
    const aborted = Promise.withResolvers<void>()
    const arrived = Promise.withResolvers<void>()
    const server = await start(context, {
      async handler(request) {
        request.signal.addEventListener('abort', () => aborted.resolve())
        arrived.resolve()
        await aborted.promise
        return new Response('{}')
      },
    })
    const client = new AbortController()
    const call = fetch(`${server.url}/ok`, { signal: client.signal })
    await arrived.promise
    client.abort()
    await assert.rejects(call)
    await aborted.promise
  })
})

describe('WB-08: message framing', () => {
  const smuggled = 'GET /smuggled HTTP/1.1\r\nHost: x\r\n\r\n'
  for (const [name, text] of [
    ['length and chunked', `POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n${smuggled}`],
    ['chunked and length', `POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n0\r\n\r\n${smuggled}`],
    ['two lengths', `POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\nContent-Length: 40\r\n\r\n${smuggled}`],
    ['a list of lengths', `POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 0, 40\r\n\r\n${smuggled}`],
    ['a length with a plus', `POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: +0\r\n\r\n${smuggled}`],
    ['a length in hex', `POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 0x0\r\n\r\n${smuggled}`],
    ['a negative length', `POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n${smuggled}`],
    ['an encoding that is not chunked', `POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: xchunked\r\n\r\n0\r\n\r\n${smuggled}`],
    [
      'chunked before another encoding',
      `POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n${smuggled}`,
    ],
    ['a space before the colon', `POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length : 5\r\n\r\n${smuggled}`],
    ['a folded header', `POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding:\r\n chunked\r\n\r\n0\r\n\r\n${smuggled}`],
    ['bare LF after a header', `GET /ok HTTP/1.1\nHost: x\n\n${smuggled}`],
    ['bare CR in a value', `GET /ok HTTP/1.1\r\nHost: x\r\nX-A: a\rX-B: b\r\n\r\n${smuggled}`],
    ['NUL in a value', `GET /ok HTTP/1.1\r\nHost: x\r\nX-A: a\u0000b\r\n\r\n${smuggled}`],
    ['a chunk size that is no number', `POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n\r\n${smuggled}`],
    ['a chunk size with an underscore', `POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0_0\r\n\r\n${smuggled}`],
    ['no Host', 'GET /ok HTTP/1.1\r\n\r\n'],
    ['HTTP/0.9', `GET /ok\r\n\r\n${smuggled}`],
    ['HTTP/2 without agreement', `PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n${smuggled}`],
    ['a method with a space', `GE T /ok HTTP/1.1\r\nHost: x\r\n\r\n${smuggled}`],
  ] as const) {
    test(name, async (context) => {
      const seen: string[] = []
      const edge = fakeEdge(routes)
      const server = await start(context, {
        handler(request, connection) {
          seen.push(new URL(request.url).pathname)
          return edge.handler(request, connection)
        },
      })
      const heard = await speak(server, text)
      assert.equal(statuses(heard).at(-1), '400')
      assert.ok(!seen.includes('/smuggled'), seen.join())
    })
  }

  test('a host that makes no URL is 400 with a plain body', async (context) => {
    const server = await start(context)
    const heard = await speak(server, 'GET /ok HTTP/1.1\r\nHost: a b/c@d\r\nConnection: close\r\n\r\n')
    assert.deepEqual(statuses(heard), ['400'])
    assert.match(heard, /"errorCode":"E011001"/)
    assert.match(heard, /x-content-type-options: nosniff/)
  })
  test('more than 16 KiB of headers', async (context) => {
    const lines: LogLine[] = []
    const server = await start(context, { lines })
    const heard = await speak(server, `GET /ok HTTP/1.1\r\nHost: x\r\nX-A: ${'x'.repeat(17_000)}\r\n\r\n`)
    assert.deepEqual(statuses(heard), ['431'])
    assert.deepEqual(
      lines.map((line) => line.event),
      ['http.refused'],
    )
  })
  test('WB-05: TRACE and CONNECT do nothing', async (context) => {
    const server = await start(context)
    assert.deepEqual(statuses(await speak(server, 'TRACE /ok HTTP/1.1\r\nHost: x\r\nX-Secret: y\r\nConnection: close\r\n\r\n')), ['405'])
    assert.deepEqual(statuses(await speak(server, 'CONNECT evil.example:443 HTTP/1.1\r\nHost: evil.example\r\n\r\n')), [])
  })
  test('WB-06: a chunked body without end is cut', async (context) => {
    const server = await start(context)
    const socket = connect(server.port, server.address)
    const heard = hearOut(socket)
    socket.write('POST /echo HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n')
    const chunk = `4000\r\n${' '.repeat(0x4000)}\r\n`
    const feed = () => {
      while (!socket.destroyed && socket.write(chunk));
    }
    socket.on('drain', feed)
    feed()
    assert.deepEqual(statuses(await heard), ['413'])
  })
})

describe('WB-07: slow clients', () => {
  const limits = { headersTimeoutMilliseconds: 150, requestTimeoutMilliseconds: 300, checkIntervalMilliseconds: 30 }
  test('headers that do not end are cut', async (context) => {
    const server = await start(context, { limits })
    assert.deepEqual(statuses(await speak(server, 'GET /ok HTTP/1.1\r\nHost: x\r\nX-Slow: ')), ['408'])
  })
  test('a body that does not end is cut', async (context) => {
    const server = await start(context, { limits })
    const heard = await speak(server, 'POST /echo HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{"a"')
    assert.deepEqual(statuses(heard), ['408'])
  })
  test('an idle connection is closed', async (context) => {
    const server = await start(context, { limits: { keepAliveMilliseconds: 50 } })
    assert.deepEqual(statuses(await speak(server, 'GET /ok HTTP/1.1\r\nHost: x\r\n\r\n')), ['200'])
  })
  test('connections over the cap are closed', async (context) => {
    const server = await start(context, { limits: { maxConnections: 1 } })
    const first = connect(server.port, server.address)
    context.after(() => first.destroy())
    await once(first, 'connect')
    assert.equal(await speak(server, 'GET /ok HTTP/1.1\r\nHost: x\r\n\r\n'), '')
  })
})

describe('RL-08: a graceful end', () => {
  function heldHandler() {
    const arrived = Promise.withResolvers<void>()
    const release = Promise.withResolvers<void>()
    const handler: Handler = async () => {
      arrived.resolve()
      await release.promise
      return new Response('{"isDone":true}')
    }
    return { arrived: arrived.promise, release: release.resolve, handler }
  }

  test('what is under way finishes, idle connections close, new ones are refused', async (context) => {
    const held = heldHandler()
    const server = await start(context, { handler: held.handler })
    const idle = connect(server.port, server.address)
    await once(idle, 'connect')
    const idleClosed = hearOut(idle)
    const busy = speak(server, 'GET /ok HTTP/1.1\r\nHost: x\r\n\r\n')
    await held.arrived
    const closed = server.close(10_000)
    await idleClosed
    await assert.rejects(fetch(`${server.url}/ok`))
    held.release()
    const heard = await busy
    assert.match(heard, /isDone/)
    assert.match(heard, /connection: close/i)
    await closed
    await server.close(0)
  })

  test('RL-08: a request on a connection that was opened before is answered, and the connection closed', async (context) => {
    const server = await start(context, { handler: async () => new Response('{"isDone":true}') })
    const early = connect(server.port, server.address)
    await once(early, 'connect')
    const heard = hearOut(early)
    // The server has taken the connection once it has answered a later one.
    await (await fetch(`${server.url}/ok`)).text()
    const closed = server.close(10_000)
    early.write('GET /ok HTTP/1.1\r\nHost: x\r\n\r\n')
    assert.match(await heard, /connection: close[\s\S]*isDone/i)
    await closed
  })
  test('RL-08: while it drains, connections are taken, and each answer closes its own', async (context) => {
    const held = heldHandler()
    const server = await start(context, { handler: held.handler })
    const busy = speak(server, 'GET /ok HTTP/1.1\r\nHost: x\r\n\r\n')
    await held.arrived
    server.drain()
    const late = speak(server, 'GET /ok HTTP/1.1\r\nHost: x\r\n\r\n')
    held.release()
    for (const heard of [await busy, await late]) assert.match(heard, /connection: close[\s\S]*isDone/i)
    await server.close(0)
  })
  test('RL-08: while it drains, a connection that a proxy keeps is closed by an answer on it, and by nothing else', async (context) => {
    const server = await start(context, { handler: async () => new Response('{"isDone":true}') })
    const request = 'GET /ok HTTP/1.1\r\nHost: x\r\n\r\n'
    const kept = connect(server.port, server.address)
    const heard = hearOut(kept)
    kept.write(request)
    await once(kept, 'data')
    server.drain()
    // The end of another answer leaves it alone.
    assert.match(await speak(server, request), /connection: close/i)
    await (await fetch(`${server.url}/ok`)).text()
    kept.write(request)
    assert.match(await heard, /isDone[\s\S]*connection: close[\s\S]*isDone/i)
    await server.close(0)
  })
  test('what does not finish in time is cut', async (context) => {
    const held = heldHandler()
    const server = await start(context, { handler: held.handler })
    const busy = speak(server, 'GET /ok HTTP/1.1\r\nHost: x\r\n\r\n')
    await held.arrived
    await server.close(20)
    assert.equal(await busy, '')
    held.release()
  })
})
