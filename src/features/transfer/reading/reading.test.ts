import assert from 'node:assert/strict'
import { test } from 'node:test'
import { AuthError } from '../../../core/errors.ts'
import { csvRecords } from './csv-records.ts'
import { jsonDocument } from './json-document.ts'
import { jsonLines } from './json-lines.ts'
import { jsonRecords } from './json-records.ts'
import { maxRecordBytes, type SourceBytes, type SourceRecord, type SourceRecords } from './source-record.ts'

/** The bytes of a text in pieces of a size, which for some sizes cut characters in two. */
async function* pieces(content: string | Uint8Array, size: number): SourceBytes {
  const bytes = Buffer.from(content)
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size)
}

async function all(records: SourceRecords): Promise<SourceRecord[]> {
  const found: SourceRecord[] = []
  for await (const group of records) found.push(...group)
  return found
}

const sizes = [1, 2, 3, 7, 64, 100_000]

/** Reads in pieces of every size, which must make no difference. */
async function inEverySize(content: string | Uint8Array, read: (source: SourceBytes) => SourceRecords): Promise<SourceRecord[]> {
  const [first = [], ...others] = await Promise.all(sizes.map((size) => all(read(pieces(content, size)))))
  for (const other of others) assert.deepEqual(other, first)
  return first
}

const long = 'x'.repeat(maxRecordBytes + 1)
const deep = `${'['.repeat(40)}${']'.repeat(40)}`

const lineCases: readonly (readonly [name: string, content: string | Uint8Array, expected: readonly SourceRecord[]])[] = [
  ['nothing', '', []],
  ['one line without an end', '{"a":1}', [{ line: 1, value: { a: 1 } }]],
  [
    'empty lines and carriage returns',
    '\r\n{"a":1}\r\n\n  \n2\n',
    [
      { line: 2, value: { a: 1 } },
      { line: 5, value: 2 },
    ],
  ],
  [
    'a broken line among others',
    '1\n{"a":\n"é"\n',
    [
      { line: 1, value: 1 },
      { line: 2, problem: 'is not JSON' },
      { line: 3, value: 'é' },
    ],
  ],
  [
    'bytes that are no text',
    Buffer.from('31 0a 22 ff 22 0a 33'.replaceAll(' ', ''), 'hex'),
    [
      { line: 1, value: 1 },
      { line: 2, problem: 'is not UTF-8' },
      { line: 3, value: 3 },
    ],
  ],
  [
    'a line that is too long',
    `1\n"${long}"\n3`,
    [
      { line: 1, value: 1 },
      { line: 2, problem: 'is longer than 256 KiB' },
      { line: 3, value: 3 },
    ],
  ],
  [
    'a line that is too deep',
    `${deep}\n"${deep}"`,
    [
      { line: 1, problem: 'is nested deeper than 32' },
      { line: 2, value: deep },
    ],
  ],
]

for (const [name, content, expected] of lineCases) {
  test(`JSON lines: ${name}`, async () => {
    assert.deepEqual(
      typeof content === 'string' && content.length > 1000
        ? await all(jsonLines(pieces(content, 4096)))
        : await inEverySize(content, jsonLines),
      expected,
    )
  })
}

const documentCases: readonly (readonly [name: string, content: string, expected: readonly SourceRecord[] | RegExp])[] = [
  ['an array', '[1, {"a":[2,{}]}, "x,]}"]', [1, { a: [2, {}] }, 'x,]}'].map((value) => ({ line: 1, value }))],
  ['an empty array', ' [ ] ', []],
  [
    'a member of an object',
    '{"a":{"users":[0]},\n"users":[\n1,\n2\n],"b":[3]}',
    [
      { line: 3, value: 1 },
      { line: 4, value: 2 },
    ],
  ],
  ['two such members', '{"users":[1],"Users":[9],"users":[2]}', [1, 2].map((value) => ({ line: 1, value }))],
  [
    'quotes, backslashes and brackets in texts',
    '{"us\\"ers":[0],"users":["\\\\\\"]","[{"]}',
    ['\\"]', '[{'].map((value) => ({ line: 1, value })),
  ],
  [
    'an element that is no JSON',
    '[1,x,3]',
    [
      { line: 1, value: 1 },
      { line: 1, problem: 'is not JSON' },
      { line: 1, value: 3 },
    ],
  ],
  [
    'an element that is too deep',
    `[1,${deep}]`,
    [
      { line: 1, value: 1 },
      { line: 1, problem: 'is nested deeper than 32' },
    ],
  ],
  ['an end in the middle', '[1,{"a":2', /Line 1: the file ends in the middle/],
  ['an end before the beginning', '', /the file ends in the middle/],
  ['brackets that do not match', '[\n[1}]', /Line 2: the brackets do not match/],
  ['more after the end', '[1]\n[2]', /Line 2: something follows the end/],
  ['an object without users', '{"a":[1]}', /there is no array of users/],
  ['no document', '"users"', /neither an array nor an object/],
  ['nothing but brackets', '['.repeat(1000), /nested deeper than 256/],
]

