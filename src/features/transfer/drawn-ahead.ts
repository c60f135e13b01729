import type { Random } from '../../core/ports.ts'

/** Bytes that are drawn at once: each draw costs more than what it draws. */
const bytesAtOnce = 8192

/** The same source of randomness, asked less often. Every byte is given out once. */
export function drawnAhead(random: Random): Random {
  let drawn: Uint8Array = new Uint8Array()
  return {
    bytes(length) {
      if (length > bytesAtOnce) return random.bytes(length)
      if (drawn.length < length) drawn = random.bytes(bytesAtOnce)
      const given = drawn.slice(0, length)
      drawn = drawn.subarray(length)
      return given
    },
  }
}
