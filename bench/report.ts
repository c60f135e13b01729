/** One line of the result. */
export interface Figure {
  /** Which measure it belongs to. */
  readonly measure: string
  readonly name: string
  /** A ratio where `unit` is empty. */
  readonly value: number
  readonly unit: string
  /** What the value was made of, for people. */
  readonly raw: string
  /** Absent for what is only told. */
  readonly target?: Target
}

export interface Target {
  readonly text: string
  readonly isMet: boolean
}

/** Takes figures and what went wrong. */
export interface Report {
  readonly figures: readonly Figure[]
  /** Answers that were not expected, processes that died. Each ends the run with a failure. */
  readonly errors: readonly string[]
  add(figure: Figure): void
  fail(message: string): void
}

export function createReport(onFigure: (figure: Figure) => void): Report {
  const figures: Figure[] = []
  const errors: string[] = []
  return {
    figures,
    errors,
    add(figure) {
      figures.push(figure)
      onFigure(figure)
    },
    fail: (message) => void errors.push(message),
  }
}

export function atLeast(value: number, least: number): Target {
  return { text: `≥ ${least}`, isMet: value >= least }
}

export function atMost(value: number, most: number): Target {
  return { text: `≤ ${most}`, isMet: value <= most }
}

/** A figure as one line of the table. */
export function lineOf({ measure, name, value, unit, raw, target }: Figure): string {
  const shown = `${shortNumber(value)}${unit && ` ${unit}`}`
  const verdict = target ? `${target.isMet ? 'ok    ' : 'MISSED'} ${target.text}` : ''
  return `${measure.padEnd(10)} ${name.padEnd(52)} ${shown.padStart(12)}  ${verdict.padEnd(16)} ${raw}`.trimEnd()
}

/** Three digits that matter, and no exponent. */
export function shortNumber(value: number): string {
  if (value === 0 || !Number.isFinite(value)) return String(value)
  const digits = Math.max(0, 2 - Math.floor(Math.log10(Math.abs(value))))
  return value.toFixed(Math.min(digits, 3))
}
