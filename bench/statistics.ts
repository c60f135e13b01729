/** The middle value, 0 of none. */
export function median(values: readonly number[]): number {
  return quantile(values, 0.5)
}

/** The value below which the given share (0 to 1) of the values lies, by the nearest rank; 0 of none. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = sorted.length / 2
  if (share === 0.5 && sorted.length > 0 && Number.isInteger(middle)) return ((sorted[middle - 1] ?? 0) + (sorted[middle] ?? 0)) / 2
  return sorted[Math.min(sorted.length - 1, Math.max(0, Math.ceil(share * sorted.length) - 1))] ?? 0
}

/**
 * The probability that a value of `a` is smaller than one of `b`, ties counted half: Mann-Whitney's U over the number of pairs. 0.5 means that nobody can tell the two
 * apart by one value.
 */
export function areaUnderCurve(a: readonly number[], b: readonly number[]): number {
  const all = [...a.map((value) => ({ value, isA: true })), ...b.map((value) => ({ value, isA: false }))].toSorted(
    (x, y) => x.value - y.value,
  )
  let rankSumOfB = 0
  for (let start = 0; start < all.length; ) {
    let end = start
    while (end < all.length && all[end]?.value === all[start]?.value) end++
    const rank = (start + 1 + end) / 2
    rankSumOfB += rank * all.slice(start, end).filter((one) => !one.isA).length
    start = end
  }
  return (rankSumOfB - (b.length * (b.length + 1)) / 2) / (a.length * b.length)
}

/** What the timing protocol of the security bar says of two classes of requests. Times in milliseconds. */
export interface TimingVerdict {
  readonly auc: number
  readonly medians: readonly [number, number]
  /** AUC within 0.45 to 0.55, and medians within the larger of 1 ms and 3 %. */
  readonly passes: boolean
}

/** Judges two classes by the T-protocol, after the first ones were dropped by the caller. */
export function judgeTiming(a: readonly number[], b: readonly number[]): TimingVerdict {
  const auc = areaUnderCurve(a, b)
  const medians = [median(a), median(b)] as const
  const tolerance = Math.max(1, 0.03 * Math.min(...medians))
  return { auc, medians, passes: auc >= 0.45 && auc <= 0.55 && Math.abs(medians[0] - medians[1]) <= tolerance }
}
