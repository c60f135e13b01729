import assert from 'node:assert/strict'
import { test } from 'node:test'
import { areaUnderCurve, judgeTiming, median, quantile } from './statistics.ts'

for (const [name, values, share, expected] of [
  ['nothing', [], 0.5, 0],
  ['one value', [7], 0.99, 7],
  ['an odd number', [3, 1, 2], 0.5, 2],
  ['an even number', [4, 1, 2, 3], 0.5, 2.5],
  ['the top', [1, 2, 3, 4, 5, 6, 7, 8, 9, 10], 0.99, 10],
  ['nine tenths', [10, 9, 8, 7, 6, 5, 4, 3, 2, 1], 0.9, 9],
] as const) {
  test(`quantile of ${name}`, () => assert.equal(quantile(values, share), expected))
}

test('the median is the middle quantile', () => assert.equal(median([5, 1, 9]), 5))

for (const [name, a, b, expected] of [
  ['wholly smaller', [1, 2, 3], [4, 5, 6], 1],
  ['wholly larger', [4, 5, 6], [1, 2, 3], 0],
  ['the same', [1, 2, 3], [1, 2, 3], 0.5],
  ['all equal', [2, 2], [2, 2, 2], 0.5],
  ['one of four pairs the other way', [1, 3], [2, 4], 0.75],
] as const) {
  test(`area under the curve: ${name}`, () => assert.equal(areaUnderCurve(a, b), expected))
}

const around = (centre: number) => Array.from({ length: 400 }, (_, index) => centre + (index % 20) / 10)

for (const [name, a, b, passes] of [
  ['alike', around(8), around(8), true],
  ['shifted by less than the noise', around(8), around(8.05), true],
  ['a millisecond apart', around(8), around(9.1), false],
  ['medians alike but the classes sorted', around(8), around(8.9), false],
] as const) {
  test(`T-protocol: ${name}`, () => assert.equal(judgeTiming(a, b).passes, passes))
}
