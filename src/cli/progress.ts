/** Shows how far a long command is, on standard error: on one line of a terminal, or now and then on a line of its own. */
export interface Progress {
  /** `share` is the part that is done, if that is known. */
  tell(users: number, share: number | undefined, detail?: string): void
  end(): void
}

const terminalMilliseconds = 200
const linesMilliseconds = 5_000

/** `isWanted` shows it although standard error is no terminal. */
export function startProgress(isWanted: boolean): Progress {
  const isTerminal = process.stderr.isTTY === true
  if (!isTerminal && !isWanted) return { tell: () => undefined, end: () => undefined }
  const startedAt = performance.now()
  const pause = isTerminal ? terminalMilliseconds : linesMilliseconds
  let toldAt = 0
  let width = 0
  let last: Parameters<Progress['tell']> | undefined
  function show([users, share, detail]: Parameters<Progress['tell']>): void {
    const text = lineOf({ users, share, detail: detail ?? '', seconds: (performance.now() - startedAt) / 1000 })
    process.stderr.write(isTerminal ? `\r${text.padEnd(width)}` : `${text}\n`)
    width = text.length
  }
  return {
    tell(...figures) {
      last = figures
      const now = performance.now()
      if (now - toldAt < pause) return
      toldAt = now
      show(figures)
    },
    end() {
      if (last) show(last)
      if (last && isTerminal) process.stderr.write('\n')
    },
  }
}

/** For example `120000 users, 10400/s, 42 %, 16 s left, 3 rejected`. */
export function lineOf(figures: {
  readonly users: number
  readonly share: number | undefined
  readonly detail: string
  readonly seconds: number
}): string {
  const { users, share, detail, seconds } = figures
  const rate = seconds > 0 ? Math.round(users / seconds) : 0
  const left = share !== undefined && share > 0 ? (seconds / share) * (1 - share) : undefined
  const parts = [
    `${users} users`,
    `${rate}/s`,
    ...(share === undefined ? [] : [`${Math.floor(share * 100)} %`]),
    ...(left === undefined ? [] : [`${durationOf(left)} left`]),
    ...(detail === '' ? [] : [detail]),
  ]
  return parts.join(', ')
}

function durationOf(seconds: number): string {
  const whole = Math.ceil(seconds)
  if (whole < 90) return `${whole} s`
  return whole < 5400 ? `${Math.round(whole / 60)} min` : `${Math.floor(whole / 3600)} h ${Math.round((whole % 3600) / 60)} min`
}
