import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createCommitFinder } from './proxy.ts'

/** A proxy that never saw a commit would cut nothing, and its scenario would hold for the wrong reason. */

const text = (value: string) => Buffer.from(`${value}\0`)

function message(type: string, body: Buffer): Buffer {
  const length = Buffer.alloc(4)
  length.writeInt32BE(body.length + 4)
  return Buffer.concat([Buffer.from(type), length, body])
}

const startup = message('', Buffer.concat([Buffer.from([0, 3, 0, 0]), text('user'), text('postern'), Buffer.from([0])]))
const query = (sql: string) => message('Q', text(sql))
const parse = (name: string, sql: string) => message('P', Buffer.concat([text(name), text(sql), Buffer.from([0, 0])]))
const bind = (name: string) => message('B', Buffer.concat([text(''), text(name), Buffer.alloc(6)]))
const sync = message('S', Buffer.alloc(0))

const cases: readonly (readonly [name: string, pieces: readonly Buffer[], found: readonly boolean[]])[] = [
  ['a simple query', [startup, query('begin'), query('commit')], [false, false, true]],
  ['a parsed one', [startup, Buffer.concat([parse('', 'commit'), bind(''), sync])], [false, true]],
  ['one that was parsed before', [startup, parse('c1', 'COMMIT'), bind('s1'), bind('c1')], [false, false, false, true]],
  ['the use of a refresh token', [startup, parse('', 'update "sessions" set "generation" = $1'), bind('')], [false, false, true]],
  ['behind another in one piece', [startup, Buffer.concat([query('select 1'), query('commit')])], [false, true]],
  ['in two pieces', [startup, query('commit').subarray(0, 7), query('commit').subarray(7)], [false, false, true]],
  ['after a start in two pieces', [startup.subarray(0, 3), startup.subarray(3), query('commit')], [false, false, true]],
  ['the word in a value or a name', [startup, query("select 'commit'"), query('commitments')], [false, false, false]],
]

for (const [name, pieces, found] of cases) {
  test(`proxy: finds commits, ${name}`, () => {
    const find = createCommitFinder()
    assert.deepEqual(
      pieces.map((piece) => find(piece)),
      found,
    )
  })
}
