import { z } from 'zod'
import { coreErrors } from '../../core/errors.ts'
import { accountInReach } from '../../core/managed-users.ts'
import { type Callers, route } from '../../http/route.ts'
import { Empty, UserReply } from '../../http/schemas.ts'
import { userReply } from '../../http/session-reply.ts'
import { attributeRoutes } from './attribute-routes.ts'
import { inviteUser } from './batch.ts'
import { batchRoutes } from './batch-routes.ts'
import { findOne } from './change.ts'
import { createUser } from './create.ts'
import { userErrors } from './errors.ts'
import { factorRoutes } from './factor-routes.ts'
import { fieldRoutes, ofWrites } from './field-routes.ts'
import { invitationOf } from './invite.ts'
import { loadUsers } from './list.ts'
import { logOut } from './logout.ts'
import { deleteTestUsers, deleteUser } from './remove.ts'
import { EitherName, fieldsOf, NewUserBody, newUserOf, OneUserReply, oneUserReply, UserBody, UserIds } from './schemas.ts'
import { patchUser, updateUser } from './write.ts'

/** Life of users as administrators have it in hand (`protocol/core.md` 7.1). */

const { InvalidRequest, InvalidArguments, ManagedUserNotFound, UserAlreadyExists, RoleNotFound, TenantNotFound } = coreErrors

/** What making one user may throw. */
export const ofCreation = [
  ...[InvalidRequest, InvalidArguments, UserAlreadyExists, RoleNotFound, TenantNotFound],
  ...[coreErrors.PolicyViolation, coreErrors.RateLimited, userErrors.InviteUrlRefused, ManagedUserNotFound],
  coreErrors.MessageTemplateNotFound,
]

const management = { access: 'management', isTenantAware: true } as const

/** The path for test users makes every user one. */
function createRoute(path: string, summary: string, isTestOnly: boolean) {
  return route({
    ...management,
    method: 'POST',
    path,
    summary,
    body: NewUserBody,
    reply: OneUserReply,
    errors: ofCreation,
    run: async ({ deps, caller, body, signal }) => {
      const { project, actor, rights, source } = caller
      const user = newUserOf(isTestOnly ? { ...body, test: true } : body)
      const invitation = await invitationOf(deps, project, body)
      const input = { project, actor, rights, user, caller: { signal, source } }
      const account = await (invitation ? inviteUser(deps, { ...input, invitation }) : createUser(deps, input))
      return oneUserReply(rights, account)
    },
  })
}

const loadRoutes = [
  route({
    ...management,
    method: 'GET',
    path: '/v1/mgmt/user',
    summary: 'Load a user by login ID or user ID',
    query: EitherName,
    reply: OneUserReply,
    errors: [ManagedUserNotFound],
    run: async ({ deps, caller, query }) => oneUserReply(caller.rights, (await findOne(deps, caller, query)).account),
  }),
  route({
    ...management,
    method: 'POST',
    path: '/v1/mgmt/users/load',
    effect: 'read',
    summary: 'Load users by their IDs; those that are not there are missing from the answer',
    body: z.object({ userIds: UserIds, includeInvalidUsers: z.boolean().optional() }),
    reply: z.object({ users: z.array(UserReply) }),
    errors: [InvalidRequest],
    run: async ({ deps, caller, body }) => {
      const { project, rights } = caller
      const accounts = await loadUsers(deps, { projectId: project.id, rights, userIds: body.userIds })
      return { users: accounts.map((account) => userReply(accountInReach(rights, account))) }
    },
  }),
]

const writeRoutes = [
  route({
    ...management,
    method: 'POST',
    path: '/v1/mgmt/user/update',
    summary: 'Overwrite a user: what is not sent is emptied',
    body: UserBody,
    reply: OneUserReply,
    errors: ofWrites,
    run: async ({ deps, caller, body }) => {
      const one = await findOne(deps, callOf(caller), body)
      return oneUserReply(caller.rights, await updateUser(deps, { ...one, named: body.loginId, fields: fieldsOf(body) }))
    },
  }),
  route({
    ...management,
    method: 'PATCH',
    path: '/v1/mgmt/user/patch',
    summary: 'Change the fields that are sent',
    body: UserBody,
    reply: OneUserReply,
    errors: ofWrites,
    run: async ({ deps, caller, body }) => {
      const one = await findOne(deps, callOf(caller), body)
      return oneUserReply(caller.rights, await patchUser(deps, { ...one, named: body.loginId, fields: fieldsOf(body) }))
    },
  }),
]

function callOf({ project, actor, rights }: Callers['management']) {
  return { project, actor, rights }
}

const endRoutes = [
  route({
    ...management,
    method: 'POST',
    path: '/v1/mgmt/user/delete',
    summary: 'Delete a user and everything that is theirs',
    body: EitherName,
    reply: Empty,
    errors: [ManagedUserNotFound],
    run: async ({ deps, caller, body }) => {
      await deleteUser(deps, await findOne(deps, callOf(caller), body))
      return {}
    },
  }),
  route({
    method: 'DELETE',
    path: '/v1/mgmt/user/test/delete/all',
    access: 'management',
    summary: 'Delete every test user',
    reply: Empty,
    errors: [],
    run: async ({ deps, caller }) => {
      await deleteTestUsers(deps, callOf(caller))
      return {}
    },
  }),
  route({
    ...management,
    method: 'POST',
    path: '/v1/mgmt/user/logout',
    summary: 'End every session of a user, whatever kinds of sessions are named',
    body: EitherName,
    reply: Empty,
    errors: [ManagedUserNotFound],
    run: async ({ deps, caller, body }) => {
      await logOut(deps, await findOne(deps, callOf(caller), body))
      return {}
    },
  }),
]

export const userRoutes = [
  createRoute('/v1/mgmt/user/create', 'Make a user, or invite one with `invite`', false),
  createRoute('/v1/mgmt/user/create/test', 'Make a test user', true),
  ...loadRoutes,
  ...writeRoutes,
  ...endRoutes,
  ...batchRoutes,
  ...fieldRoutes,
  ...factorRoutes,
  ...attributeRoutes,
]
