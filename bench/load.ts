/**
 * The load generator, a process of its own, so that it does not share the event loop of what it measures. It still shares the machine's cores with it. Takes jobs from
 * its parent, one at a time, and answers with figures.
 */
import { type Connection, openConnection, type RequestSpec, requestBytes } from './connection.ts'

/** How the requests of a stream are sent. */
export type Pace =
  /** So many callers, each of which sends its next request when it has its answer. */
  | { readonly kind: 'closed'; readonly callers: number }
  /** At fixed times, whatever the server does, on connections that are open before; latency counts from the intended time, a wait for a free connection included. */
  | { readonly kind: 'open'; readonly perSecond: number; readonly connections: number }
  /** All requests in order on one connection, once, each with a time of its own in the result. Ends the job. */
  | { readonly kind: 'sequence' }

/** Requests of one kind. */
export interface Stream {
  readonly name: string
  readonly pace: Pace
  /** Taken in turns. With `chain` each caller begins at its own and goes on from there. */
  readonly requests: readonly RequestSpec[]
  /** After each answer the caller's next bearer holds the refresh token of the answer: `Bearer PROJECT:TOKEN`. */
  readonly chain?: { readonly projectId: string }
}

/** What the parent sends. */
export interface Job {
  readonly host: string
  readonly port: number
  /** Time for all streams together; a sequence ends earlier or later. */
  readonly durationMilliseconds: number
  readonly streams: readonly Stream[]
}

/** Latencies in milliseconds, by nearest rank. */
export interface Latencies {
  readonly count: number
  readonly p50: number
  readonly p99: number
  readonly max: number
}

/** What became of one stream. */
export interface StreamResult {
  readonly name: string
  readonly seconds: number
  /** By status. */
  readonly statuses: Readonly<Record<string, Latencies>>
  /** Requests whose connection broke. */
  readonly broken: number
  /** Requests of an open pace that had no answer seconds after the end; their time is not in the latencies. */
  readonly unanswered: number
  /** Of a sequence: milliseconds by request. */
  readonly sequence: readonly number[]
  /** The first answer that was not 200, cut short. */
  readonly firstFailure: string
}

interface Tally {
  readonly latencies: Map<number, number[]>
  readonly sequence: number[]
  broken: number
  unanswered: number
  firstFailure: string
}

type Send = (connection: Connection, request: Uint8Array, since: number) => Promise<string>

async function runStream(job: Job, stream: Stream, milliseconds: number): Promise<StreamResult> {
  const tally: Tally = { latencies: new Map(), sequence: [], broken: 0, unanswered: 0, firstFailure: '' }
  const { pace } = stream
  const pool = pace.kind === 'open' ? await openConnections(job, pace.connections) : []
  const started = performance.now()
  const send: Send = async (connection, request, since) => {
    try {
      const { status, body } = await connection.send(request)
      const times = tally.latencies.get(status) ?? []
      times.push(performance.now() - since)
      tally.latencies.set(status, times)
      if (status !== 200) tally.firstFailure ||= `${status} ${body.slice(0, 200)}`
      return body
    } catch (error) {
      tally.broken++
      tally.firstFailure ||= error instanceof Error ? error.message : 'unknown'
      return ''
    }
  }
  const until = started + milliseconds
  if (pace.kind === 'sequence') await sendSequence(job, stream, tally, send)
  else if (pace.kind === 'closed') await sendClosed(job, { stream, callers: pace.callers, until, send })
  else tally.unanswered = await sendOpen({ stream, perSecond: pace.perSecond, until, send }, pool)
  return summary(stream.name, (performance.now() - started) / 1000, tally)
}

async function sendSequence(job: Job, { requests }: Stream, tally: Tally, send: Send): Promise<void> {
  const connection = await openConnection(job)
  for (const request of requests.map(requestBytes)) {
    const before = performance.now()
    await send(connection, request, before)
    tally.sequence.push(performance.now() - before)
  }
  connection.close()
}

interface Sending {
  readonly stream: Stream
  readonly until: number
  readonly send: Send
}

async function sendClosed(job: Job, { stream, callers, until, send }: Sending & { readonly callers: number }): Promise<void> {
  const prepared = stream.requests.map(requestBytes)
  let turn = 0
  const caller = async (index: number) => {
    let connection = await openConnection(job)
    let own = stream.requests[index % stream.requests.length]
    while (own && performance.now() < until) {
      if (!connection.isOpen) connection = await openConnection(job)
      const request = stream.chain ? requestBytes(own) : (prepared[turn++ % prepared.length] ?? prepared[0])
      if (!request) return
      const body = await send(connection, request, performance.now())
      if (stream.chain) own = successor(own, stream.chain.projectId, body)
    }
    connection.close()
  }
  await Promise.all(Array.from({ length: callers }, (_, index) => caller(index)))
}

