/** Writes the OpenAPI document of the routes: the same schemas that check requests and shape replies. The same routes give the same text. */
import { z } from 'zod'
import type { ErrorFactory } from '../core/errors.ts'
import { declaredErrors, takesBody } from './declared-errors.ts'
import type { Access, AnyRoute } from './route.ts'

export interface OpenApiInfo {
  readonly title: string
  readonly version: string
  readonly description: string
}

type Json = Record<string, unknown>

const securitySchemes: Json = {
  projectId: { type: 'http', scheme: 'bearer', description: '`Authorization: Bearer <projectId>`' },
  refreshToken: { type: 'http', scheme: 'bearer', description: '`Authorization: Bearer <projectId>:<refreshJwt>`' },
  refreshCookie: {
    type: 'apiKey',
    in: 'cookie',
    name: 'DSR',
    description: 'The refresh token as a cookie, beside a bearer with the project ID.',
  },
  sessionToken: { type: 'http', scheme: 'bearer', description: '`Authorization: Bearer <projectId>:<sessionJwt>`' },
  accessKey: { type: 'http', scheme: 'bearer', description: '`Authorization: Bearer <projectId>:<accessKey>`' },
  managementKey: { type: 'http', scheme: 'bearer', description: '`Authorization: Bearer <projectId>:<managementKey>`' },
}

const securityOf: Readonly<Record<Access, readonly Json[]>> = {
  open: [],
  project: [{ projectId: [] }],
  refreshToken: [{ refreshToken: [] }, { projectId: [], refreshCookie: [] }],
  refresh: [{ refreshToken: [] }, { projectId: [], refreshCookie: [] }],
  session: [{ sessionToken: [] }],
  accessKey: [{ accessKey: [] }],
  management: [{ managementKey: [] }],
  local: [{}, { managementKey: [] }],
  loopback: [],
}

/** Routes under the name of what they belong to, which groups them for readers. */
export interface RouteGroup {
  readonly name: string
  readonly routes: readonly AnyRoute[]
}

/** Makes the document (OpenAPI 3.1), with paths in the order of their text. Throws when two schemas of one name differ. */
export function openApiDocument(groups: readonly RouteGroup[], info: OpenApiInfo): Json {
  const components = new Map<string, unknown>([['Error', errorSchema]])
  const paths: Record<string, Json> = {}
  const all = groups.flatMap(({ name, routes }) => routes.map((route) => ({ name, route, text: `${route.path} ${route.method}` })))
  for (const { name, route } of all.toSorted((a, b) => compareText(a.text, b.text))) {
    const operations = paths[route.path] ?? {}
    operations[route.method.toLowerCase()] = { tags: [name], ...operationOf(route, components) }
    paths[route.path] = operations
  }
  const schemas = Object.fromEntries([...components].sort(([a], [b]) => compareText(a, b)))
  return { openapi: '3.1.1', info, paths, components: { schemas, securitySchemes } }
}

const errorSchema: Json = {
  type: 'object',
  description: 'Every answer that is not a success.',
  properties: {
    errorCode: { type: 'string', description: 'Code of the error, for programs.' },
    errorDescription: { type: 'string', description: 'Fixed text of the code.' },
    errorMessage: { type: 'string', description: 'Detail, for people.' },
    requestId: { type: 'string', description: 'With status 500: the ID under which the log tells more.' },
  },
  required: ['errorCode', 'errorDescription', 'errorMessage'],
}

function operationOf(route: AnyRoute, components: Map<string, unknown>): Json {
  const isPage = route.kind === 'page'
  const parameters = [...parametersOf(route.params, 'path', components), ...parametersOf(route.query, 'query', components)]
  const bodyType = isPage ? 'application/x-www-form-urlencoded' : 'application/json'
  const body =
    takesBody(route) && route.body
      ? { requestBody: { content: { [bodyType]: { schema: schemaOf(route.body, 'input', components) } } } }
      : {}
  return {
    operationId: operationId(route),
    summary: route.summary,
    ...rightsNote(route),
    security: securityOf[route.access],
    ...(parameters.length > 0 ? { parameters } : {}),
    ...body,
    responses: {
      200: {
        description: 'Success',
        content: { [isPage ? 'text/html' : 'application/json']: { schema: schemaOf(route.reply, 'output', components) } },
      },
      ...errorResponses(route),
    },
  }
}

/** What a management key needs for the call, in a sentence (MG-05). */
function rightsNote({ access, method, effect, right, isTenantAware }: AnyRoute): Json {
  if (access !== 'management') return {}
  const isRead = (effect ?? (method === 'GET' ? 'read' : 'write')) === 'read'
  const kind = isRead ? 'Reads only.' : 'Changes something: refused to read-only keys.'
  const needs = right ? ` Needs the right \`${right}\`.` : ''
  const reach = isTenantAware ? ' Open to keys that are limited to tenants, for what is in reach of them.' : ''
  return { description: `${kind}${needs}${reach}` }
}

function operationId({ method, path }: AnyRoute): string {
  return `${method.toLowerCase()}${path.replace(/[^A-Za-z0-9]+(.)?/g, (_match, next: string | undefined) => (next ?? '').toUpperCase())}`
}

function errorResponses(route: AnyRoute): Json {
  const byStatus = Map.groupBy(declaredErrors(route), (factory) => factory.spec.status)
  const content = { 'application/json': { schema: { $ref: '#/components/schemas/Error' } } }
  return Object.fromEntries([...byStatus].map(([status, factories]) => [status, { description: descriptionOf(factories), content }]))
}

function descriptionOf(factories: readonly ErrorFactory[]): string {
  return factories.map(({ spec }) => `\`${spec.wire}\` ${spec.text}`).join('; ')
}

function parametersOf(schema: z.ZodType | undefined, place: 'path' | 'query', components: Map<string, unknown>): readonly Json[] {
  if (!schema) return []
  const described = schemaOf(schema, 'input', components)
  const required = new Set(place === 'path' ? Object.keys(membersOf(described)) : namesIn(described.required))
  return Object.entries(membersOf(described)).map(([name, member]) => ({ name, in: place, required: required.has(name), schema: member }))
}

function membersOf(schema: Json): Json {
  return typeof schema.properties === 'object' && schema.properties !== null ? (schema.properties as Json) : {}
}

function namesIn(required: unknown): readonly string[] {
  return Array.isArray(required) ? required.filter((name) => typeof name === 'string') : []
}

/** A JSON schema whose named parts moved to the components of the document. Answers may gain members, so they are not closed. */
function schemaOf(schema: z.ZodType, io: 'input' | 'output', components: Map<string, unknown>): Json {
  const {
    $schema: _dialect,
    $defs,
    ...described
  } = z.toJSONSchema(schema, {
    io,
    unrepresentable: 'any',
    override: ({ zodSchema, jsonSchema }) => {
      if (zodSchema._zod.def.type === 'object') delete jsonSchema.additionalProperties
    },
  }) as Json
  for (const [name, part] of Object.entries(($defs ?? {}) as Json)) addComponent(components, name, part)
  return relinked(described) as Json
}

function addComponent(components: Map<string, unknown>, name: string, schema: unknown): void {
  const linked = relinked(schema)
  const known = components.get(name)
  if (known !== undefined && JSON.stringify(known) !== JSON.stringify(linked)) throw new Error(`Two different schemas are called ${name}`)
  components.set(name, linked)
}

function relinked(schema: unknown): unknown {
  return JSON.parse(JSON.stringify(schema).replaceAll('"#/$defs/', '"#/components/schemas/'))
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
