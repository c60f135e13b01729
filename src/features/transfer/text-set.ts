/** A set of texts that remembers 64 bits of each: 16 to 32 bytes for a text of any length, so that a million login IDs fit where a set of texts would not. */
export interface TextSet {
  /** False when the text was there already; of a million texts two look alike once in some thirty million runs. */
  add(text: string): boolean
}

const firstSlots = 4096
/** Part of the slots that may be taken before there are twice as many. */
const maxShare = 0.5

export function createTextSet(): TextSet {
  let slots = new Uint32Array(firstSlots * 2)
  let count = 0
  return {
    add(text) {
      if (count >= (slots.length / 2) * maxShare) slots = grown(slots)
      const [high, low] = fingerprint(text)
      if (!put(slots, high, low)) return false
      count++
      return true
    },
  }
}

/** Two slots of 0 are free, so no fingerprint is that. */
function put(slots: Uint32Array, high: number, low: number): boolean {
  const mask = slots.length / 2 - 1
  for (let at = low & mask; ; at = (at + 1) & mask) {
    const [first = 0, second = 0] = [slots[at * 2], slots[at * 2 + 1]]
    if (first === high && second === low) return false
    if (first !== 0 || second !== 0) continue
    slots[at * 2] = high
    slots[at * 2 + 1] = low
    return true
  }
}

function grown(slots: Uint32Array): Uint32Array<ArrayBuffer> {
  const larger = new Uint32Array(slots.length * 2)
  for (let at = 0; at < slots.length; at += 2) {
    const [high = 0, low = 0] = [slots[at], slots[at + 1]]
    if (high !== 0 || low !== 0) put(larger, high, low)
  }
  return larger
}

/** Two rounds of multiplication and mixing over the characters, with different constants (after cyrb53, which is in the public domain). */
function fingerprint(text: string): readonly [number, number] {
  let high = 0xdeadbeef
  let low = 0x41c6ce57
  for (let index = 0; index < text.length; index++) {
    const unit = text.charCodeAt(index)
    high = Math.imul(high ^ unit, 2_654_435_761)
    low = Math.imul(low ^ unit, 1_597_334_677)
  }
  high = Math.imul(high ^ (high >>> 16), 2_246_822_507) ^ Math.imul(low ^ (low >>> 13), 3_266_489_909)
  low = Math.imul(low ^ (low >>> 16), 2_246_822_507) ^ Math.imul(high ^ (high >>> 13), 3_266_489_909)
  return [(high | 1) >>> 0, low >>> 0]
}
