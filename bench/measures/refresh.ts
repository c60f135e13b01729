import { type Bench, countOf, effort, expectStatuses, type Subject } from '../bench.ts'
import { processorSeconds } from '../child.ts'
import { openConnection, type RequestSpec, requestBytes } from '../connection.ts'
import { atLeast, shortNumber } from '../report.ts'
import { median } from '../statistics.ts'
import { bareRate, push, signInRequests } from './sign-in.ts'

/** Callers that refresh at the same time, each in its own session. */
export const refreshCallers = 32

interface Variant {
  readonly name: string
  readonly subject: Subject
  readonly projectId: string
  readonly isRotating: boolean
  requests: readonly RequestSpec[]
}

/** Refreshes a second, each a durable write, over what the two signatures of each allow on all cores. */
export async function measureRefresh(bench: Bench): Promise<void> {
  const { rounds, milliseconds } = effort(bench)
  const variants = bench.subjects.flatMap((subject) => variantsOf(subject))
  const bareRates: number[] = []
  const rates = new Map<string, number[]>()
  const processor = new Map<string, number[]>()
  for (let round = 0; round < rounds; round++) {
    const bare = await bareRate(bench, 'refresh', milliseconds)
    bareRates.push(bare.perSecond)
    for (const variant of variants) {
      // Rotation uses tokens up, so each round begins with fresh sessions.
      if (round === 0 || variant.isRotating) variant.requests = await refreshRequests(variant.subject, variant.projectId)
      const { perSecond, processorMilliseconds } = await refreshRate(bench, variant, milliseconds)
      push(rates, variant.name, perSecond)
      push(processor, variant.name, processorMilliseconds / bare.processorMilliseconds)
    }
  }
  for (const [name, perSecond] of rates) {
    const ratio = median(perSecond.map((rate, round) => rate / (bareRates[round] ?? Number.NaN)))
    const raw = `${shortNumber(median(perSecond))}/s of ${shortNumber(median(bareRates))}/s bare pairs of signatures; processor time ${shortNumber(median(processor.get(name) ?? []))} × bare`
    bench.report.add({ measure: 'refresh', name, value: ratio, unit: '', raw, target: atLeast(ratio, 0.7) })
  }
}

function variantsOf(subject: Subject): readonly Variant[] {
  const { projectId, rotatingProjectId } = subject.installation
  return [
    { name: `${subject.database}, same token`, subject, projectId, isRotating: false, requests: [] },
    { name: `${subject.database}, rotating`, subject, projectId: rotatingProjectId, isRotating: true, requests: [] },
  ]
}

async function refreshRate(bench: Bench, { subject, projectId, isRotating, requests, name }: Variant, milliseconds: number) {
  const { host, port, pid } = subject.served
  const before = processorSeconds(pid)
  const pace = { kind: 'closed', callers: refreshCallers } as const
  const streams = [{ name: 'refresh', pace, requests, ...(isRotating ? { chain: { projectId } } : {}) }]
  const [result] = await bench.load({ host, port, durationMilliseconds: milliseconds, streams })
  if (!result) throw new Error('The load generator answered nothing')
  expectStatuses(bench.report, `refresh on ${name}`, result)
  const done = countOf(result, 200)
  return { perSecond: done / result.seconds, processorMilliseconds: ((processorSeconds(pid) - before) * 1000) / Math.max(1, done) }
}

/** Signs seeded users in and makes a refresh request of each session. */
export async function refreshRequests({ served }: Subject, projectId: string, count = refreshCallers): Promise<readonly RequestSpec[]> {
  const signIns = signInRequests(projectId).slice(0, count)
  const requests: RequestSpec[] = []
  const caller = async (own: readonly RequestSpec[]) => {
    const connection = await openConnection(served)
    for (const signIn of own) {
      const { status, body } = await connection.send(requestBytes(signIn))
      const token = /"refreshJwt":"([^"]+)"/.exec(body)?.[1]
      if (token === undefined) throw new Error(`A sign-in answered ${status}: ${body.slice(0, 200)}`)
      requests.push({ method: 'POST', path: '/v1/auth/refresh', headers: { authorization: `Bearer ${projectId}:${token}` }, body: {} })
    }
    connection.close()
  }
  const half = Math.ceil(signIns.length / 2)
  await Promise.all([caller(signIns.slice(0, half)), caller(signIns.slice(half))])
  return requests
}
