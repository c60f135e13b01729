import { z } from 'zod'
import * as features from '../../src/features/index.ts'
import { takesBody } from '../../src/http/declared-errors.ts'
import type { AnyRoute } from '../../src/http/route.ts'

/** One member that a body may have, by its path: `['user', 'name']`. `*` stands for a name that the caller chooses. */
export interface Field {
  readonly route: AnyRoute
  readonly path: readonly string[]
  readonly isText: boolean
}

type Schema = Readonly<Record<string, unknown>>

const membersOf = (schema: Schema) => (typeof schema.properties === 'object' ? (schema.properties as Readonly<Record<string, Schema>>) : {})

function resolved(schema: Schema, root: Schema): Schema {
  const name = /^#\/\$defs\/(.+)$/.exec(String(schema.$ref ?? ''))?.[1]
  const defs = root.$defs as Readonly<Record<string, Schema>> | undefined
  return (name && defs?.[name]) || schema
}

function walk(schema: Schema, root: Schema, path: readonly string[]): readonly Omit<Field, 'route'>[] {
  const here = resolved(schema, root)
  const own = path.length === 0 ? [] : [{ path, isText: here.type === 'string' }]
  const inner = Object.entries(membersOf(here)).flatMap(([name, member]) => walk(member, root, [...path, name]))
  const chosen =
    typeof here.additionalProperties === 'object' && here.additionalProperties !== null ? [{ path: [...path, '*'], isText: true }] : []
  const items = here.type === 'array' ? [{ path: [...path, '0'], isText: true }] : []
  return [...own, ...inner, ...chosen, ...items]
}

export const bodyRoutes: readonly AnyRoute[] = Object.values(features)
  .flatMap((feature) => feature.routes)
  .filter(takesBody)

/** Every field of every body, from the routes' own schemas, so that a new field is tested without anybody thinking of it. */
export const bodyFields: readonly Field[] = bodyRoutes.flatMap((route) => {
  if (!route.body) return []
  const root = z.toJSONSchema(route.body, { io: 'input', unrepresentable: 'any' }) as Schema
  return walk(root, root, []).map((field) => ({ ...field, route }))
})

/** A body with one member replaced; what lies on the way is made. */
export function withMember(body: object, path: readonly string[], value: unknown, name = 'x'): object {
  const [first, ...rest] = path
  if (first === undefined) return body
  const key = first === '*' ? name : first
  const inner = (body as Readonly<Record<string, unknown>>)[key]
  const next =
    rest.length === 0
      ? value
      : rest[0] === '0'
        ? [value]
        : withMember(typeof inner === 'object' && inner !== null ? inner : {}, rest, value, name)
  return { ...body, [key]: next }
}
