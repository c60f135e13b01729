import { z } from 'zod'
import { coreErrors } from '../../core/errors.ts'
import { batchLimits } from '../../http/body.ts'
import { route } from '../../http/route.ts'
import { Empty } from '../../http/schemas.ts'
import { createUsers, patchUsers } from './batch.ts'
import { invitationOf } from './invite.ts'
import { deleteUsers } from './remove.ts'
import {
  CreatedUsersReply,
  entriesOf,
  fieldsOf,
  NewUsersBody,
  newUserOf,
  outcomesReply,
  PatchedUsersBody,
  PatchedUsersReply,
  UserIds,
} from './schemas.ts'

/** Many users in one call. What is wrong with one is told beside it and fails no other. */
export const batchRoutes = [
  route({
    method: 'POST',
    path: '/v1/mgmt/user/create/batch',
    access: 'management',
    isTenantAware: true,
    summary: 'Make or invite users, password hashes allowed',
    body: NewUsersBody,
    bodyLimits: batchLimits,
    reply: CreatedUsersReply,
    errors: [coreErrors.InvalidRequest, coreErrors.MessageTemplateNotFound],
    run: async ({ deps, caller, body, signal }) => {
      const { project, actor, rights, source } = caller
      const entries = entriesOf(body.users, newUserOf)
      const invitation = await invitationOf(deps, project, body)
      const outcomes = await createUsers(deps, { project, actor, rights, entries, invitation, caller: { signal, source } })
      const { done, failedUsers } = outcomesReply(rights, body.users, outcomes)
      return { createdUsers: done, failedUsers, additionalErrors: {} }
    },
  }),
  route({
    method: 'PATCH',
    path: '/v1/mgmt/user/patch/batch',
    access: 'management',
    isTenantAware: true,
    summary: 'Change the fields that are sent of many users',
    body: PatchedUsersBody,
    bodyLimits: batchLimits,
    reply: PatchedUsersReply,
    errors: [coreErrors.InvalidRequest],
    run: async ({ deps, caller, body }) => {
      const { project, actor, rights } = caller
      const entries = entriesOf(body.users, (user) => ({ loginId: user.loginId, fields: fieldsOf(user) }))
      const outcomes = await patchUsers(deps, { project, actor, rights, entries })
      const { done, failedUsers } = outcomesReply(rights, body.users, outcomes)
      return { patchedUsers: done, failedUsers, additionalErrors: {} }
    },
  }),
  route({
    method: 'POST',
    path: '/v1/mgmt/user/delete/batch',
    access: 'management',
    isTenantAware: true,
    summary: 'Delete users by their IDs; those that are not there do not matter',
    body: z.object({ userIds: UserIds }),
    reply: Empty,
    errors: [coreErrors.InvalidRequest],
    run: async ({ deps, caller, body }) => {
      const { project, actor, rights } = caller
      await deleteUsers(deps, { project, actor, rights, userIds: body.userIds })
      return {}
    },
  }),
]
