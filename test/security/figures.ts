import type { Kit } from '../kit.ts'

/** Password hashes since the start of a server, by outcome. */
export interface HashFigures {
  /** Checks that were computed, whatever came out: real ones, and decoys for unknown users. */
  readonly evaluated: number
  /** New passwords that were hashed. */
  readonly hashed: number
  readonly right: number
}

/** Reads the figures that an operator sees at `/metrics`. */
export async function hashFigures(kit: Kit): Promise<HashFigures> {
  const { text } = await kit.auth.deps.metrics.render()
  const count = (outcome: string) =>
    Number(new RegExp(`^postern_password_hashes_total\\{outcome="${outcome}"\\} (\\d+)$`, 'm').exec(text)?.[1] ?? 0)
  return { evaluated: count('right') + count('wrong') + count('failed'), hashed: count('hashed'), right: count('right') }
}

/** How many hashes some work computes. */
export async function hashesOf(kit: Kit, work: () => Promise<unknown>): Promise<HashFigures> {
  const before = await hashFigures(kit)
  await work()
  const after = await hashFigures(kit)
  return {
    evaluated: after.evaluated - before.evaluated,
    hashed: after.hashed - before.hashed,
    right: after.right - before.right,
  }
}
