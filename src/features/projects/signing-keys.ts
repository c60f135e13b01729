import type { Deps } from '../../core/deps.ts'
import { type Actor, adminEvent, recordEvent } from '../../core/events.ts'
import { lifetimes } from '../../core/lifetimes.ts'
import { newSigningKey, publishAheadSeconds } from '../../core/signing-keys.ts'
import type { SigningKeyRecord } from '../../core/storage.ts'

/** What an operator may know of a signing key: nothing private. */
export type SigningKeyView = Pick<SigningKeyRecord, 'id' | 'algorithm' | 'createdAt' | 'activeAt'> & { readonly isSigning: boolean }

/** Keys in the key set, newest first. */
export async function listSigningKeys(deps: Deps, input: { readonly projectId: string }): Promise<readonly SigningKeyView[]> {
  const records = await deps.storage.signingKeys.list(input.projectId)
  const current = await deps.signingKeys.current(input.projectId)
  return records.map(({ id, algorithm, createdAt, activeAt }) => ({ id, algorithm, createdAt, activeAt, isSigning: id === current.id }))
}

/**
 * Adds a signing key. It is published at once and signs ten minutes later, when every client has it; the old ones stay in the set until the longest refresh token
 * has run out (JW-06). `isEmergency` makes it sign at once and revokes the others: every session of the project ends.
 */
export async function rotateSigningKey(
  deps: Deps,
  input: { readonly projectId: string; readonly actor: Actor; readonly isEmergency?: boolean | undefined },
): Promise<{ readonly kid: string; readonly activeAt: number }> {
  const { projectId, isEmergency } = input
  const now = deps.clock.nowSeconds()
  const key = await newSigningKey(deps, { projectId, activeAt: isEmergency ? now : now + publishAheadSeconds })
  await deps.storage.transaction(async (tx) => {
    const old = await tx.signingKeys.list(projectId)
    await tx.signingKeys.insert(key)
    if (isEmergency) for (const one of old) await tx.signingKeys.revoke(projectId, one.id, now)
    await tx.changes.tell(projectId)
    const data = { kid: key.id, isEmergency: isEmergency ?? false }
    await recordEvent(deps, tx, adminEvent({ projectId, actor: input.actor, type: 'signingKey.rotate', data }))
  })
  deps.signingKeys.forget(projectId)
  return { kid: key.id, activeAt: key.activeAt }
}

/** Clocks of clients and processes may differ by this. */
const clockMarginSeconds = 3600

/** The default lifetime of refresh tokens: a setting that was made shorter since does not shorten tokens that are out. */
const longestDefaultSeconds = 2_419_200

/** Revokes, in every project, signing keys that were replaced so long ago that everything they signed has expired (JW-06); tells how many. */
export async function retireSigningKeys(deps: Deps): Promise<number> {
  let retired = 0
  const now = deps.clock.nowSeconds()
  for (const { id: projectId } of await deps.storage.projects.list()) {
    const project = await deps.projects.byId(projectId)
    const keys = (await deps.storage.signingKeys.list(projectId)).toSorted((a, b) => b.activeAt - a.activeAt)
    if (!project || keys.length < 2) continue
    const { refreshSeconds } = lifetimes(project.settings)
    for (const [index, key] of keys.entries()) {
      const successor = keys[index - 1]
      if (!successor || successor.activeAt + Math.max(refreshSeconds, longestDefaultSeconds) + clockMarginSeconds > now) continue
      // Some sessions live longer than the project's: by the settings of a tenant, or because a back end asked for it.
      if (await deps.storage.sessions.hasLiveIssuedBefore(projectId, successor.activeAt + clockMarginSeconds, now)) continue
      if (await deps.storage.signingKeys.revoke(projectId, key.id, now)) retired++
    }
    await deps.storage.changes.tell(projectId)
    deps.signingKeys.forget(projectId)
  }
  return retired
}
