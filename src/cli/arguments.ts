import { InvalidArgumentError } from 'commander'

const unitMilliseconds: Readonly<Record<string, number>> = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 }

/** Milliseconds since the epoch of an age or a date. */
export function time(given: string): number {
  const [, amount = '', unit = ''] = /^(\d{1,6})([smhd])$/.exec(given) ?? []
  const milliseconds = unit === '' ? Date.parse(given) : Date.now() - Number(amount) * (unitMilliseconds[unit] ?? 0)
  if (!/^(?:\d{4}-|\d+[smhd]$)/.test(given) || Number.isNaN(milliseconds)) {
    throw new InvalidArgumentError('Give an age such as 30m, 12h or 7d, or a date such as 2026-11-25 or 2026-11-25T18:00:00Z.')
  }
  return milliseconds
}

/** Keeps every value of a flag that may be given again. */
export function gather(given: string, before: readonly string[] = []): readonly string[] {
  return [...before, given]
}

export function wholeNumber(least: number, most: number): (given: string) => number {
  return (given) => {
    const isNumber = /^\d{1,6}$/.test(given) && Number(given) >= least && Number(given) <= most
    if (!isNumber) throw new InvalidArgumentError(`Give a whole number from ${least} to ${most}.`)
    return Number(given)
  }
}

/** The value of a flag, if it is a text. */
export const text = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined)
