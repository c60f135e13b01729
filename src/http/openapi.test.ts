import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { z } from 'zod'
import { defineErrors } from '../core/errors.ts'
import { openApiDocument } from './openapi.ts'
import { type AnyRoute, route } from './route.ts'
import { AuthReply, Empty, LoginId, LoginOptions, Password, SignUpUser, synonyms, UrlText, UserReply } from './schemas.ts'

const errors = defineErrors({ WrongPassword: { status: 401, wire: 'E062903', text: 'Password signin failed' } })
const info = { title: 'Postern', version: '0.0.0', description: 'Test' }

const routes: readonly AnyRoute[] = [
  route({
    method: 'POST',
    path: '/v1/auth/password/signin',
    access: 'project',
    summary: 'Sign in with a password',
    body: synonyms(
      { identifier: 'loginId' },
      z.object({ loginId: LoginId, password: Password, loginOptions: LoginOptions.optional(), user: SignUpUser.optional() }),
    ),
    reply: AuthReply,
    errors: [errors.WrongPassword],
    limit: { max: 5, perSeconds: 60 },
    run: async () => ({}) as never,
  }),
  route({
    method: 'GET',
    path: '/v2/keys/{projectId}',
    access: 'open',
    summary: 'Key set',
    params: z.object({ projectId: z.string() }),
    query: z.object({ fresh: z.string().optional(), kind: z.string() }),
    reply: z.object({ keys: z.array(z.looseObject({ kid: z.string() })) }),
    errors: [],
    run: async () => ({ keys: [] }),
  }),
  route({
    method: 'GET',
    path: '/v1/auth/me',
    access: 'refresh',
    summary: 'The user',
    reply: UserReply,
    errors: [],
    run: async () => ({}) as never,
  }),
  route({
    method: 'POST',
    path: '/v1/auth/logout',
    access: 'refreshToken',
    summary: 'Sign out',
    reply: Empty,
    errors: [],
    run: async () => ({}),
  }),
  route({
    method: 'GET',
    path: '/metrics',
    access: 'local',
    summary: 'Figures',
    kind: 'page',
    reply: z.string(),
    errors: [],
    run: async () => '',
  }),
  route({
    method: 'POST',
    path: '/page',
    access: 'open',
    summary: 'Page',
    kind: 'page',
    body: z.object({ t: UrlText }),
    reply: z.string(),
    errors: [],
    run: async () => '',
  }),
]

type Json = Record<string, unknown>
const document = openApiDocument([{ name: 'test', routes }], info)
const at = (...path: readonly string[]) => path.reduce<unknown>((value, name) => (value as Json | undefined)?.[name], document)

function operations(): readonly { readonly path: string; readonly operation: Json }[] {
  return Object.entries(at('paths') as Record<string, Record<string, Json>>).flatMap(([path, methods]) =>
    Object.values(methods).map((operation) => ({ path, operation })),
  )
}

describe('the document is a valid OpenAPI 3.1 one', () => {
  test('its root', () => {
    assert.deepEqual(Object.keys(document), ['openapi', 'info', 'paths', 'components'])
    assert.match(String(document.openapi), /^3\.1\.\d$/)
  })
  test('every reference leads somewhere, and none to $defs', () => {
    const text = JSON.stringify(document)
    const references = [...text.matchAll(/"\$ref":"([^"]+)"/g)].map((match) => match[1] ?? '')
    assert.ok(references.length > 5)
    for (const reference of references) assert.notEqual(at(...reference.replace('#/', '').split('/')), undefined, reference)
    assert.doesNotMatch(text, /\$defs|\$schema/)
  })
  test('every parameter of a path is declared and required', () => {
    for (const { path, operation } of operations()) {
      const inPath = [...path.matchAll(/\{([^}]+)\}/g)].map((match) => match[1])
      const declared = ((operation.parameters ?? []) as Json[]).filter((parameter) => parameter.in === 'path')
      assert.deepEqual(
        declared.map((parameter) => parameter.name),
        inPath,
      )
      assert.ok(declared.every((parameter) => parameter.required === true && parameter.schema !== undefined))
    }
  })
  test('operation IDs are unique names', () => {
    const ids = operations().map(({ operation }) => String(operation.operationId))
    assert.equal(new Set(ids).size, routes.length)
    assert.ok(
      ids.every((id) => /^[a-z][A-Za-z0-9]+$/.test(id)),
      ids.join(),
    )
  })
  test('every security requirement names a scheme', () => {
    const schemes = Object.keys(at('components', 'securitySchemes') as Json)
    for (const { operation } of operations()) {
      for (const requirement of operation.security as Json[]) assert.ok(Object.keys(requirement).every((name) => schemes.includes(name)))
    }
  })
  test('every response has a description', () => {
    for (const { operation } of operations()) {
      for (const response of Object.values(operation.responses as Record<string, Json>)) assert.equal(typeof response.description, 'string')
    }
  })
})

test('the body shows canonical names and what is required', () => {
  const schema = at('paths', '/v1/auth/password/signin', 'post', 'requestBody', 'content', 'application/json', 'schema') as Json
  assert.deepEqual(Object.keys(schema.properties as Json), ['loginId', 'password', 'loginOptions', 'user'])
  assert.deepEqual(schema.required, ['loginId', 'password'])
})

test('errors are listed by status with their codes', () => {
  const responses = at('paths', '/v1/auth/password/signin', 'post', 'responses') as Record<string, Json>
  assert.deepEqual(Object.keys(responses), ['200', '400', '401', '413', '415', '429', '500', '503'])
  assert.equal(responses[401]?.description, '`E011010` Project ID is missing or invalid; `E062903` Password signin failed')
})

test('query parameters', () => {
  const parameters = at('paths', '/v2/keys/{projectId}', 'get', 'parameters') as Json[]
  assert.deepEqual(
    parameters.map(({ name, required }) => [name, required]),
    [
      ['projectId', true],
      ['fresh', false],
      ['kind', true],
    ],
  )
})

test('the same routes in another order give the same text', () => {
  assert.equal(JSON.stringify(openApiDocument([{ name: 'test', routes: routes.toReversed() }], info)), JSON.stringify(document))
})
