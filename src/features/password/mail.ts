import type { Deps } from '../../core/deps.ts'
import type { Project } from '../../core/projects.ts'
import type { Storage, UserRecord } from '../../core/storage.ts'

/** Kinds of mails of this feature. */
export const passwordMails = {
  'password.reset': 'The link to set a new password, asked for by sendReset.',
  'password.changed': 'Tells the owner that the password changed, and what to do if it was not them (RC-13).',
} as const

/** Queues the mail with a reset link. */
export function queueResetMail(
  deps: Deps,
  tx: Storage,
  input: { readonly project: Project; readonly user: UserRecord; readonly link: string; readonly ttlSeconds: number },
): Promise<void> {
  const { project, user, ttlSeconds } = input
  return deps.outbox.queue(tx, {
    projectId: project.id,
    kind: 'password.reset',
    userId: user.id,
    to: user.email,
    ttlSeconds,
    content: {
      subject: `Reset your password for ${project.name}`,
      paragraphs: [
        `Somebody asked to reset the password of your account at ${project.name}.`,
        `If it was you, choose a new one. The link works once, for ${Math.round(ttlSeconds / 60)} minutes.`,
      ],
      action: { label: 'Choose a new password', url: input.link },
      closing: ['If it was not you, do nothing: your password stays as it is.'],
    },
  })
}

/** Queues the notice of a changed password, where the project sends it and the user has proven an address: nobody else gets mail of it (BF-09). Test users get none. */
export async function queueChangeNotice(
  deps: Deps,
  tx: Storage,
  input: { readonly project: Project; readonly user: UserRecord },
): Promise<void> {
  const { project, user } = input
  if (!project.settings.project.notifyPasswordChange || !user.isEmailVerified || user.isTest) return
  await deps.outbox.queue(tx, {
    projectId: project.id,
    kind: 'password.changed',
    userId: user.id,
    to: user.email,
    ttlSeconds: 86_400,
    content: {
      subject: `Your password for ${project.name} was changed`,
      paragraphs: [
        `The password of your account at ${project.name} was changed just now. All other sessions have been signed out.`,
        'If it was you, there is nothing to do.',
      ],
      closing: ['If it was not you, reset your password at once and tell the people who run the service.'],
    },
  })
}
