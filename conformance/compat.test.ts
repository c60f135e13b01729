import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Result, renderTable } from './compat.ts'

const result = (operation: string, changes: Partial<Result> = {}): Result => ({
  ...{ sdk: 'Node.js', version: '2.0.0', operation, database: 'embedded', isPassed: true },
  ...changes,
})
const rows = (page: string) => page.split('\n').filter((line) => line.startsWith('| ') && !/^\| (SDK|---)/.test(line))

test('compat: the order of the results makes no difference', () => {
  const results = [
    result('b'),
    result('a', { database: 'PostgreSQL' }),
    result('a'),
    result('b', { database: 'PostgreSQL', isPassed: false }),
  ]
  const page = renderTable(results, '')
  assert.equal(renderTable(results.toReversed(), ''), page)
  assert.deepEqual(rows(page), ['| Node.js | 2.0.0 | a | yes | yes |', '| Node.js | 2.0.0 | b | yes | no |'])
})

test('compat: what could not run keeps what the page says, what is gone leaves it', () => {
  const both = (['embedded', 'PostgreSQL'] as const).flatMap((database) => [result('a | b', { database }), result('gone', { database })])
  const python = result('sign_up', { sdk: 'Python', version: '1.0' })
  const before = renderTable([...both, python], '')
  const page = renderTable([result('a | b'), result('new')], before)
  assert.deepEqual(rows(page), [
    '| Node.js | 2.0.0 | a \\| b | yes | yes |',
    '| Node.js | 2.0.0 | new | yes | not run |',
    '| Python | 1.0 | sign_up | yes | not run |',
  ])
})

test('compat: another version is another row', () => {
  const before = renderTable([result('a'), result('a', { database: 'PostgreSQL' })], '')
  assert.deepEqual(rows(renderTable([result('a', { version: '2.1.0' })], before)), ['| Node.js | 2.1.0 | a | yes | not run |'])
})
