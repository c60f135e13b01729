import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Answer, baseUrl, fakeServer, jsonReply } from '../test/fake-server.ts'
import { UnavailableError } from './errors.ts'
import { type HttpDeps, send, sleep } from './http.ts'

/** A client's HTTP part whose waits are noted instead of waited. */
function setUp(answer: Answer, change: Partial<HttpDeps> = {}) {
  const server = fakeServer({ '/x': answer })
  const waits: number[] = []
  const deps: HttpDeps = {
    baseUrl,
    fetch: server.options.fetch,
    timeoutMilliseconds: 10_000,
    retryDelaysMilliseconds: [100, 5000, 5000],
    credentials: undefined,
    sleep: async (milliseconds, signal) => {
      waits.push(milliseconds)
      signal?.throwIfAborted()
    },
    ...change,
  }
  return { deps, waits, arrived: server.arrived }
}

const request = { method: 'POST', path: '/x', body: { a: 1 } } as const

for (const status of [503, 520, 521, 522, 524, 530]) {
  test(`status ${status} is tried four times, then told`, async () => {
    const { deps, waits, arrived } = setUp(() => jsonReply({}, status))
    assert.equal((await send(deps, request)).status, status)
    assert.deepEqual(waits, [100, 5000, 5000])
    assert.deepEqual(
      arrived.map(({ body }) => body),
      [{ a: 1 }, { a: 1 }, { a: 1 }, { a: 1 }],
    )
  })
}

for (const status of [200, 400, 401, 429, 500, 502, 504]) {
  test(`status ${status} is not tried again`, async () => {
    const { deps, arrived } = setUp(() => jsonReply({}, status))
    assert.equal((await send(deps, request)).status, status)
    assert.equal(arrived.length, 1)
  })
}

test('a retry that succeeds is the answer', async () => {
  const statuses = [503, 503, 200]
  const { deps, waits } = setUp(() => jsonReply({ done: true }, statuses.shift() ?? 500))
  assert.deepEqual((await send(deps, request)).json, { done: true })
  assert.deepEqual(waits, [100, 5000])
})

test('an empty list switches retries off', async () => {
  const { deps, arrived } = setUp(() => jsonReply({}, 503), { retryDelaysMilliseconds: [] })
  assert.equal((await send(deps, request)).status, 503)
  assert.equal(arrived.length, 1)
})

test('a request that got no answer is not sent again: nobody knows what was done', async () => {
  const cause = new TypeError('fetch failed')
  const { deps, arrived } = setUp(() => Promise.reject(cause))
  await assert.rejects(
    send(deps, request),
    (error) => error instanceof UnavailableError && error.reason === 'network' && error.cause === cause,
  )
  assert.equal(arrived.length, 1)
})

const hangs: Answer = ({ init }) => new Promise((_, reject) => init.signal?.addEventListener('abort', () => reject(init.signal?.reason)))

test('no answer in time', async () => {
  const { deps } = setUp(hangs, { timeoutMilliseconds: 1 })
  await assert.rejects(send(deps, request), { name: 'UnavailableError', reason: 'timeout' })
})

test('a body that stalls counts for the time too', async () => {
  const { deps } = setUp(
    ({ init }) =>
      new Response(
        new ReadableStream({ start: (controller) => init.signal?.addEventListener('abort', () => controller.error(init.signal?.reason)) }),
      ),
    { timeoutMilliseconds: 1 },
  )
  await assert.rejects(send(deps, request), { reason: 'timeout' })
})

test('a body without end is cut off', async () => {
  let isCancelled = false
  const endless = new ReadableStream({
    pull: (controller) => controller.enqueue(new Uint8Array(65_536)),
    cancel: () => {
      isCancelled = true
    },
  })
  const { deps } = setUp(() => new Response(endless))
  await assert.rejects(send(deps, request), { name: 'UnavailableError', reason: 'reply' })
  assert.equal(isCancelled, true)
})

test('the signal of the caller ends a request, a wait, and what has not begun', async () => {
  const reason = new Error('enough')
  const aborted = AbortSignal.abort(reason)
  const before = setUp(() => jsonReply({}))
  await assert.rejects(send(before.deps, { ...request, signal: aborted }), reason)
  assert.equal(before.arrived.length, 0)

  const controller = new AbortController()
  const during = send(setUp(hangs).deps, { ...request, signal: controller.signal })
  controller.abort(reason)
  await assert.rejects(during, reason)

  const waiting = new AbortController()
  const wait = sleep(60_000, waiting.signal)
  waiting.abort(reason)
  await assert.rejects(wait, reason)
  await assert.rejects(sleep(60_000, aborted), reason)
  await sleep(0, undefined)
})

test('text in several pieces is decoded as one', async () => {
  const bytes = new TextEncoder().encode('{"name":"é"}')
  const pieces = [bytes.slice(0, 10), bytes.slice(10)]
  const stream = new ReadableStream({
    start(controller) {
      for (const piece of pieces) controller.enqueue(piece)
      controller.close()
    },
  })
  const { deps } = setUp(() => new Response(stream))
  assert.deepEqual((await send(deps, request)).json, { name: 'é' })
})
