import { coreErrors } from '../../core/errors.ts'
import { type Callers, route } from '../../http/route.ts'
import { managementKeyErrors } from './errors.ts'
import {
  createManagementKey,
  type KeyAdministrator,
  listManagementKeys,
  loadManagementKey,
  revokeManagementKeys,
  updateManagementKey,
} from './manage.ts'
import {
  assertFullAccess,
  CreateBody,
  givenRights,
  IdQuery,
  IdsBody,
  KeyReply,
  KeysReply,
  keyReply,
  SearchQuery,
  ShownKeyReply,
  TotalReply,
  UpdateBody,
} from './schemas.ts'

const { InvalidArguments, ManagementForbidden, ManagementUnauthorized, TenantNotFound } = coreErrors
const { ManagementKeyNotFound } = managementKeyErrors

function from({ project, actor }: Callers['management']): KeyAdministrator {
  return { projectId: project.id, actor }
}

const path = '/v1/mgmt/managementkey'
const shared = { access: 'management', right: 'managementKeys' } as const

export const managementKeyRoutes = [
  route({
    ...shared,
    method: 'PUT',
    path,
    summary: 'Make a management key, not wider than the one that asks; its text is told this once',
    body: CreateBody,
    reply: ShownKeyReply,
    errors: [InvalidArguments, ManagementForbidden, ManagementUnauthorized, TenantNotFound],
    run: async ({ deps, caller, body: { name, description, expiresIn, permittedIps, reBac, rights } }) => {
      assertFullAccess(reBac, caller.project.id)
      // An empty list is what Python sends for none: the key is then bound to where its maker is.
      const networks = permittedIps?.length === 0 ? undefined : permittedIps
      const facts = { name, description, expiresInSeconds: expiresIn, rights: givenRights(rights, networks) }
      const { key, cleartext } = await createManagementKey(deps, { ...from(caller), ...facts })
      return { cleartext, key: keyReply(key) }
    },
  }),
  route({
    ...shared,
    method: 'PATCH',
    path,
    summary: 'Change another management key; what is not sent stays',
    body: UpdateBody,
    reply: KeyReply,
    errors: [ManagementForbidden, ManagementKeyNotFound, ManagementUnauthorized, TenantNotFound],
    run: async ({ deps, caller, body: { status, permittedIps, rights, ...facts } }) => {
      const isActive = status === undefined ? undefined : status === 'active'
      const changes = { ...facts, isActive, rights: givenRights(rights, permittedIps) }
      return { key: keyReply(await updateManagementKey(deps, { ...from(caller), ...changes })) }
    },
  }),
  route({
    ...shared,
    method: 'GET',
    path,
    summary: 'A management key by its ID',
    query: IdQuery,
    reply: KeyReply,
    errors: [ManagementKeyNotFound],
    run: async ({ deps, caller, query: { id } }) => ({
      key: keyReply(await loadManagementKey(deps, { projectId: caller.project.id, id })),
    }),
  }),
  route({
    ...shared,
    method: 'GET',
    path: `${path}/search`,
    summary: 'The management keys of the project that are not revoked, oldest first',
    query: SearchQuery,
    reply: KeysReply,
    errors: [],
    run: async ({ deps, caller, query: { status } }) => {
      const keys = (await listManagementKeys(deps, { projectId: caller.project.id })).map(keyReply)
      return { keys: keys.filter((key) => status === undefined || key.status === status) }
    },
  }),
  route({
    ...shared,
    method: 'POST',
    path: `${path}/delete`,
    summary: 'Revoke other management keys at once, all or none',
    body: IdsBody,
    reply: TotalReply,
    errors: [ManagementForbidden, ManagementKeyNotFound, ManagementUnauthorized],
    run: async ({ deps, caller, body }) => ({ total: await revokeManagementKeys(deps, { ...from(caller), ids: body.ids }) }),
  }),
]
