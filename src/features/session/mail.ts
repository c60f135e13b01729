import type { Deps } from '../../core/deps.ts'
import type { Project } from '../../core/projects.ts'
import type { Storage, UserRecord } from '../../core/storage.ts'

/** Kinds of mails of this feature. */
export const sessionMails = {
  'session.reused': 'Tells the owner that a used-up refresh token came back and the session was ended (RC-13).',
} as const

/** Queues the alarm about a refresh token that came back, for users who have an address and are no test users. */
export async function queueReuseAlarm(
  deps: Deps,
  tx: Storage,
  input: { readonly project: Project; readonly user: UserRecord },
): Promise<void> {
  const { project, user } = input
  if (user.email === '' || user.isTest) return
  await deps.outbox.queue(tx, {
    projectId: project.id,
    kind: 'session.reused',
    userId: user.id,
    to: user.email,
    ttlSeconds: 86_400,
    content: {
      subject: `A session at ${project.name} was ended`,
      paragraphs: [
        `Somebody used an old key to one of your sessions at ${project.name}. This can mean that the session was copied, so it has been signed out everywhere.`,
        'Please sign in again.',
      ],
      closing: ['If you did not notice anything unusual on your devices, change your password to be safe.'],
    },
  })
}
