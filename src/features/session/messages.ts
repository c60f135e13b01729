import type { Deps } from '../../core/deps.ts'
import type { MessageKind } from '../../core/messages.ts'
import type { Project } from '../../core/projects.ts'
import type { Storage, UserRecord } from '../../core/storage.ts'

/** Kinds of messages of this feature. */
export const sessionMessages = {
  'session.reused': {
    about: 'Tells the owner that a used-up refresh token came back and the session was ended (RC-13).',
    channels: ['email'],
    variables: {},
  },
} as const satisfies Readonly<Record<string, MessageKind>>

/** Queues the alarm about a refresh token that came back, for users who have an address and are no test users. */
export async function queueReuseAlarm(
  deps: Deps,
  tx: Storage,
  input: { readonly project: Project; readonly user: UserRecord },
): Promise<void> {
  const { project, user } = input
  if (user.email === '' || user.isTest) return
  const alarm = { project, kind: 'session.reused', channel: 'email', user, to: user.email, ttlSeconds: 86_400, values: {} } as const
  await deps.outbox.queue(tx, alarm)
}
