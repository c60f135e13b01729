import { type Bench, countOf, effort, expectStatuses, type Subject } from '../bench.ts'
import { processorSeconds } from '../child.ts'
import type { RequestSpec } from '../connection.ts'
import { atLeast, shortNumber } from '../report.ts'
import { seedRefreshTokens } from '../seed.ts'
import { median } from '../statistics.ts'
import { bareRate, push, signInUsers } from './sign-in.ts'

/** Callers that refresh at the same time. */
const callers = 32

/**
 * Sessions that are refreshed in turns, so many that none is refreshed twice in a second: the second write would change nothing, and a database skips a write that
 * changes nothing. Rotation changes something every time, so there each caller keeps to a session of its own.
 */
function sessionCount({ isShort }: Pick<Bench, 'isShort'>): number {
  return isShort ? 1500 : 5000
}

interface Variant {
  readonly name: string
  readonly subject: Subject
  readonly projectId: string
  readonly isRotating: boolean
  /** Signatures that each refresh cannot do without. */
  readonly signatures: 1 | 2
}

/** Refreshes a second, each a durable write, over what their signatures allow on all cores. */
export async function measureRefresh(bench: Bench): Promise<void> {
  const { rounds, milliseconds } = effort(bench)
  const variants = bench.subjects.flatMap((subject) => variantsOf(subject))
  const sameToken = new Map<Variant, readonly RequestSpec[]>()
  const bareRates: number[] = []
  const rates = new Map<string, number[]>()
  const processor = new Map<string, number[]>()
  for (let round = 0; round < rounds; round++) {
    const bare = await bareRate(bench, 'signature', milliseconds)
    bareRates.push(bare.perSecond)
    for (const variant of variants) {
      const { subject, projectId, isRotating, signatures } = variant
      // Rotation uses tokens up, so each round begins with fresh sessions.
      const requests = isRotating ? await refreshRequests(subject, projectId, callers) : sameToken.get(variant)
      const known = requests ?? (await refreshRequests(subject, projectId, sessionCount(bench)))
      if (!isRotating) sameToken.set(variant, known)
      const { perSecond, processorMilliseconds } = await refreshRate(bench, variant, known, milliseconds)
      push(rates, variant.name, perSecond)
      push(processor, variant.name, processorMilliseconds / (signatures * bare.processorMilliseconds))
    }
  }
  for (const { name, signatures } of variants) {
    const perSecond = rates.get(name) ?? []
    const ratio = median(perSecond.map((rate, round) => (rate * signatures) / (bareRates[round] ?? Number.NaN)))
    const limit = `${shortNumber(median(bareRates) / signatures)}/s that ${signatures === 1 ? 'a signature' : 'two signatures'} each allow`
    const raw = `${shortNumber(median(perSecond))}/s of ${limit}; processor time ${shortNumber(median(processor.get(name) ?? []))} × bare`
    bench.report.add({ measure: 'refresh', name, value: ratio, unit: '', raw, target: atLeast(ratio, 0.7) })
  }
}

function variantsOf(subject: Subject): readonly Variant[] {
  const { projectId, rotatingProjectId } = subject.installation
  return [
    { name: `${subject.database}, same token`, subject, projectId, isRotating: false, signatures: 1 },
    { name: `${subject.database}, rotating`, subject, projectId: rotatingProjectId, isRotating: true, signatures: 2 },
  ]
}

async function refreshRate(bench: Bench, variant: Variant, requests: readonly RequestSpec[], milliseconds: number) {
  const { subject, projectId, isRotating, name } = variant
  const { host, port, pid } = subject.served
  const before = processorSeconds(pid)
  const pace = { kind: 'closed', callers } as const
  const streams = [{ name: 'refresh', pace, requests, ...(isRotating ? { chain: { projectId } } : {}) }]
  const [result] = await bench.load({ host, port, durationMilliseconds: milliseconds, streams })
  if (!result) throw new Error('The load generator answered nothing')
  expectStatuses(bench.report, `refresh on ${name}`, result)
  const done = countOf(result, 200)
  return { perSecond: done / result.seconds, processorMilliseconds: ((processorSeconds(pid) - before) * 1000) / Math.max(1, done) }
}

/** Makes sessions straight in the database, beside the running server, and a refresh request of each. */
export async function refreshRequests({ installation }: Subject, projectId: string, count: number): Promise<readonly RequestSpec[]> {
  const auth = await installation.open()
  try {
    const tokens = await seedRefreshTokens(auth.deps, { projectId, users: signInUsers, count })
    return tokens.map((token) => ({
      method: 'POST',
      path: '/v1/auth/refresh',
      headers: { authorization: `Bearer ${projectId}:${token}` },
      body: {},
    }))
  } finally {
    await auth.close()
  }
}
