import type { Deps } from '../../core/deps.ts'
import { channels, codeVariable, lifetimeVariable, linksVariable, linkVariable, type MessageKind } from '../../core/messages.ts'
import type { Project } from '../../core/projects.ts'
import type { Storage, UserRecord } from '../../core/storage.ts'

/** Kinds of messages of this feature. */
export const passwordMessages = {
  'password.reset': {
    about: 'The link to set a new password, asked for by sendReset.',
    channels: ['email'],
    variables: {
      link: linkVariable,
      lifetime: lifetimeVariable,
      code: { ...codeVariable, about: 'The code to type on the page that the link opens.', isEssential: false, isOptional: true },
    },
  },
  'password.resetEnchanted': {
    about: 'Numbered links to set a new password where the reset began.',
    channels: ['email'],
    variables: { links: linksVariable, lifetime: lifetimeVariable },
  },
  'password.resetCode': {
    about: 'A code to set a new password.',
    channels: ['email'],
    variables: { code: codeVariable, lifetime: lifetimeVariable },
  },
  'account.exists': {
    about: 'Tells the owner that somebody wanted to sign up with their login ID once more (EN-04).',
    channels,
    variables: {},
  },
  'password.changed': {
    about: 'Tells the owner that the password changed, and what to do if it was not them (RC-13).',
    channels: ['email'],
    variables: {},
  },
} as const satisfies Readonly<Record<string, MessageKind>>

/** Queues the notice of a changed password, where the project sends it and the user has proven an address: nobody else gets mail of it (BF-09). Test users get none. */
export async function queueChangeNotice(
  deps: Deps,
  tx: Storage,
  input: { readonly project: Project; readonly user: UserRecord },
): Promise<void> {
  const { project, user } = input
  if (!project.settings.project.notifyPasswordChange || !user.isEmailVerified || user.isTest) return
  const notice = { project, kind: 'password.changed', channel: 'email', user, to: user.email, ttlSeconds: 86_400, values: {} } as const
  await deps.outbox.queue(tx, notice)
}
