import { newChallenge, storeChallenge } from './challenges.ts'
import type { Deps } from './deps.ts'
import type { MessageWishes } from './messages.ts'
import type { Project } from './projects.ts'
import { approvedRedirect, withToken } from './redirect.ts'
import type { Storage, UserRecord } from './storage.ts'
import { together } from './together.ts'

/** Whether a fresh sign-up should prove its mailbox. Test users get no mail. */
export function wantsVerification(project: Project, user: UserRecord): boolean {
  return project.settings.project.verifyEmailAtSignUp && user.email !== '' && !user.isEmailVerified && !user.isTest
}

/** Stores a verification challenge for the user's address and queues its mail, both through `tx`. The link leads to the project's magic-link page or to ours. */
export async function queueVerification(
  deps: Deps,
  tx: Storage,
  input: { readonly project: Project; readonly user: UserRecord; readonly wishes?: MessageWishes | undefined },
): Promise<void> {
  const { project, user, wishes } = input
  const ttlSeconds = project.settings.magicLink.verificationExpirationTime * 60
  const challenge = newChallenge(deps, { projectId: project.id, userId: user.id, purpose: 'verifyEmail', address: user.email, ttlSeconds })
  const values = { link: linkTo(deps, project, challenge.token), lifetime: ttlSeconds }
  const message = { project, kind: 'email.verify', channel: 'email', user, to: user.email, ttlSeconds, values, wishes } as const
  await together(storeChallenge(tx, challenge.record), deps.outbox.queue(tx, message))
}

function linkTo(deps: Deps, project: Project, token: string): string {
  const own = new URL(`${deps.publicUrl()}/verify/${project.id}`)
  const configured = project.settings.magicLink.redirectUrl
  const approved = configured
    ? approvedRedirect({ url: configured, approved: project.settings.project.trustedDomains, publicUrl: deps.publicUrl() })
    : undefined
  return withToken(approved ?? own, token)
}
