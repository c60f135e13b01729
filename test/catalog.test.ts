import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import test from 'node:test'
import { generatedFiles } from '../scripts/generated-files.ts'
import { coreErrors } from '../src/core/errors.ts'
import { namedTypes } from '../src/features/audit/actions.ts'
import * as features from '../src/features/index.ts'
import type { Feature } from '../src/http/route.ts'

/** What the program can throw, write and send is documented, and nothing documented is missing. */

const root = new URL('../', import.meta.url).pathname
const all: readonly Feature[] = Object.values(features)
const errorTables = [coreErrors, ...all.map((feature) => feature.errors)]
const factories = errorTables.flatMap((table) => Object.values(table))

const sources = readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.ts') && !name.endsWith('.test.ts'))
  .map((name) => readFileSync(join(root, 'src', name), 'utf8'))
  .join('\n')

test('errors: every name and every code is one error', () => {
  const names = factories.map((factory) => factory.errorName)
  const codes = factories.map((factory) => factory.spec.wire)
  assert.equal(new Set(names).size, names.length)
  assert.equal(new Set(codes).size, codes.length)
})

test('errors: codes have the form of the contract, and none begins with a letter of the SDKs', () => {
  for (const { spec } of factories) assert.match(spec.wire, /^E\d{6}$/)
})

test('errors: every declared error is thrown or listed somewhere', () => {
  const unused = factories.filter(({ errorName }) => (sources.match(new RegExp(`\\b${errorName}\\b`, 'g')) ?? []).length < 2)
  assert.deepEqual(
    unused.map((factory) => factory.errorName),
    [],
  )
})

const eventTypes = all.flatMap((feature) => Object.keys(feature.events))
const kindsOfMessages = all.flatMap((feature) => Object.keys(feature.messages))

test('events and messages: every type that is written is listed, and every listed one is written', () => {
  const known = new Set([...eventTypes, ...kindsOfMessages])
  const written = new Set([...sources.matchAll(/type: '([a-z][A-Za-z]*\.[A-Za-z]+)'/g)].map((match) => match[1]))
  assert.deepEqual(
    [...known].filter((type) => !sources.includes(`'${type}'`)),
    [],
  )
  assert.deepEqual(
    [...written].filter((type) => type && !known.has(type)),
    [],
  )
})

test('events and messages: each has a sentence, and each name is one thing', () => {
  for (const feature of all) {
    for (const text of [...Object.values(feature.events), ...Object.values(feature.messages).map(({ about }) => about)])
      assert.match(text, /^[A-Z].*\.$/)
  }
  assert.equal(new Set(eventTypes).size, eventTypes.length)
})

test("events: the contract's names of actions are for types that there are", () => {
  assert.deepEqual(
    namedTypes.filter((type) => !eventTypes.includes(type)),
    [],
  )
})

test('routes: every path and method is one route, and mutating routes are not GET', () => {
  const names = all.flatMap((feature) => feature.routes).map((route) => `${route.method} ${route.path}`)
  assert.equal(new Set(names).size, names.length)
})

for (const { file, content } of generatedFiles.filter(({ file }) => file !== 'openapi.json')) {
  test(`generated: ${file} is fresh (npm run generate)`, async () => {
    assert.equal(readFileSync(join(root, file), 'utf8'), await content())
  })
}
