import { readdirSync, readFileSync } from 'node:fs'
import type { Choices } from '../security/seeded.ts'

/** Files that are nearly exports of other systems, for tests that nothing in a file crashes anything. */

const folder = new URL('./fixtures/', import.meta.url)
const fixtures = readdirSync(folder).map((name) => ({ name, content: readFileSync(new URL(name, folder)) }))

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

/** A fixture with something wrong in it, mostly of the format, or nothing but bytes. */
export function mutatedFile(choices: Choices, format: string): Buffer {
  if (choices.below(8) === 0) return random(choices)
  const own = fixtures.filter(({ name }) => name.startsWith(format) || name.endsWith(`.${format}`))
  return mutated(choices, choices.pick(choices.below(4) > 0 ? own : fixtures).content)
}
