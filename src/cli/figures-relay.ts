/** Passes figures from workers to the one that was asked for all of them. Workers are known by numbers. */
export interface FiguresRelay {
  /** Asks `others`, and calls `answer` with what came within three seconds. */
  ask(others: readonly number[], answer: (shares: readonly string[]) => void): void
  share(worker: number, id: number, share: string): void
}

const answerMilliseconds = 3_000

export function createFiguresRelay(want: (worker: number, id: number) => void): FiguresRelay {
  const rounds = new Map<number, { readonly missing: Set<number>; readonly shares: string[]; end(): void }>()
  let lastId = 0
  return {
    ask(others, answer) {
      const id = ++lastId
      const shares: string[] = []
      const end = () => {
        clearTimeout(timer)
        if (rounds.delete(id)) answer(shares)
      }
      const timer = setTimeout(end, answerMilliseconds)
      rounds.set(id, { missing: new Set(others), shares, end })
      for (const worker of others) want(worker, id)
      if (others.length === 0) end()
    },
    share(worker, id, share) {
      const round = rounds.get(id)
      if (!round?.missing.delete(worker)) return
      round.shares.push(share)
      if (round.missing.size === 0) round.end()
    },
  }
}
