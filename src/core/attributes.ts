import { z } from 'zod'
import { coreErrors } from './errors.ts'
import { holdsPlainTextOnly } from './plain-text.ts'
import type { AttributeRecord, Storage } from './storage.ts'

/**
 * Custom attributes of users, tenants and access keys. What is defined is checked against its type at every write; what is not defined is taken as it is. All of it
 * is bounded, and plain text (IN-03).
 */

export const maxAttributes = 100
const maxNameLength = 60
const maxBytes = 16_384
const maxDefaultBytes = 1024

/** Kinds of values. On the wire they are numbers (`features/users/attribute-routes.ts`). */
export const attributeTypes = ['string', 'number', 'boolean', 'singleselect', 'multiselect', 'date'] as const
export type AttributeType = (typeof attributeTypes)[number]

/** The name that a definition is for. */
export const AttributeName = z.string().regex(/^[A-Za-z0-9_-]{1,60}$/)

/** Any JSON, small. */
export const DefaultValue = z
  .unknown()
  .refine((value) => holdsPlainTextOnly(value), 'must not hold control characters or broken Unicode')
  .refine((value) => Buffer.byteLength(JSON.stringify(value ?? null)) <= maxDefaultBytes, 'must not be larger than 1 KiB')

/** What is stored of a definition. Parsed when written and when read. */
export const AttributeDefinition = z
  .strictObject({
    type: z.enum(attributeTypes),
    displayName: z.string().max(256),
    /** What may be chosen; nothing listed is no such limit. */
    options: z.array(z.strictObject({ value: z.string().max(256), label: z.string().max(256) })).max(500),
    /** For forms to begin with; nobody gets it by itself. `null` if none. */
    defaultValue: DefaultValue,
    viewPermissions: z.array(z.string().max(256)).max(100),
    editPermissions: z.array(z.string().max(256)).max(100),
  })
  .readonly()
export type AttributeDefinition = z.infer<typeof AttributeDefinition>

export type AttributeValues = Readonly<Record<string, unknown>>

/** Checks values that are to be stored. Throws `InvalidRequest`, which names the attribute where it is a defined one. */
export type AttributeCheck = (values: AttributeValues) => void

/** Reads the definitions of a project, once for any number of checks. */
export async function attributeCheck(
  storage: { readonly attributes: Pick<Storage['attributes'], 'list'> },
  projectId: string,
  subject: AttributeRecord['subject'],
): Promise<AttributeCheck> {
  const records = await storage.attributes.list(projectId, subject)
  const definitions = new Map(records.map(({ name, definition }) => [name, AttributeDefinition.parse(definition)]))
  return (values) => {
    assertAttributeBounds(values)
    for (const [name, value] of Object.entries(values)) {
      const definition = definitions.get(name)
      if (definition && !isOfType(definition, value)) {
        throw coreErrors.InvalidRequest({ message: `The customAttributes.${name} field must be ${expectations[definition.type]}` })
      }
    }
  }
}

/** Checks values that are to be stored; see `attributeCheck`. Without values nothing is read. */
export async function assertAttributes(
  storage: Pick<Storage, 'attributes'>,
  projectId: string,
  subject: AttributeRecord['subject'],
  values: AttributeValues,
): Promise<void> {
  if (Object.keys(values).length === 0) return
  const check = await attributeCheck(storage, projectId, subject)
  check(values)
}

/** Throws `InvalidRequest` when all the values of somebody are too many, too large, or not plain text. */
export function assertAttributeBounds(values: AttributeValues): void {
  const problem = boundsProblem(values)
  if (problem) throw coreErrors.InvalidRequest({ message: `The customAttributes field ${problem}` })
}

function boundsProblem(values: AttributeValues): string | undefined {
  const names = Object.keys(values)
  if (names.length > maxAttributes) return `has more than ${maxAttributes} members`
  if (names.some((name) => name === '' || name.length > maxNameLength)) return `has names that are empty or longer than ${maxNameLength}`
  if (names.some((name) => name === '__proto__' || name === 'constructor' || name === 'prototype')) return 'has a forbidden name'
  if (!holdsPlainTextOnly(values)) return 'must not hold control characters or broken Unicode'
  return Buffer.byteLength(JSON.stringify(values)) > maxBytes ? `is larger than ${maxBytes} bytes` : undefined
}

const expectations: Readonly<Record<AttributeType, string>> = {
  string: 'a text',
  number: 'a number',
  boolean: 'true or false',
  singleselect: 'one of its options',
  multiselect: 'a list of its options',
  date: 'a date: ISO 8601, or the milliseconds since the epoch',
}

function isOfType({ type, options }: AttributeDefinition, value: unknown): boolean {
  const isOption = (one: unknown) => typeof one === 'string' && (options.length === 0 || options.some((option) => option.value === one))
  switch (type) {
    case 'string':
    case 'boolean':
      return typeof value === type
    case 'number':
      return Number.isFinite(value)
    case 'singleselect':
      return isOption(value)
    case 'multiselect':
      return Array.isArray(value) && value.every(isOption)
    case 'date':
      return Number.isFinite(value) || (typeof value === 'string' && /^\d{4}-\d\d-\d\d/.test(value) && !Number.isNaN(Date.parse(value)))
  }
}