/** The same request with the refresh token of an answer; an answer without one ends the chain. */
function successor(request: RequestSpec, projectId: string, body: string): RequestSpec | undefined {
  const token = /"refreshJwt":"([^"]+)"/.exec(body)?.[1]
  return token === undefined ? undefined : { ...request, headers: { ...request.headers, authorization: `Bearer ${projectId}:${token}` } }
}

const openedAtOnce = 50

/** Opens connections a few at a time, because a burst overruns the line in which the system keeps new ones. */
async function openConnections(job: Job, count: number): Promise<readonly Connection[]> {
  const connections: Connection[] = []
  while (connections.length < count) {
    const missing = Math.min(openedAtOnce, count - connections.length)
    connections.push(...(await Promise.all(Array.from({ length: missing }, () => openConnection(job)))))
  }
  return connections
}

const drainMilliseconds = 3000

/** Sends at fixed times. What is due while every connection is taken goes out on the next that is free. Answers how many had no answer in the end. */
async function sendOpen(
  { stream, perSecond, until, send }: Sending & { readonly perSecond: number },
  pool: readonly Connection[],
): Promise<number> {
  const prepared = stream.requests.map(requestBytes)
  const free = [...pool]
  const due: number[] = []
  let turn = 0
  let underWay = 0
  const serve = async (connection: Connection, since: number) => {
    for (let next: number | undefined = since; next !== undefined && connection.isOpen; next = due.shift()) {
      const request = prepared[turn++ % prepared.length]
      if (!request) return
      underWay++
      await send(connection, request, next)
      underWay--
    }
    if (connection.isOpen) free.push(connection)
  }
  const gap = 1000 / perSecond
  for (let next = performance.now(); next < until; await tick()) {
    for (const now = performance.now(); next <= now && next < until; next += gap) {
      const connection = free.pop()
      if (connection) void serve(connection, next)
      else due.push(next)
    }
  }
  while (underWay > 0 && performance.now() < until + drainMilliseconds) await tick()
  const unanswered = underWay + due.length
  due.length = 0
  for (const connection of pool) connection.close()
  return unanswered
}

function tick(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 1))
}

function summary(name: string, seconds: number, tally: Tally): StreamResult {
  const statuses = Object.fromEntries([...tally.latencies].map(([status, times]) => [String(status), latenciesOf(times)]))
  const { broken, unanswered, sequence, firstFailure } = tally
  return { name, seconds, statuses, broken, unanswered, sequence, firstFailure }
}

function latenciesOf(times: number[]): Latencies {
  times.sort((a, b) => a - b)
  const at = (share: number) => times[Math.max(0, Math.ceil(share * times.length) - 1)] ?? 0
  return { count: times.length, p50: at(0.5), p99: at(0.99), max: at(1) }
}

async function runJob(job: Job): Promise<readonly StreamResult[]> {
  const sequences = job.streams.filter((stream) => stream.pace.kind === 'sequence')
  if (sequences.length === 0) return Promise.all(job.streams.map((stream) => runStream(job, stream, job.durationMilliseconds)))
  return runBeside(job, sequences)
}

/** Streams without an end of their own go on beside the sequences, in short pieces, until those are through. */
async function runBeside(job: Job, sequences: readonly Stream[]): Promise<readonly StreamResult[]> {
  const others = job.streams.filter((stream) => stream.pace.kind !== 'sequence')
  const ended = new AbortController()
  const beside = others.map(async (stream) => {
    const pieces: StreamResult[] = []
    while (!ended.signal.aborted) pieces.push(await runStream(job, stream, 500))
    return pieces
  })
  const results = await Promise.all(sequences.map((stream) => runStream(job, stream, 0)))
  ended.abort()
  return [...results, ...(await Promise.all(beside)).flat()]
}

process.on('message', (message: { readonly id: number; readonly job: Job }) => {
  const { id, job } = message
  runJob(job).then(
    (results) => process.send?.({ id, results }),
    (error: unknown) => process.send?.({ id, error: error instanceof Error ? (error.stack ?? error.message) : 'unknown' }),
  )
})