const isBroken = (expected: RegExp) => (error: unknown) =>
  error instanceof AuthError && error.name === 'BrokenTransferFile' && expected.test(error.message)

for (const [name, content, expected] of documentCases) {
  test(`JSON document: ${name}`, async () => {
    const read = (source: SourceBytes) => jsonDocument(source, ['users'])
    if (!(expected instanceof RegExp)) return assert.deepEqual(await inEverySize(content, read), expected)
    for (const size of sizes) await assert.rejects(all(read(pieces(content, size))), isBroken(expected))
  })
}

test('JSON document: an element beyond the limit is passed over, and what follows is read', async () => {
  const found = await all(jsonDocument(pieces(`[1,["${long}"],3]`, 4096), []))
  assert.deepEqual(found, [
    { line: 1, value: 1 },
    { line: 1, problem: 'is longer than 256 KiB' },
    { line: 1, value: 3 },
  ])
})

const formCases: readonly (readonly [name: string, content: string, values: readonly unknown[]])[] = [
  ['lines', '{"a":1}\n{"a":2}\n', [{ a: 1 }, { a: 2 }]],
  ['one line', '{"a":1}', [{ a: 1 }]],
  ['a mark in front', '\ufeff{"a":1}\n', [{ a: 1 }]],
  ['an array on one line', '[1,2]', [1, 2]],
  ['an object with users on one line', '{"users":[1,2]}', [1, 2]],
  ['an object with users on many lines', '\n{\n"users":\n[1,2]}', [1, 2]],
  ['users that are no array', '{"users":1}\n{"users":2}', [{ users: 1 }, { users: 2 }]],
]

for (const [name, content, values] of formCases) {
  test(`JSON of any form: ${name}`, async () => {
    const found = await inEverySize(content, (source) => jsonRecords(source, ['users']))
    assert.deepEqual(
      found.map((record) => ('value' in record ? record.value : record)),
      values,
    )
  })
}

test('CSV: header, quotes, line breaks in fields, and lines that do not fit', async () => {
  const content = '\ufeffa, b\n1,2\n"x ""y""\nz",\r\n\n1,2,3\n__proto__,5\n'
  const found = await inEverySize(content, (source) => csvRecords(source, { columns: 'header' }))
  const plain = found.map((record) => ('value' in record ? { line: record.line, value: { ...(record.value as object) } } : record))
  assert.deepEqual(
    plain.toSorted((a, b) => a.line - b.line),
    [
      { line: 2, value: { a: '1', b: '2' } },
      { line: 3, value: { a: 'x "y"\nz', b: '' } },
      { line: 6, problem: 'has 3 fields, and the header has 2' },
      { line: 7, value: { a: '__proto__', b: '5' } },
    ],
  )
})

test('CSV: what leaves no way on is told with its line', async () => {
  const read = (content: string) => all(csvRecords(pieces(content, 4096), { columns: 'header' }))
  await assert.rejects(read('a\n"never closed\n1\n'), isBroken(/a quote is never closed/))
  await assert.rejects(read(`a\n1\n${long}xx\n2\n`), isBroken(/Line 3: a record is longer than 256 KiB/))
  await assert.rejects(read('a,b\n1,2\n1,"2"3\n'), isBroken(/Line 3: a quote stands where none may/))
  await assert.rejects(read('a,a\n1,2\n'), isBroken(/Line 1: two columns have the same name/))
})

test('CSV: a source that fails, fails the reading, and whoever stops early stops the source', async () => {
  async function* failing(): SourceBytes {
    yield Buffer.from('a\n1\n')
    throw new Error('The disk is gone')
  }
  await assert.rejects(all(csvRecords(failing(), { columns: 'header' })), /The disk is gone/)
  let isClosed = false
  async function* endless(): SourceBytes {
    try {
      for (;;) yield Buffer.from('1\n'.repeat(1000))
    } finally {
      isClosed = true
    }
  }
  for await (const group of csvRecords(endless(), { columns: 'position' })) if (group.length > 0) break
  assert.ok(isClosed)
})
