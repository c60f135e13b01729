import type { Deps } from '../../core/deps.ts'
import { coreErrors } from '../../core/errors.ts'
import { type Actor, adminEvent, recordEvent } from '../../core/events.ts'
import { newManagementKey, type Rights } from '../../core/management-keys.ts'
import { newId } from '../../core/secrets.ts'
import { Settings } from '../../core/settings.ts'
import { newSigningKey } from '../../core/signing-keys.ts'
import type { ProjectRecord, Storage } from '../../core/storage.ts'
import { type Configuration, readConfiguration } from './configuration.ts'

/** Settings of a project that starts with every safer choice made (`init --hardened`; section 4 of the security bar). */
const hardened = { password: { minLength: 15, updateMaxAgeSeconds: 600 }, project: { rotateJwt: true, strictSignUp: true } }

/** Caches and key sets of all projects are in memory, and preflight requests look at all of them. */
const maxProjects = 1000

/** Longer than a transaction can be. */
const firstProjectSeconds = 60

/** How a project is to be, and who asks for it. */
export interface NewProject {
  readonly name: string
  readonly environment?: string | undefined
  readonly tags?: readonly string[] | undefined
  readonly actor: Actor
  /** Limits of its first management key: those of the key that asks, without what that was given in addition. */
  readonly rights?: Rights | undefined
}

/** A project and the text of its first management key, which is told here and never again. */
export interface CreatedProject {
  readonly project: ProjectRecord
  readonly managementKey: string
}

/** Creates a project with its own signing key (JW-05) and one management key. All of it commits together. `createdFrom` is the project whose audit trail notes it too. */
export async function createProject(
  deps: Deps,
  input: NewProject & { readonly isHardened?: boolean | undefined; readonly createdFrom?: string | undefined },
): Promise<CreatedProject> {
  return certain(await make(deps, input, { configuration: async () => freshConfiguration(input.isHardened) }))
}

function freshConfiguration(isHardened = false): Configuration {
  return {
    ...{ settings: isHardened ? hardened : {}, settingsVersion: 1 },
    ...{ permissions: [], roles: [], attributes: [], messageTemplates: [] },
  }
}

/**
 * As `createProject`, unless there is a project: of several processes that start at once on an empty database one makes it, and the others get `undefined`.
 */
export async function createFirstProject(
  deps: Deps,
  input: NewProject & { readonly isHardened?: boolean | undefined },
): Promise<CreatedProject | undefined> {
  if ((await deps.storage.projects.list()).length > 0) return undefined
  const lease = { name: 'firstProject', holder: newId(deps, 'H') }
  return make(deps, input, {
    configuration: async () => freshConfiguration(input.isHardened),
    async isWanted(tx) {
      // The lease is part of the transaction: whoever wants it waits for the end of it, and then looks again.
      await tx.leases.take(lease.name, lease.holder, firstProjectSeconds)
      const isFirst = (await tx.projects.list()).length === 0
      await tx.leases.release(lease.name, lease.holder)
      return isFirst
    },
  })
}

/** Creates a project with the settings, roles, permissions, attributes and message templates of another; users, tenants and keys are not taken along. */
export async function cloneProject(deps: Deps, input: NewProject & { readonly createdFrom: string }): Promise<CreatedProject> {
  const made = await make(deps, input, {
    async configuration(tx) {
      const configuration = await readConfiguration(tx, input.createdFrom)
      if (!configuration) throw coreErrors.InvalidProject()
      return configuration
    },
  })
  return certain(made)
}

function certain(made: CreatedProject | undefined): CreatedProject {
  if (!made) throw new Error('A project that is wanted in any case was not made')
  return made
}

async function make(
  deps: Deps,
  input: NewProject & { readonly createdFrom?: string | undefined },
  source: {
    configuration(tx: Storage): Promise<Configuration>
    /** Whether it is to be made after all; looked at in the transaction. Yes if absent. */
    isWanted?(tx: Storage): Promise<boolean>
  },
): Promise<CreatedProject | undefined> {
  const { name, environment = '', tags = [], actor, createdFrom } = input
  const id = newId(deps, 'P')
  const createdAt = deps.clock.nowSeconds()
  const signingKey = await newSigningKey(deps, { projectId: id, activeAt: createdAt })
  const rights = input.rights ? { rights: { ...input.rights, extra: [] } } : {}
  // No key outlives its maker, in another project neither.
  const maker = createdFrom === undefined ? undefined : await deps.storage.managementKeys.byId(createdFrom, actor.id)
  const management = newManagementKey(deps, {
    projectId: id,
    name: 'first key',
    createdBy: '',
    ...rights,
    expiresAt: maker?.expiresAt ?? 0,
  })
  const project = await deps.storage.transaction(async (tx) => {
    if (source.isWanted && !(await source.isWanted(tx))) return undefined
    if ((await tx.projects.list()).length >= maxProjects)
      throw coreErrors.InvalidArguments({ message: `There are ${maxProjects} projects already` })
    const configuration = await source.configuration(tx)
    const settings = Settings.parse(configuration.settings)
    const record = { id, name, settings, settingsVersion: 1, createdAt, environment, tags }
    await tx.projects.insert(record)
    await copyConfiguration(deps, tx, id, configuration)
    await tx.signingKeys.insert(signingKey)
    await tx.managementKeys.insert(management.record)
    for (const projectId of createdFrom === undefined ? [id] : [id, createdFrom])
      await recordEvent(deps, tx, adminEvent({ projectId, actor, type: 'project.create', data: { createdProjectId: id } }))
    return record
  })
  return project && { project, managementKey: management.key }
}

/** Message templates keep their IDs, so that calls which name one work in the clone too. */
async function copyConfiguration(deps: Deps, tx: Storage, projectId: string, configuration: Configuration): Promise<void> {
  const { permissions, roles, attributes, messageTemplates } = configuration
  const createdAt = deps.clock.nowSeconds()
  for (const one of permissions) await tx.permissions.insert({ ...one, projectId, id: newId(deps, 'PERM'), createdAt })
  for (const one of roles) await tx.roles.insert({ ...one, projectId, id: newId(deps, 'R'), createdAt })
  for (const one of attributes) await tx.attributes.put({ ...one, projectId, createdAt })
  for (const one of messageTemplates) await tx.messageTemplates.insert({ ...one, projectId, createdAt, modifiedAt: createdAt })
}
