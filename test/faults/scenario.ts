import type { TestPostgres } from '../postgres.ts'

/** A fault of section 2 of the security bar: what is done to running servers, what must hold, and the figures about it. */
export interface Scenario {
  /** `F1` and so on. */
  readonly id: string
  readonly title: string
  readonly database: 'sqlite' | 'postgres'
  /** Whether it needs the server of PostgreSQL beside an embedded database. */
  readonly isAlsoOnPostgres?: boolean
  /** Whether it is part of what checks every change. */
  readonly isInShort: boolean
  run(plan: Plan): Promise<Outcome>
}

export interface Plan {
  /** A few rounds, for machines that check every change. */
  readonly isShort: boolean
  /** Rounds asked for by the command line; otherwise each scenario has its own number. */
  readonly rounds: number | undefined
  /** From ready to a kill, where servers are killed. */
  readonly killAfter: { readonly leastMilliseconds: number; readonly mostMilliseconds: number }
  /** By how much a limit on time may be passed: machines that check changes do other things at the same time. What is about data has no allowance. */
  readonly allowance: number
  /** The PostgreSQL server that scenarios share, with durable commits. Started when first asked for. */
  postgres(): Promise<TestPostgres>
}

export interface Outcome {
  /** Name and value, in the order of the table. */
  readonly figures: readonly (readonly [name: string, value: string | number])[]
  /** What must hold and did not: one sentence each. */
  readonly broken: readonly string[]
}

/** This machine cannot cause the fault. The message says why. */
export class NotRun extends Error {}

/** The value below which a share of the given ones are; 0 of none. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0
}

/** A sentence when a time is over its limit, with the plan's allowance. */
export function overTime(plan: Plan, what: string, milliseconds: number, limitMilliseconds: number): readonly string[] {
  if (milliseconds <= limitMilliseconds * plan.allowance) return []
  const allowed = plan.allowance === 1 ? '' : ` times ${plan.allowance}`
  return [`${what} took ${Math.round(milliseconds)} ms; ${limitMilliseconds} ms${allowed} are allowed`]
}

/** A sentence when a condition does not hold. */
export function unless(condition: boolean, sentence: string): readonly string[] {
  return condition ? [] : [sentence]
}
