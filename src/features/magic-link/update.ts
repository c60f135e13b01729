import { findUpdateTarget, type UpdateRequest, updateDataOf } from '../../core/address-updates.ts'
import { newChallenge, storeChallenge } from '../../core/challenges.ts'
import type { Deps } from '../../core/deps.ts'
import { userEvent } from '../../core/events.ts'
import { sendStart } from '../../core/passwordless.ts'
import { withToken } from '../../core/redirect.ts'
import { pageOf } from './start.ts'

/** Sends a link that proves a new address or phone number of a signed-in user, and answers it masked. Throws what `findUpdateTarget` does, and `RedirectRefused`. */
export async function startUpdate(deps: Deps, input: UpdateRequest & { readonly uri?: string | undefined }): Promise<string> {
  const { project, source, channel, live, wishes } = input
  const { enabled: isEnabled, expirationTime } = project.settings.magicLink
  const page = pageOf(deps, project, input.uri)
  const target = await findUpdateTarget(deps, input, { name: 'magicLink', isEnabled })
  const ttlSeconds = expirationTime * 60
  const userId = live.user.id
  const { address } = target
  const data = updateDataOf(target, input)
  const challenge = newChallenge(deps, { projectId: project.id, userId, purpose: 'magicLink', address, ttlSeconds, data })
  await sendStart(deps, {
    ...{ project, target, channel, ttlSeconds, wishes, store: storeChallenge },
    challenge: challenge.record,
    kind: 'magicLink.update',
    event: userEvent({
      projectId: project.id,
      type: 'magicLink.send',
      outcome: 'success',
      userId,
      source,
      data: { mode: 'update', channel },
    }),
    values: { link: withToken(page, challenge.token), lifetime: ttlSeconds },
  })
  return target.masked
}
