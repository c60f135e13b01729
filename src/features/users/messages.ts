import type { Deps } from '../../core/deps.ts'
import { lifetimeVariable, linkVariable, type MessageKind, type MessageWishes } from '../../core/messages.ts'
import type { Project } from '../../core/projects.ts'
import type { Storage, UserRecord } from '../../core/storage.ts'

/** Kinds of messages of this feature. */
export const userMessages = {
  'user.invite': {
    about: 'The link of an invitation, which signs in or, on our own page, chooses the first password.',
    channels: ['email'],
    variables: { link: linkVariable, lifetime: lifetimeVariable },
  },
  'email.changed': {
    about: 'Tells the owner, at the old and at the new address, that the address of the account changed (RC-13).',
    channels: ['email'],
    variables: {
      isNew: { type: 'choice', about: 'Whether it goes to the address that is now the account’s.', sample: true },
      by: { type: 'choice', about: 'Who changed it: `administrator` or `user`.', sample: 'administrator' },
    },
  },
} as const satisfies Readonly<Record<string, MessageKind>>

/** Queues the mail with the link of an invitation. */
export function queueInviteMail(
  deps: Deps,
  tx: Storage,
  input: {
    readonly project: Project
    readonly user: UserRecord
    readonly link: string
    readonly ttlSeconds: number
    readonly wishes?: MessageWishes | undefined
  },
): Promise<void> {
  const { project, user, link, ttlSeconds, wishes } = input
  const values = { link, lifetime: ttlSeconds }
  return deps.outbox.queue(tx, { project, kind: 'user.invite', channel: 'email', user, to: user.email, ttlSeconds, values, wishes })
}

/** Queues the notice of a changed address, to one of the two. It does not say the other one, and it holds no secret. */
export function queueAddressNotice(
  deps: Deps,
  tx: Storage,
  input: { readonly project: Project; readonly user: UserRecord; readonly to: string; readonly isNew: boolean },
): Promise<void> {
  const { project, user, to, isNew } = input
  const values = { isNew, by: 'administrator' }
  return deps.outbox.queue(tx, { project, kind: 'email.changed', channel: 'email', user, to, ttlSeconds: 86_400, values })
}
