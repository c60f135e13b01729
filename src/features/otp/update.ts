import { findUpdateTarget, type UpdateRequest, updateDataOf } from '../../core/address-updates.ts'
import type { Deps } from '../../core/deps.ts'
import { userEvent } from '../../core/events.ts'
import { newOneTimeCode, storeOneTimeCode } from '../../core/one-time-codes.ts'
import { sendStart } from '../../core/passwordless.ts'

/** Sends a code that proves a new address or phone number of a signed-in user, and answers it masked. Throws what `findUpdateTarget` does. */
export async function startUpdate(deps: Deps, input: UpdateRequest): Promise<string> {
  const { project, source, channel, live, wishes } = input
  const { enabled: isEnabled, expirationTime, domain } = project.settings.otp
  const target = await findUpdateTarget(deps, input, { name: 'otp', isEnabled })
  const ttlSeconds = expirationTime * 60
  const userId = live.user.id
  const made = newOneTimeCode(deps, {
    ...{ projectId: project.id, userId, address: target.address, ttlSeconds },
    ...{ data: updateDataOf(target, input), namedLoginId: target.canonicalLoginId },
  })
  await sendStart(deps, {
    ...{ project, target, channel, ttlSeconds, wishes, store: storeOneTimeCode },
    challenge: made.record,
    kind: 'otp.update',
    event: userEvent({ projectId: project.id, type: 'otp.send', outcome: 'success', userId, source, data: { mode: 'update', channel } }),
    values: { code: made.code, lifetime: ttlSeconds, domain: channel === 'sms' ? domain : '' },
  })
  return target.masked
}
