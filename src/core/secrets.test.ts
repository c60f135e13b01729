import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { test } from 'node:test'
import { newId } from './secrets.ts'

const alphabet = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'
const epoch = 1_400_000_000

/** The same by arithmetic of large numbers. */
function idOf(seconds: number, random: Uint8Array): string {
  let value = BigInt(`0x${(seconds - epoch).toString(16).padStart(8, '0')}${Buffer.from(random).toString('hex')}`)
  let text = ''
  for (let digit = 0; digit < 27; digit++) {
    text = alphabet[Number(value % 62n)] + text
    value /= 62n
  }
  return `U${text}`
}

test('IDs: 27 digits of base 62, whatever the time and the bytes', () => {
  const fixed = [Buffer.alloc(16), Buffer.alloc(16, 0xff), Buffer.from('00000000000000010000000000000000', 'hex')]
  const times = [epoch, epoch + 1, 1_790_000_000, epoch + 0xffffffff]
  for (const seconds of times) {
    for (const random of [...fixed, ...Array.from({ length: 500 }, () => randomBytes(16))]) {
      const clock = { nowSeconds: () => seconds, nowMilliseconds: () => 0, monotonicMilliseconds: () => 0 }
      assert.equal(newId({ clock, random: { bytes: () => random } }, 'U'), idOf(seconds, random))
    }
  }
})
