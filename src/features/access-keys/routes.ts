import { coreErrors } from '../../core/errors.ts'
import { type Callers, route } from '../../http/route.ts'
import { Empty } from '../../http/schemas.ts'
import { accessKeyErrors } from './errors.ts'
import { exchangeAccessKey } from './exchange.ts'
import {
  createAccessKey,
  deleteAccessKeys,
  type KeyCaller,
  loadAccessKey,
  rotateAccessKey,
  type ShownKey,
  setAccessKeyStatus,
  updateAccessKey,
} from './manage.ts'
import {
  CreateBody,
  ExchangeBody,
  ExchangeReply,
  IdBody,
  IdQuery,
  IdsBody,
  KeyReply,
  KeysReply,
  keyReply,
  SearchBody,
  ShownKeyReply,
  searchQuery,
  UpdateBody,
} from './schemas.ts'

const { InvalidArguments, ManagedUserNotFound, ManagementForbidden, RateLimited, RoleNotFound, TenantNotFound } = coreErrors
const { AccessKeyNotFound, InvalidAccessKey, MissingAccessKey } = accessKeyErrors

function from({ project, actor, rights }: Callers['management']): KeyCaller {
  return { projectId: project.id, actor, rights }
}

function shown({ key, cleartext }: ShownKey) {
  return { cleartext, key: keyReply(key) }
}

/** The form with one ID and the form with many, at `path` and `path/batch`. */
function forOneAndMany(
  path: string,
  summary: readonly [one: string, many: string],
  act: (deps: Parameters<typeof setAccessKeyStatus>[0], input: KeyCaller & { readonly ids: readonly string[] }) => Promise<void>,
) {
  const shared = { method: 'POST', access: 'management', reply: Empty, errors: [AccessKeyNotFound] } as const
  return [
    route({
      ...shared,
      path,
      summary: summary[0],
      body: IdBody,
      run: async ({ deps, caller, body }) => {
        await act(deps, { ...from(caller), ids: [body.id] })
        return {}
      },
    }),
    route({
      ...shared,
      path: `${path}/batch`,
      summary: summary[1],
      body: IdsBody,
      run: async ({ deps, caller, body }) => {
        await act(deps, { ...from(caller), ids: body.ids })
        return {}
      },
    }),
  ]
}

export const accessKeyRoutes = [
  route({
    method: 'POST',
    path: '/v1/auth/accesskey/exchange',
    access: 'accessKey',
    summary: 'A session token for an access key',
    body: ExchangeBody,
    reply: ExchangeReply,
    errors: [MissingAccessKey, InvalidAccessKey, InvalidArguments, RateLimited],
    run: async ({ deps, caller, body: { loginOptions } }) => {
      const { keyId, sessionJwt, expiresAt } = await exchangeAccessKey(deps, { ...caller, ...loginOptions })
      return { keyId, sessionJwt, expiration: expiresAt, refreshJwt: sessionJwt }
    },
  }),
  route({
    method: 'POST',
    path: '/v1/mgmt/accesskey/create',
    access: 'management',
    summary: 'Make an access key; its text is told this once',
    body: CreateBody,
    reply: ShownKeyReply,
    errors: [InvalidArguments, ManagedUserNotFound, ManagementForbidden, RoleNotFound, TenantNotFound],
    run: async ({ deps, caller, body: { expireTime, keyTenants, ...facts } }) =>
      shown(await createAccessKey(deps, { ...from(caller), ...facts, tenants: keyTenants, expiresAt: expireTime })),
  }),
  route({
    method: 'GET',
    path: '/v1/mgmt/accesskey',
    access: 'management',
    summary: 'An access key by its ID',
    query: IdQuery,
    reply: KeyReply,
    errors: [AccessKeyNotFound],
    run: async ({ deps, caller, query }) => ({ key: keyReply(await loadAccessKey(deps, { projectId: caller.project.id, id: query.id })) }),
  }),
  route({
    method: 'POST',
    path: '/v1/mgmt/accesskey/search',
    access: 'management',
    effect: 'read',
    summary: 'Access keys that match, newest first',
    body: SearchBody,
    reply: KeysReply,
    errors: [],
    run: async ({ deps, caller, body }) => ({
      keys: (await deps.storage.accessKeys.search(caller.project.id, searchQuery(body))).map(keyReply),
    }),
  }),
  route({
    method: 'POST',
    path: '/v1/mgmt/accesskey/update',
    access: 'management',
    summary: 'Change an access key; what is not sent stays',
    body: UpdateBody,
    reply: KeyReply,
    errors: [AccessKeyNotFound, InvalidArguments, ManagementForbidden, RoleNotFound, TenantNotFound],
    run: async ({ deps, caller, body: { keyTenants, ...facts } }) => ({
      key: keyReply(await updateAccessKey(deps, { ...from(caller), ...facts, tenants: keyTenants })),
    }),
  }),
  ...forOneAndMany('/v1/mgmt/accesskey/activate', ['Activate an access key', 'Activate access keys, all or none'], (deps, input) =>
    setAccessKeyStatus(deps, { ...input, status: 'active' }),
  ),
  ...forOneAndMany('/v1/mgmt/accesskey/deactivate', ['Deactivate an access key', 'Deactivate access keys, all or none'], (deps, input) =>
    setAccessKeyStatus(deps, { ...input, status: 'inactive' }),
  ),
  ...forOneAndMany('/v1/mgmt/accesskey/delete', ['Delete an access key', 'Delete access keys, all or none'], deleteAccessKeys),
  route({
    method: 'POST',
    path: '/v1/mgmt/accesskey/rotate',
    access: 'management',
    summary: 'Give an access key a new text, told this once; the old one ends at once',
    body: IdBody,
    reply: ShownKeyReply,
    errors: [AccessKeyNotFound, ManagementForbidden],
    run: async ({ deps, caller, body }) => shown(await rotateAccessKey(deps, { ...from(caller), id: body.id })),
  }),
]
