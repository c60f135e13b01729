import { type Bench, countOf, effort, expectStatuses } from '../bench.ts'
import { processorSeconds, startHelper } from '../child.ts'
import { openConnection, type RequestSpec, requestBytes } from '../connection.ts'
import { atLeast, shortNumber } from '../report.ts'
import { median } from '../statistics.ts'
import { push } from './sign-in.ts'

const callers = 64

interface Address {
  readonly host: string
  readonly port: number
  readonly pid: number
}

/** Key set, policy and health, over the same answers from the same stack with nothing in it. */
export async function measureLight(bench: Bench): Promise<void> {
  const [subject] = bench.subjects
  if (!subject) return
  const { projectId } = subject.installation
  const bearer = { authorization: `Bearer ${projectId}` }
  const requests: Readonly<Record<string, RequestSpec>> = {
    'key set': { method: 'GET', path: `/v2/keys/${projectId}` },
    policy: { method: 'GET', path: '/v1/auth/password/policy', headers: bearer },
    health: { method: 'GET', path: '/healthz' },
  }
  const helper = startHelper('echo.ts', [JSON.stringify(await answersTo(subject.served, Object.values(requests)))])
  try {
    const { port } = await helper.ask<{ readonly port: number }>({})
    await compare(bench, requests, { subject: subject.served, echo: { host: '127.0.0.1', port, pid: helper.pid } })
  } finally {
    helper.stop()
  }
}

async function compare(
  bench: Bench,
  requests: Readonly<Record<string, RequestSpec>>,
  { subject, echo }: { readonly subject: Address; readonly echo: Address },
): Promise<void> {
  const { rounds, milliseconds } = effort(bench)
  const rates = new Map<string, number[]>()
  const costs = new Map<string, number[]>()
  const plain = new Map<string, number[]>()
  const served = new Map<string, number[]>()
  for (let round = 0; round < rounds; round++) {
    for (const [name, request] of Object.entries(requests)) {
      const bare = await rateOf(bench, echo, request, milliseconds)
      const full = await rateOf(bench, subject, request, milliseconds)
      push(rates, name, full.perSecond / bare.perSecond)
      push(costs, name, full.processorMicroseconds / bare.processorMicroseconds)
      push(plain, name, bare.perSecond)
      push(served, name, full.perSecond)
    }
  }
  for (const [name, ratios] of rates) {
    const value = median(ratios)
    const of = (list: Map<string, number[]>) => shortNumber(median(list.get(name) ?? []))
    const raw = `${of(served)}/s of ${of(plain)}/s bare; processor time ${of(costs)} × bare`
    bench.report.add({ measure: 'light', name, value, unit: '', raw, target: atLeast(value, 0.8) })
  }
}

async function rateOf(bench: Bench, { host, port, pid }: Address, request: RequestSpec, milliseconds: number) {
  const before = processorSeconds(pid)
  const streams = [{ name: request.path, pace: { kind: 'closed', callers } as const, requests: [request] }]
  const [result] = await bench.load({ host, port, durationMilliseconds: milliseconds, streams })
  if (!result) throw new Error('The load generator answered nothing')
  expectStatuses(bench.report, 'light', result)
  const done = Math.max(1, countOf(result, 200))
  return { perSecond: done / result.seconds, processorMicroseconds: ((processorSeconds(pid) - before) * 1e6) / done }
}

/** What the server answers, by path. */
async function answersTo(served: { readonly host: string; readonly port: number }, requests: readonly RequestSpec[]) {
  const connection = await openConnection(served)
  const answers: Record<string, unknown> = {}
  for (const request of requests) answers[request.path] = JSON.parse((await connection.send(requestBytes(request))).body)
  connection.close()
  return answers
}
