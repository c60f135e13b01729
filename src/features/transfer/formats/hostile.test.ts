import assert from 'node:assert/strict'
import { test } from 'node:test'
import { mutatedFile } from '../../../../test/moving/mutations.ts'
import { seededChoices } from '../../../../test/security/seeded.ts'
import { AuthError } from '../../../core/errors.ts'
import type { SourceBytes } from '../reading/source-record.ts'
import type { Format, FormatContext } from './format.ts'
import { formats } from './index.ts'

/** No file crashes an importer or makes it hang: it is read, or refused with a sentence. */

const seed = Number(process.env.SEED ?? Math.floor(Math.random() * 2 ** 32))
const filesPerFormat = 400

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
      const content = mutatedFile(choices, format.name)
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
