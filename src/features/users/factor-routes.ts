import { z } from 'zod'
import { coreErrors } from '../../core/errors.ts'
import { route } from '../../http/route.ts'
import { Empty, synonyms, Text } from '../../http/schemas.ts'
import { findOne } from './change.ts'
import { userErrors } from './errors.ts'
import { deletePasskeys, deleteTotp, listDevices, listPasskeys, removeDevices } from './factors.ts'
import { aboutUser, UserName } from './schemas.ts'

/** Passkeys, authenticator apps and remembered devices of users. */

const management = { access: 'management', isTenantAware: true } as const
const errors = [coreErrors.ManagedUserNotFound]

const passkeyRoutes = [
  route({
    ...management,
    method: 'POST',
    path: '/v1/mgmt/user/passkeys/list',
    effect: 'read',
    summary: 'Passkeys of a user',
    body: aboutUser({}),
    reply: z.object({
      passkeys: z.array(
        z.object({ id: z.string(), rpId: z.string(), kind: z.string(), displayName: z.string(), createdTime: z.int().min(0) }),
      ),
    }),
    errors,
    run: async ({ deps, caller, body: { loginId } }) => {
      const { project, actor, rights } = caller
      return { passkeys: [...(await listPasskeys(deps, await findOne(deps, { project, actor, rights }, { loginId })))] }
    },
  }),
  route({
    ...management,
    method: 'POST',
    path: '/v1/mgmt/user/passkey/delete',
    summary: 'Take one passkey of a user away',
    body: aboutUser({ credentialId: Text(1024).min(1) }),
    reply: Empty,
    errors: [...errors, userErrors.CredentialNotFound],
    run: async ({ deps, caller: { project, actor, rights }, body: { loginId, credentialId } }) => {
      await deletePasskeys(deps, { ...(await findOne(deps, { project, actor, rights }, { loginId })), credentialId })
      return {}
    },
  }),
  route({
    ...management,
    method: 'POST',
    path: '/v1/mgmt/user/passkeys/delete',
    summary: 'Take every passkey of a user away',
    body: aboutUser({}),
    reply: Empty,
    errors: [...errors, userErrors.CredentialNotFound],
    run: async ({ deps, caller: { project, actor, rights }, body: { loginId } }) => {
      await deletePasskeys(deps, await findOne(deps, { project, actor, rights }, { loginId }))
      return {}
    },
  }),
  route({
    ...management,
    method: 'POST',
    path: '/v1/mgmt/user/totp/delete',
    summary: 'Take the seed of the authenticator app of a user away',
    body: aboutUser({}),
    reply: Empty,
    errors,
    run: async ({ deps, caller: { project, actor, rights }, body: { loginId } }) => {
      await deleteTotp(deps, await findOne(deps, { project, actor, rights }, { loginId }))
      return {}
    },
  }),
]

/** 64-bit numbers are texts on the wire (`protocol/core.md` 1.5). */
const Device = z.object({
  ...{ id: z.string(), userId: z.string(), name: z.string(), deviceType: z.string(), lastLocation: z.string() },
  ...{ lastLoginTime: z.string(), expirationTime: z.string(), isCurrentDevice: z.boolean() },
})

const deviceRoutes = [
  route({
    ...management,
    method: 'POST',
    path: '/v1/mgmt/user/trusteddevices/list',
    effect: 'read',
    summary: 'Remembered devices of users',
    body: z.object({ identifiers: z.array(UserName).max(200).optional(), loginId: UserName.optional() }),
    reply: z.object({ devices: z.array(Device) }),
    errors,
    run: async ({ deps, caller, body }) => {
      const { project, actor, rights } = caller
      const names = [...(body.identifiers ?? []), ...(body.loginId === undefined ? [] : [body.loginId])]
      const devices = await listDevices(deps, { project, actor, rights, names })
      return {
        devices: devices.map(({ lastLoginTime, expirationTime, ...device }) => ({
          ...device,
          ...{ lastLoginTime: String(lastLoginTime), expirationTime: String(expirationTime), isCurrentDevice: false },
        })),
      }
    },
  }),
  route({
    ...management,
    method: 'POST',
    path: '/v1/mgmt/user/trusteddevices/remove',
    summary: 'Forget devices of a user',
    body: synonyms({ ids: 'deviceIds' }, aboutUser({ deviceIds: z.array(Text(256).min(1)).min(1).max(200) })),
    reply: Empty,
    errors,
    run: async ({ deps, caller: { project, actor, rights }, body: { loginId, deviceIds } }) => {
      await removeDevices(deps, { ...(await findOne(deps, { project, actor, rights }, { loginId })), deviceIds })
      return {}
    },
  }),
]

export const factorRoutes = [...passkeyRoutes, ...deviceRoutes]
