import { z } from 'zod'
import { AttributeName, type AttributeType, attributeTypes, DefaultValue } from '../../core/attributes.ts'
import { coreErrors } from '../../core/errors.ts'
import { route } from '../../http/route.ts'
import { Text } from '../../http/schemas.ts'
import { defineAttributes, deleteAttributes, listAttributes, type NamedAttribute } from './attributes.ts'
import { userErrors } from './errors.ts'

/**
 * The custom attributes that users may have by definition. On the wire a type is a number: 1 to 3 are those that migration programs of the vendor send, 4 to 6 follow the
 * order in which its Terraform provider lists the types. Names are taken as well.
 */
const typeNumbers: readonly (readonly [number, AttributeType])[] = attributeTypes.map((type, index) => [index + 1, type])

const Type = z.preprocess(
  (value) => typeNumbers.find(([number]) => number === value || String(number) === value)?.[1] ?? value,
  z
    .enum(attributeTypes)
    .meta({ description: '1 text, 2 number, 3 boolean, 4 one of the options, 5 several of them, 6 date; or the name.' }),
)

const Names = z.array(Text(256)).max(100)

/** A choice; Python sends its text alone. */
const Option = z.preprocess(
  (value) => (typeof value === 'string' ? { value } : value),
  z.object({ value: Text(256).optional(), label: Text(256).optional() }),
)

const Attribute = z.object({
  name: AttributeName,
  type: Type,
  displayName: Text(256).optional(),
  options: z.array(Option).max(500).optional(),
  defaultValue: DefaultValue.optional(),
  viewPermissions: Names.optional(),
  editPermissions: Names.optional(),
})

function attributeOf(body: z.output<typeof Attribute>): NamedAttribute {
  const { name, type, displayName = name, options = [], defaultValue = null, viewPermissions = [], editPermissions = [] } = body
  return {
    ...{ name, type, displayName, defaultValue, viewPermissions, editPermissions },
    options: options.map(({ value, label }) => ({ value: value ?? label ?? '', label: label ?? value ?? '' })),
  }
}

const reply = z.object({
  data: z.array(
    z.object({
      ...{ name: z.string(), type: z.int(), displayName: z.string(), defaultValue: z.unknown() },
      options: z.array(z.object({ value: z.string(), label: z.string() })),
      ...{ viewPermissions: z.array(z.string()), editPermissions: z.array(z.string()) },
    }),
  ),
})

function replyOf(attributes: readonly NamedAttribute[]): z.input<typeof reply> {
  return {
    data: attributes.map(({ type, options, viewPermissions, editPermissions, ...same }) => ({
      ...same,
      type: attributeTypes.indexOf(type) + 1,
      options: [...options],
      viewPermissions: [...viewPermissions],
      editPermissions: [...editPermissions],
    })),
  }
}

export const attributeRoutes = [
  route({
    method: 'GET',
    path: '/v1/mgmt/user/customattributes',
    access: 'management',
    summary: 'Custom attributes of users that are defined',
    reply,
    errors: [],
    run: async ({ deps, caller }) => replyOf(await listAttributes(deps, caller.project.id)),
  }),
  route({
    method: 'POST',
    path: '/v1/mgmt/user/customattribute/create',
    access: 'management',
    summary: 'Define custom attributes, whose values are checked from then on',
    body: z.object({ attributes: z.array(Attribute).min(1).max(100) }),
    reply,
    errors: [coreErrors.InvalidRequest, userErrors.AttributeExists],
    run: async ({ deps, caller: { project, actor }, body }) =>
      replyOf(await defineAttributes(deps, { project, actor, attributes: body.attributes.map(attributeOf) })),
  }),
  route({
    method: 'POST',
    path: '/v1/mgmt/user/customattribute/delete',
    access: 'management',
    summary: 'Take definitions of custom attributes away; users keep the values',
    body: z.object({ names: z.array(Text(60)).min(1).max(100) }),
    reply,
    errors: [],
    run: async ({ deps, caller: { project, actor }, body }) => replyOf(await deleteAttributes(deps, { project, actor, names: body.names })),
  }),
]
