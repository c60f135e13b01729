import type { Deps } from '../../core/deps.ts'
import type { Project } from '../../core/projects.ts'
import type { Storage, UserRecord } from '../../core/storage.ts'

/** Kinds of mails of this feature. */
export const userMails = {
  'user.invite': 'The link of an invitation, which signs in or, on our own page, chooses the first password.',
  'email.changed': 'Tells the owner, at the old and at the new address, that the address of the account changed (RC-13).',
} as const

/** Queues the mail with the link of an invitation. */
export function queueInviteMail(
  deps: Deps,
  tx: Storage,
  input: { readonly project: Project; readonly user: UserRecord; readonly link: string; readonly ttlSeconds: number },
): Promise<void> {
  const { project, user, ttlSeconds } = input
  return deps.outbox.queue(tx, {
    projectId: project.id,
    kind: 'user.invite',
    userId: user.id,
    to: user.email,
    ttlSeconds,
    content: {
      subject: `You are invited to ${project.name}`,
      paragraphs: [`An account at ${project.name} was made for this address.`, `The link works once, for ${duration(ttlSeconds)}.`],
      action: { label: 'Accept the invitation', url: input.link },
      closing: ['If you do not know what this is about, do nothing: without the link nobody gets into the account.'],
    },
  })
}

function duration(seconds: number): string {
  const minutes = Math.round(seconds / 60)
  if (minutes < 120) return `${minutes} minutes`
  const hours = Math.round(minutes / 60)
  return hours < 72 ? `${hours} hours` : `${Math.round(hours / 24)} days`
}

/** Queues the notice of a changed address, to one of the two. It does not say the other one, and it holds no secret. */
export function queueAddressNotice(
  deps: Deps,
  tx: Storage,
  input: { readonly project: Project; readonly user: UserRecord; readonly to: string; readonly isNew: boolean },
): Promise<void> {
  const { project, user, to, isNew } = input
  const what = isNew ? 'is now the address' : 'is no longer the address'
  return deps.outbox.queue(tx, {
    projectId: project.id,
    kind: 'email.changed',
    userId: user.id,
    to,
    ttlSeconds: 86_400,
    content: {
      subject: `The e-mail address of your account at ${project.name} was changed`,
      paragraphs: [
        `This address ${what} of an account at ${project.name}. The people who run the service changed it.`,
        'If you know about it, there is nothing to do.',
      ],
      closing: ['If not, tell the people who run the service.'],
    },
  })
}
