import type { Language } from './texts.ts'

export const english: Language = {
  direction: 'ltr',
  copyHint: 'If the button does not work, copy this address into your browser:',
  kinds: {
    'email.verify': {
      email: {
        subject: 'Confirm your e-mail address for {{ project.name }}',
        paragraphs: [
          'Somebody signed up for {{ project.name }} with this address. If it was you, please confirm that the address is yours.',
        ],
        action: 'Confirm e-mail address',
        closing: ['If it was not you, do nothing: without your confirmation this address is not used to recover the account.'],
      },
    },
    'email.changed': {
      email: {
        subject: 'The e-mail address of your account at {{ project.name }} was changed',
        paragraphs: [
          'This address {% if isNew %}is now the address{% else %}is no longer the address{% endif %} of an account at {{ project.name }}.{% if by == "administrator" %} The people who run the service changed it.{% endif %}',
          'If you know about it, there is nothing to do.',
        ],
        closing: ['If not, tell the people who run the service.'],
      },
    },
    'magicLink.signIn': {
      email: {
        subject: 'Sign in to {{ project.name }}',
        paragraphs: [
          'Somebody asked to sign in to your account at {{ project.name }}.',
          'If it was you, use this link. It works once, for {{ lifetime | duration }}.',
        ],
        action: 'Sign in',
        closing: ['If it was not you, do nothing: nobody gets in without this link.'],
      },
      text: 'Sign in to {{ project.name }}: {{ link }}',
    },
    'magicLink.signUp': {
      email: {
        subject: 'Finish signing up for {{ project.name }}',
        paragraphs: [
          'Somebody signs up for {{ project.name }} with this address.',
          'If it was you, use this link. It works once, for {{ lifetime | duration }}.',
        ],
        action: 'Sign up',
        closing: ['If it was not you, do nothing: without this link no account is made.'],
      },
      text: 'Sign up for {{ project.name }}: {{ link }}',
    },
    'magicLink.update': {
      email: {
        subject: 'Confirm your new e-mail address for {{ project.name }}',
        paragraphs: [
          'Somebody wants to use this address for an account at {{ project.name }}.',
          'If it was you, use this link. It works once, for {{ lifetime | duration }}.',
        ],
        action: 'Confirm e-mail address',
        closing: ['If it was not you, do nothing: without this link the address is not used.'],
      },
      text: 'Confirm this number for {{ project.name }}: {{ link }}',
    },
    'password.reset': {
      email: {
        subject: 'Reset your password for {{ project.name }}',
        paragraphs: [
          'Somebody asked to reset the password of your account at {{ project.name }}.',
          'If it was you, choose a new one. The link works once, for {{ lifetime | duration }}.',
        ],
        action: 'Choose a new password',
        closing: ['If it was not you, do nothing: your password stays as it is.'],
      },
    },
    'password.changed': {
      email: {
        subject: 'Your password for {{ project.name }} was changed',
        paragraphs: [
          'The password of your account at {{ project.name }} was changed just now. All other sessions have been signed out.',
          'If it was you, there is nothing to do.',
        ],
        closing: ['If it was not you, reset your password at once and tell the people who run the service.'],
      },
    },
    'session.reused': {
      email: {
        subject: 'A session at {{ project.name }} was ended',
        paragraphs: [
          'Somebody used an old key to one of your sessions at {{ project.name }}. This can mean that the session was copied, so it has been signed out everywhere.',
          'Please sign in again.',
        ],
        closing: ['If you did not notice anything unusual on your devices, change your password to be safe.'],
      },
    },
    'user.invite': {
      email: {
        subject: 'You are invited to {{ project.name }}',
        paragraphs: ['An account at {{ project.name }} was made for this address.', 'The link works once, for {{ lifetime | duration }}.'],
        action: 'Accept the invitation',
        closing: ['If you do not know what this is about, do nothing: without the link nobody gets into the account.'],
      },
    },
  },
}
