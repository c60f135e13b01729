import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { coreErrors } from '../../src/core/errors.ts'
import { accessKeyErrors } from '../../src/features/access-keys/errors.ts'
import { passwordErrors } from '../../src/features/password/errors.ts'
import { sessionErrors } from '../../src/features/session/errors.ts'
import { errorCodes } from './codes.ts'

const docs = readFileSync(new URL('../../docs/client.md', import.meta.url), 'utf8')
const rows = docs.split('\n').filter((line) => line.startsWith('| `') && / `E\d{6}`/.test(line))
const served = new Set(
  Object.values({ ...coreErrors, ...accessKeyErrors, ...passwordErrors, ...sessionErrors }).map(({ spec }) => spec.wire),
)

for (const [name, code] of Object.entries(errorCodes)) {
  test(`${name} is a code of the server and is documented`, () => {
    assert.ok(served.has(code), `the server has no ${code}`)
    assert.ok(
      rows.some((row) => row.includes(`\`${name}\``)),
      `docs/client.md does not explain ${name}`,
    )
  })
}

test('every failure of a password operation has a name here', () => {
  const named = new Set<string>(Object.values(errorCodes))
  assert.deepEqual(
    Object.values(passwordErrors)
      .map(({ spec }) => spec.wire)
      .filter((wire) => !named.has(wire)),
    [],
  )
})

test('the documentation explains no code that is not there', () => {
  const explained = rows.flatMap((row) => [...(row.split('|')[1] ?? '').matchAll(/`(\w+)`/g)].map((match) => match[1] ?? ''))
  assert.deepEqual(
    explained.filter((name) => !Object.hasOwn(errorCodes, name)),
    [],
  )
  assert.equal(new Set(explained).size, explained.length)
})
