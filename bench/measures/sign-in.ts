import type { BareResult, BareWork } from '../bare.ts'
import { type Bench, countOf, effort, expectStatuses, type Subject } from '../bench.ts'
import { processorSeconds } from '../child.ts'
import type { RequestSpec } from '../connection.ts'
import { atLeast, shortNumber } from '../report.ts'
import { loginIdOf, password } from '../seed.ts'
import { median } from '../statistics.ts'

/** Seeded users who sign in. */
export const signInUsers = 200

/** A sign-in of each seeded user; with `sources` from as many addresses, of which none is trusted. */
export function signInRequests(projectId: string, sources = 0): readonly RequestSpec[] {
  return Array.from({ length: Math.max(signInUsers, sources) }, (_, index) => ({
    method: 'POST',
    path: '/v1/auth/password/signin',
    headers: {
      authorization: `Bearer ${projectId}`,
      ...(sources > 0 ? { 'x-forwarded-for': `203.0.${(index % sources) >> 8}.${(index % sources) & 255}` } : {}),
    },
    body: { loginId: loginIdOf('known', index % signInUsers), password },
  }))
}

/**
 * Sign-ins a second over what one Argon2id and two RS256 signatures allow on all cores. Answers the hash rate of this machine as it is now, a second.
 */
export async function measureSignIn(bench: Bench): Promise<number> {
  const { rounds, milliseconds } = effort(bench)
  const callerCounts = [16, 64]
  const bareRates: number[] = []
  const rates = new Map<string, number[]>()
  const processor = new Map<string, number[]>()
  const refusals = new Map<string, number[]>()
  for (let round = 0; round < rounds; round++) {
    const bare = await bareRate(bench, 'signIn', milliseconds)
    bareRates.push(bare.perSecond)
    for (const subject of bench.subjects) {
      for (const callers of callerCounts) {
        const key = `${subject.database}, ${callers} callers`
        const { perSecond, processorMilliseconds, refused } = await signInRate(bench, subject, callers, milliseconds)
        push(rates, key, perSecond)
        push(processor, key, processorMilliseconds / bare.processorMilliseconds)
        push(refusals, key, refused)
      }
    }
  }
  for (const [name, perSecond] of rates) {
    const ratio = median(perSecond.map((rate, round) => rate / (bareRates[round] ?? Number.NaN)))
    const refused = (refusals.get(name) ?? []).reduce((sum, count) => sum + count, 0)
    const cost = `processor time ${shortNumber(median(processor.get(name) ?? []))} × bare`
    const raw = `${shortNumber(median(perSecond))}/s of ${shortNumber(median(bareRates))}/s bare; ${cost}${refused > 0 ? `; ${refused} refused` : ''}`
    bench.report.add({ measure: 'sign-in', name, value: ratio, unit: '', raw, target: atLeast(ratio, 0.95) })
  }
  return median(bareRates)
}

async function signInRate(bench: Bench, subject: Subject, callers: number, milliseconds: number) {
  const { served, installation } = subject
  const before = processorSeconds(served.pid)
  const requests = signInRequests(installation.projectId)
  const streams = [{ name: 'sign-in', pace: { kind: 'closed', callers } as const, requests }]
  const [result] = await bench.load({ host: served.host, port: served.port, durationMilliseconds: milliseconds, streams })
  if (!result) throw new Error('The load generator answered nothing')
  // On a machine so busy that 64 callers are a second of work, some are rightly refused.
  expectStatuses(bench.report, `sign-in on ${subject.database}`, result, [200, 429])
  const done = countOf(result, 200)
  return {
    perSecond: done / result.seconds,
    processorMilliseconds: ((processorSeconds(served.pid) - before) * 1000) / Math.max(1, done),
    refused: countOf(result, 429),
  }
}

/** The bare work in this round, with 16 callers. */
export async function bareRate(bench: Bench, work: BareWork['work'], milliseconds: number) {
  const before = processorSeconds(bench.bare.pid)
  const { perSecond } = await bench.bare.ask<BareResult>({ work, callers: 16, milliseconds })
  const done = (perSecond * milliseconds) / 1000
  return { perSecond, processorMilliseconds: ((processorSeconds(bench.bare.pid) - before) * 1000) / Math.max(1, done) }
}

export function push(lists: Map<string, number[]>, key: string, value: number): void {
  const list = lists.get(key) ?? []
  list.push(value)
  lists.set(key, list)
}
