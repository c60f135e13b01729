import type { Deps } from '../../core/deps.ts'
import { userEvent } from '../../core/events.ts'
import { newOneTimeCode, storeOneTimeCode } from '../../core/one-time-codes.ts'
import { dataOf, findStartTarget, ownerOf, type StartRequest, sendStart } from '../../core/passwordless.ts'

/**
 * Sends a code that signs in, or up, and answers the masked address of the request (`protocol/core.md` 6.4). It has five tries; those at the account go on counting (BF-07). Throws what
 * `findStartTarget` does.
 */
export async function startOtp(deps: Deps, input: StartRequest): Promise<string> {
  const { project, source, mode, channel, options } = input
  const { enabled: isEnabled, maskError: masksErrors, expirationTime, domain } = project.settings.otp
  const target = await findStartTarget(deps, input, { name: 'otp', isEnabled, masksErrors })
  const ttlSeconds = expirationTime * 60
  const owner = ownerOf(target)
  const made = newOneTimeCode(deps, {
    ...{ projectId: project.id, ...owner, address: target.address, ttlSeconds },
    ...{ data: dataOf(target, mode), namedLoginId: target.canonicalLoginId },
  })
  await sendStart(deps, {
    ...{ project, target, channel, ttlSeconds, wishes: options.wishes, store: storeOneTimeCode },
    challenge: made.record,
    kind: owner.loginId === '' ? 'otp.signIn' : 'otp.signUp',
    event: userEvent({
      ...{ projectId: project.id, userId: owner.userId, source },
      type: 'otp.send',
      outcome: 'failure',
      data: { mode, channel },
    }),
    // A line that browsers read; in a spoken or a chat message it would be noise.
    values: { code: made.code, lifetime: ttlSeconds, domain: channel === 'sms' ? domain : '' },
  })
  return target.masked
}
