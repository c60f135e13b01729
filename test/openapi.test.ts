import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import test from 'node:test'
import { apiDescription } from '../src/auth.ts'
import * as features from '../src/features/index.ts'
import type { Feature } from '../src/http/route.ts'

interface Operation {
  readonly summary: string
  readonly responses: Readonly<Record<string, unknown>>
}

const document = apiDescription() as {
  readonly openapi: string
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>
}
const all: readonly Feature[] = Object.values(features)

test('openapi.json is fresh (npm run generate)', () => {
  const file = readFileSync(new URL('../openapi.json', import.meta.url), 'utf8')
  assert.equal(file, `${JSON.stringify(apiDescription(), null, 2)}\n`)
})

test('every route is described, with its answer and every status that it can have', () => {
  for (const route of all.flatMap((feature) => feature.routes)) {
    const operation = document.paths[route.path]?.[route.method.toLowerCase()]
    assert.ok(operation, `${route.method} ${route.path}`)
    assert.equal(operation.summary, route.summary)
    assert.ok(operation.responses['200'])
    for (const error of route.errors) assert.ok(operation.responses[String(error.spec.status)], `${route.path} ${error.spec.status}`)
  }
})

test('nothing is described that is not there, and references resolve', () => {
  const paths = new Set(all.flatMap((feature) => feature.routes).map((route) => route.path))
  assert.deepEqual(
    Object.keys(document.paths).filter((path) => !paths.has(path)),
    [],
  )
  const text = JSON.stringify(document)
  for (const [, pointer = ''] of text.matchAll(/"\$ref":"#\/([^"]+)"/g)) {
    const target = pointer.split('/').reduce<unknown>((value, part) => (value as Record<string, unknown> | undefined)?.[part], document)
    assert.ok(target, pointer)
  }
  assert.match(document.openapi, /^3\.1\./)
})
