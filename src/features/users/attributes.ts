import { AttributeDefinition, maxAttributes } from '../../core/attributes.ts'
import type { Deps } from '../../core/deps.ts'
import { coreErrors } from '../../core/errors.ts'
import { adminEvent, recordEvent } from '../../core/events.ts'
import type { Administration } from './change.ts'
import { userErrors } from './errors.ts'

/** A custom attribute of users, by its name. */
export interface NamedAttribute extends AttributeDefinition {
  readonly name: string
}

/** The custom attributes that users may have by definition, by name. */
export async function listAttributes(deps: Pick<Deps, 'storage'>, projectId: string): Promise<readonly NamedAttribute[]> {
  const records = await deps.storage.attributes.list(projectId, 'user')
  return records.map(({ name, definition }) => ({ name, ...AttributeDefinition.parse(definition) }))
}

/** Defines attributes, all or none. Values that users have already stay as they are. Throws `AttributeExists`, and `InvalidRequest` beyond 100 attributes. */
export async function defineAttributes(
  deps: Deps,
  input: Administration & { readonly attributes: readonly NamedAttribute[] },
): Promise<readonly NamedAttribute[]> {
  const { project, actor, attributes } = input
  const names = attributes.map(({ name }) => name)
  return deps.storage.transaction(async (tx) => {
    // One after another: of two calls with one name the later one must find it.
    if (!(await tx.projects.lock(project.id))) throw coreErrors.InvalidProject()
    const known = (await tx.attributes.list(project.id, 'user')).map(({ name }) => name)
    if (new Set(names).size < names.length || names.some((name) => known.includes(name))) throw userErrors.AttributeExists()
    if (known.length + names.length > maxAttributes) {
      throw coreErrors.InvalidRequest({ message: `A project has at most ${maxAttributes} custom attributes of users` })
    }
    for (const { name, ...definition } of attributes) {
      await tx.attributes.put({
        ...{ projectId: project.id, subject: 'user', name, createdAt: deps.clock.nowSeconds() },
        definition: AttributeDefinition.parse(definition),
      })
    }
    await recordEvent(deps, tx, adminEvent({ projectId: project.id, actor, type: 'attribute.create', data: { names } }))
    return listAttributes({ storage: tx }, project.id)
  })
}

/** Takes definitions away; names that are not defined do not matter. Users keep the values, which nothing checks any more. */
export async function deleteAttributes(
  deps: Deps,
  input: Administration & { readonly names: readonly string[] },
): Promise<readonly NamedAttribute[]> {
  const { project, actor, names } = input
  return deps.storage.transaction(async (tx) => {
    const count = await tx.attributes.delete(project.id, 'user', [...new Set(names)])
    await recordEvent(deps, tx, adminEvent({ projectId: project.id, actor, type: 'attribute.delete', data: { names, count } }))
    return listAttributes({ storage: tx }, project.id)
  })
}
