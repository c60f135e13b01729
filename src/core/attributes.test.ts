import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type AttributeDefinition, type AttributeType, assertAttributes, attributeCheck } from './attributes.ts'
import { AuthError } from './errors.ts'
import type { AttributeRecord } from './storage.ts'

const define = (type: AttributeType, options: readonly string[] = []): AttributeDefinition => ({
  ...{ type, displayName: '', defaultValue: null, viewPermissions: [], editPermissions: [] },
  options: options.map((value) => ({ value, label: value.toUpperCase() })),
})

const definitions: Readonly<Record<string, AttributeDefinition>> = {
  text: define('string'),
  count: define('number'),
  isPaid: define('boolean'),
  plan: define('singleselect', ['free', 'paid']),
  any: define('singleselect'),
  tags: define('multiselect', ['a', 'b']),
  born: define('date'),
}

let reads = 0
const attributes = {
  async list(projectId: string, subject: AttributeRecord['subject']) {
    reads++
    return Object.entries(definitions).map(([name, definition]) => ({ projectId, subject, name, definition, createdAt: 0 }))
  },
  put: () => assert.fail(),
  delete: () => assert.fail(),
}

const check = await attributeCheck({ attributes }, 'P', 'user')
const messageOf = (values: Record<string, unknown>): string => {
  try {
    check(values)
    return ''
  } catch (error) {
    assert.ok(error instanceof AuthError && error.name === 'InvalidRequest')
    return error.message
  }
}

for (const [name, good, bad] of [
  ['text', ['', 'x', '🐎'], [1, true, ['x'], { x: 1 }]],
  ['count', [0, -1.5, 1e9], ['1', Number.NaN, Number.POSITIVE_INFINITY, true, []]],
  ['isPaid', [true, false], ['true', 0, []]],
  ['plan', ['free', 'paid'], ['FREE', 'other', '', ['free'], 1]],
  ['any', ['whatever'], [1, ['whatever']]],
  ['tags', [[], ['a'], ['b', 'a']], ['a', ['c'], [1], [['a']]]],
  ['born', ['1990-02-28', '2020-01-01T10:00:00Z', 631_152_000_000], ['1990', 'soon', '1990-13-45', true, '']],
] as const) {
  test(`attributes: ${name} takes what it is for, and nothing else`, () => {
    for (const value of good) assert.equal(messageOf({ [name]: value }), '', JSON.stringify(value))
    for (const value of bad)
      assert.match(messageOf({ [name]: value }), new RegExp(`^The customAttributes\\.${name} field must be `), JSON.stringify(value))
  })
}

test('attributes: what is not defined is taken as it is, within bounds', () => {
  assert.equal(messageOf({ free: { deep: ['list', 1, true] }, other: 'x' }), '')
  const many = Object.fromEntries(Array.from({ length: 101 }, (_, index) => [`a${index}`, 1]))
  for (const [values, problem] of [
    [many, /more than 100/],
    [{ ['n'.repeat(61)]: 1 }, /names/],
    [{ '': 1 }, /names/],
    [{ ['__proto__']: 1 }, /forbidden name/],
    [{ constructor: 1 }, /forbidden name/],
    [{ big: Array.from({ length: 5 }, () => 'x'.repeat(4096)) }, /16384 bytes/],
    [{ text: 'a\u0000b' }, /control characters/],
    [{ free: { 'a\u001fb': 1 } }, /control characters/],
    [{ free: ['\ud800'] }, /broken Unicode/],
  ] as const) {
    assert.match(messageOf(values), problem)
  }
})

test('attributes: a name that objects have by themselves is no definition', () => {
  for (const name of ['toString', 'valueOf', 'hasOwnProperty']) assert.equal(messageOf({ [name]: { odd: true } }), '')
})

test('attributes: without values nothing is read', async () => {
  reads = 0
  await assertAttributes({ attributes }, 'P', 'user', {})
  assert.equal(reads, 0)
  await assert.rejects(assertAttributes({ attributes }, 'P', 'user', { count: 'x' }), /must be a number/)
  assert.equal(reads, 1)
})
