import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { test } from 'node:test'
import { type Choices, seededChoices } from '../../../../test/security/seeded.ts'
import { AuthError } from '../../../core/errors.ts'
import type { SourceBytes } from '../reading/source-record.ts'
import type { Format, FormatContext } from './format.ts'
import { formats } from './index.ts'

/** No file crashes an importer or makes it hang: it is read, or refused with a sentence. */

const folder = new URL('../../../../test/moving/fixtures/', import.meta.url)
const fixtures = readdirSync(folder).map((name) => readFileSync(new URL(name, folder)))
const seed = Number(process.env.SEED ?? Math.floor(Math.random() * 2 ** 32))
const filesPerFormat = 400

/** What parsers stumble over, if they do. */
const snippets = [
  ...['"', '\\', '{', '}', '[', ']', ',', ':', '\n', '\r\n', '\u0000', '\ufeff', 'null', 'true', '-1', '1e999', '9007199254740993', '""'],
  ...[
    '"__proto__":{"a":1},',
    '"constructor":',
    '[[[[[[[[',
    '{"users":[',
    '"Users"',
    '\ud800',
    'é'.normalize('NFD'),
    ',,,,,,,,',
    '""""',
    '{}',
  ],
]

function mutated(choices: Choices, content: Uint8Array): Buffer {
  let bytes = Buffer.from(content)
  for (let times = 1 + choices.below(4); times > 0; times--) {
    const at = choices.below(bytes.length + 1)
    const end = Math.min(bytes.length, at + choices.below(40))
    const part = choices.pick([
      () => Buffer.from(choices.pick(snippets)),
      () => Buffer.from([choices.below(256)]),
      () => bytes.subarray(choices.below(bytes.length + 1)).subarray(0, 200),
      () => Buffer.alloc(0),
    ])()
    bytes = Buffer.concat([bytes.subarray(0, at), part, bytes.subarray(end)])
  }
  return choices.below(10) === 0 ? bytes.subarray(0, choices.below(bytes.length + 1)) : bytes
}

function random(choices: Choices): Buffer {
  return Buffer.from(Array.from({ length: choices.below(2000) }, () => choices.below(256)))
}

async function* pieces(content: Uint8Array, size: number): SourceBytes {
  for (let at = 0; at < content.length; at += size) yield content.subarray(at, at + size)
}

/** Reads a file to its end, or to where it is refused. */
async function read(format: Format, content: Uint8Array, size: number, context: FormatContext): Promise<void> {
  try {
    for await (const group of format.records(pieces(content, size))) {
      for (const record of group) {
        assert.ok(record.line >= 0)
        if (!('value' in record)) continue
        const mapped = format.map(record.value, context)
        const problems = 'problems' in mapped ? mapped.problems : 'user' in mapped ? (mapped.notes ?? []) : []
        for (const text of problems) assert.ok(text.length < 500 && text.isWellFormed())
        if ('problems' in mapped) assert.ok(mapped.problems.length > 0)
      }
    }
  } catch (error) {
    if (!(error instanceof AuthError && error.name === 'BrokenTransferFile')) throw error
  }
}

for (const format of formats.values()) {
  test(`hostile: ${format.name} reads or refuses whatever it is given (SEED=${seed})`, async () => {
    const choices = seededChoices(seed)
    for (let count = 0; count < filesPerFormat; count++) {
      const content = choices.below(8) === 0 ? random(choices) : mutated(choices, choices.pick(fixtures))
      const hashConfig = choices.pick(['', {}, content.toString(), 1, []])
      await read(format, content, 1 + choices.below(5000), { hashConfig, hashOf: () => undefined, now: 1_790_000_000 })
    }
  })
}

const values: readonly unknown[] = [
  null,
  undefined,
  true,
  0,
  -1,
  1e308,
  '',
  'x',
  [],
  [null],
  {},
  { email: {} },
  { users: [] },
  { __proto__: null },
]

test('hostile: a record of any kind of value is a user or refused', () => {
  for (const format of formats.values()) {
    for (const value of values) format.map(value, { hashConfig: undefined, hashOf: () => undefined, now: 0 })
  }
})
