import { z } from 'zod'
import type { Deps } from '../../core/deps.ts'
import { findManagedUser } from '../../core/managed-users.ts'
import type { CredentialRecord } from '../../core/storage.ts'
import { type Administration, changeUser, type OneUser } from './change.ts'
import { userErrors } from './errors.ts'

/**
 * What users have beside a password, as administrators see it: passkeys, the seed of an authenticator app, and devices that were remembered. They are credentials; features that
 * make them write the members that are read here. Whatever is missing is shown empty.
 */
const Passkey = z.object({
  rpId: z.string().catch(''),
  kind: z.string().catch(''),
  displayName: z.string().catch(''),
})

export type ShownPasskey = z.output<typeof Passkey> & { readonly id: string; readonly createdTime: number }

export async function listPasskeys(deps: Deps, { account }: OneUser): Promise<readonly ShownPasskey[]> {
  const records = await deps.storage.credentials.list(account.user.projectId, account.user.id, 'webauthn')
  return records.map(({ lookup, data, createdAt }) => ({ id: lookup, createdTime: createdAt, ...Passkey.parse(partsOf(data)) }))
}

const Device = z.object({
  name: z.string().catch(''),
  deviceType: z.string().catch(''),
  lastLocation: z.string().catch(''),
  /** Epoch seconds. */
  lastLoginTime: z.int().min(0).catch(0),
  expirationTime: z.int().min(0).catch(0),
})

export type ShownDevice = z.output<typeof Device> & { readonly id: string; readonly userId: string }

/** Devices of several users, in their order. Throws `ManagedUserNotFound` when one is not there. */
export async function listDevices(
  deps: Deps,
  input: Administration & { readonly names: readonly string[] },
): Promise<readonly ShownDevice[]> {
  const { project, rights, names } = input
  const devices: ShownDevice[] = []
  for (const loginId of new Set(names)) {
    const { user } = await findManagedUser(deps, { projectId: project.id, rights, loginId })
    const records = await deps.storage.credentials.list(project.id, user.id, 'trustedDevice')
    devices.push(...records.map((record) => shownDevice(record)))
  }
  return devices
}

function shownDevice({ userId, lookup, data }: CredentialRecord): ShownDevice {
  return { id: lookup, userId, ...Device.parse(partsOf(data)) }
}

function partsOf(data: unknown): object {
  return typeof data === 'object' && data !== null ? data : {}
}

/** Takes passkeys away, all or one. Throws `CredentialNotFound` when that one is not there. */
export async function deletePasskeys(deps: Deps, input: OneUser & { readonly credentialId?: string | undefined }): Promise<void> {
  const { credentialId } = input
  await changeUser(deps, input, async (tx, { user }) => {
    const count = await tx.credentials.delete(user.projectId, user.id, 'webauthn', credentialId)
    if (credentialId !== undefined && count === 0) throw userErrors.CredentialNotFound()
    return { type: 'passkey.delete', data: { count } }
  })
}

/** Takes the seed of the authenticator app away, if there is one. */
export async function deleteTotp(deps: Deps, input: OneUser): Promise<void> {
  await changeUser(deps, input, async (tx, { user }) => {
    const count = await tx.credentials.delete(user.projectId, user.id, 'totp')
    return { type: 'totp.delete', data: { count } }
  })
}

/** Forgets devices; those that are not there do not matter. */
export async function removeDevices(deps: Deps, input: OneUser & { readonly deviceIds: readonly string[] }): Promise<void> {
  await changeUser(deps, input, async (tx, { user }) => {
    let count = 0
    for (const id of new Set(input.deviceIds)) count += await tx.credentials.delete(user.projectId, user.id, 'trustedDevice', id)
    return { type: 'device.remove', data: { count } }
  })
}
