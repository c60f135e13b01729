import { boundCode, type Language } from './texts.ts'

const tellNobody =
  'If you did not ask for it, do nothing: without the code nobody gets in. Never tell it to anybody; nobody who works for us asks for it.'
const clickNone = 'If it was not you, click none of them: without that nobody gets in.'

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
    'password.reset': {
      email: {
        subject: 'Reset your password for {{ project.name }}',
        paragraphs: [
          'Somebody asked to reset the password of your account at {{ project.name }}.',
          '{% if code == "" %}If it was you, choose a new one. The link works once, for {{ lifetime | duration }}.{% else %}If it was you, open the page and type this code there. They work once, for {{ lifetime | duration }}.{% endif %}',
        ],
        action: 'Choose a new password',
        closing: ['If it was not you, do nothing: your password stays as it is.'],
      },
    },
    'password.resetEnchanted': {
      email: {
        subject: 'Reset your password for {{ project.name }}',
        paragraphs: [
          'Somebody asked to reset the password of your account at {{ project.name }}.',
          'If it was you, click the number that you see where you asked. It works once, for {{ lifetime | duration }}; a wrong number ends the attempt.',
        ],
        closing: ['If it was not you, click none of them: your password stays as it is.'],
      },
    },
    'password.resetCode': {
      email: {
        subject: 'Your code to reset your password for {{ project.name }}',
        paragraphs: [
          'Somebody asked to reset the password of your account at {{ project.name }}.',
          'If it was you, type this code where you asked. It works once, for {{ lifetime | duration }}.',
        ],
        closing: [
          'If it was not you, do nothing: your password stays as it is. Never tell the code to anybody; nobody who works for us asks for it.',
        ],
      },
    },
    'account.exists': {
      email: {
        subject: 'Somebody wanted to sign up for {{ project.name }}',
        paragraphs: [
          'Somebody wanted to sign up for {{ project.name }} with this address, which has an account there already.',
          'If it was you, sign in instead; if you do not know your password, reset it.',
        ],
        closing: ['If it was not you, do nothing: nobody got into the account, and nobody was told that it is there.'],
      },
      text: 'You have an account at {{ project.name }} already: sign in instead of signing up. If you did not try to, ignore this.',
      voice: 'Hello. You have an account at {{ project.name }} already. Please sign in instead of signing up. Goodbye.',
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
        closing: ['If you see no reason for it on your own devices, change your password to be safe.'],
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
    'magicLink.signIn': {
      email: {
        subject: 'Sign in to {{ project.name }}',
        paragraphs: [
          'Somebody asked to sign in to {{ project.name }} with this address.',
          'If it was you, go on with this link. It works once, for {{ lifetime | duration }}.',
        ],
        action: 'Sign in',
        closing: ['If it was not you, do nothing: without the link nobody gets in. Never pass it on.'],
      },
      text: 'Your link to sign in to {{ project.name }}. It works once, for {{ lifetime | duration }}. Not you? Ignore it.\n{{ link }}',
    },
    'magicLink.signUp': {
      email: {
        subject: 'Finish signing up for {{ project.name }}',
        paragraphs: [
          'Somebody is signing up for {{ project.name }} with this address.',
          'If it is you, go on with this link. It works once, for {{ lifetime | duration }}.',
        ],
        action: 'Confirm and sign in',
        closing: ['If it was not you, do nothing: without the link nobody gets in. Never pass it on.'],
      },
      text: 'Your link to sign up for {{ project.name }}. It works once, for {{ lifetime | duration }}. Not you? Ignore it.\n{{ link }}',
    },
    'magicLink.update': {
      email: {
        subject: 'Confirm your new e-mail address for {{ project.name }}',
        paragraphs: [
          'Somebody wants to use this address for an account at {{ project.name }}.',
          'If it was you, please confirm it. The link works once, for {{ lifetime | duration }}.',
        ],
        action: 'Confirm e-mail address',
        closing: ['If it was not you, do nothing: without your confirmation this address is not used. Never pass the link on.'],
      },
      text: 'Confirm this phone number for {{ project.name }}. The link works once, for {{ lifetime | duration }}. Not you? Ignore it.\n{{ link }}',
    },
    'otp.signIn': {
      email: {
        subject: 'Your code to sign in to {{ project.name }}',
        paragraphs: ['Type this code where you are signing in to {{ project.name }}. It works once, for {{ lifetime | duration }}.'],
        closing: [tellNobody],
      },
      text: `{{ code }} is your code to sign in to {{ project.name }}. It works for {{ lifetime | duration }}. Never tell it to anybody.${boundCode}`,
      voice:
        'Hello. Your code to sign in to {{ project.name }} is: {{ code | spoken }}. Once more: {{ code | spoken }}. Never tell it to anybody. Goodbye.',
    },
    'otp.signUp': {
      email: {
        subject: 'Your code to sign up for {{ project.name }}',
        paragraphs: ['Type this code where you are signing up for {{ project.name }}. It works once, for {{ lifetime | duration }}.'],
        closing: [tellNobody],
      },
      text: `{{ code }} is your code to sign up for {{ project.name }}. It works for {{ lifetime | duration }}. Never tell it to anybody.${boundCode}`,
      voice:
        'Hello. Your code to sign up for {{ project.name }} is: {{ code | spoken }}. Once more: {{ code | spoken }}. Never tell it to anybody. Goodbye.',
    },
    'otp.update': {
      email: {
        subject: 'Your code to confirm your new e-mail address for {{ project.name }}',
        paragraphs: [
          'Somebody wants to use this address for an account at {{ project.name }}.',
          'If it was you, type this code where you asked. It works once, for {{ lifetime | duration }}.',
        ],
        closing: [
          'If it was not you, do nothing: without the code this address is not used. Never tell it to anybody; nobody who works for us asks for it.',
        ],
      },
      text: `{{ code }} is your code to confirm this number for {{ project.name }}. It works for {{ lifetime | duration }}. Never tell it to anybody.${boundCode}`,
      voice:
        'Hello. Your code to confirm this number for {{ project.name }} is: {{ code | spoken }}. Once more: {{ code | spoken }}. Never tell it to anybody. Goodbye.',
    },
    'enchantedLink.signIn': {
      email: {
        subject: 'Sign in to {{ project.name }}',
        paragraphs: [
          'Somebody asked to sign in to {{ project.name }} with this address.',
          'If it was you, click the number that you see where you are signing in. It works once, for {{ lifetime | duration }}; a wrong number ends the attempt.',
        ],
        closing: [clickNone],
      },
    },
    'enchantedLink.signUp': {
      email: {
        subject: 'Finish signing up for {{ project.name }}',
        paragraphs: [
          'Somebody is signing up for {{ project.name }} with this address.',
          'If it is you, click the number that you see where you are signing up. It works once, for {{ lifetime | duration }}; a wrong number ends the attempt.',
        ],
        closing: [clickNone],
      },
    },
    'enchantedLink.update': {
      email: {
        subject: 'Confirm your new e-mail address for {{ project.name }}',
        paragraphs: [
          'Somebody wants to use this address for an account at {{ project.name }}.',
          'If it was you, click the number that you see where you asked. It works once, for {{ lifetime | duration }}; a wrong number ends the attempt.',
        ],
        closing: ['If it was not you, click none of them: without that this address is not used.'],
      },
    },
  },
}
