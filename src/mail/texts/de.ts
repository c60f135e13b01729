import { boundCode, type Language } from './texts.ts'

const tellNobody =
  'Wenn Sie ihn nicht angefordert haben, brauchen Sie nichts zu tun: Ohne den Code kommt niemand hinein. Geben Sie ihn niemals weiter; niemand, der für uns arbeitet, fragt danach.'
const clickNone = 'Wenn Sie das nicht waren, klicken Sie auf keine der Zahlen: Ohne das kommt niemand hinein.'
const doNothing = 'Wenn Sie das nicht waren, brauchen Sie nichts zu tun: Ohne den Link kommt niemand hinein. Geben Sie ihn niemals weiter.'

export const german: Language = {
  direction: 'ltr',
  copyHint: 'Falls die Schaltfläche nicht funktioniert, kopieren Sie diese Adresse in Ihren Browser:',
  kinds: {
    'email.verify': {
      email: {
        subject: 'Bestätigen Sie Ihre E-Mail-Adresse für {{ project.name }}',
        paragraphs: [
          'Jemand hat sich mit dieser Adresse bei {{ project.name }} registriert. Wenn Sie das waren, bestätigen Sie bitte, dass es Ihre Adresse ist.',
        ],
        action: 'E-Mail-Adresse bestätigen',
        closing: [
          'Wenn Sie das nicht waren, brauchen Sie nichts zu tun: Ohne Ihre Bestätigung wird diese Adresse nicht zur Wiederherstellung des Kontos verwendet.',
        ],
      },
    },
    'email.changed': {
      email: {
        subject: 'Die E-Mail-Adresse Ihres Kontos bei {{ project.name }} wurde geändert',
        paragraphs: [
          'Diese Adresse {% if isNew %}ist jetzt die Adresse{% else %}ist nicht mehr die Adresse{% endif %} eines Kontos bei {{ project.name }}.{% if by == "administrator" %} Geändert haben sie die Betreiber des Dienstes.{% endif %}',
          'Wenn Sie davon wissen, ist nichts zu tun.',
        ],
        closing: ['Wenn nicht, wenden Sie sich bitte an die Betreiber des Dienstes.'],
      },
    },
    'password.reset': {
      email: {
        subject: 'Setzen Sie Ihr Passwort für {{ project.name }} zurück',
        paragraphs: [
          'Jemand möchte das Passwort Ihres Kontos bei {{ project.name }} zurücksetzen.',
          '{% if code == "" %}Wenn Sie das waren, wählen Sie ein neues. Der Link funktioniert einmal, {{ lifetime | duration }} lang.{% else %}Wenn Sie das waren, öffnen Sie die Seite und geben Sie dort diesen Code ein. Beides funktioniert einmal, {{ lifetime | duration }} lang.{% endif %}',
        ],
        action: 'Neues Passwort wählen',
        closing: ['Wenn Sie das nicht waren, brauchen Sie nichts zu tun: Ihr Passwort bleibt, wie es ist.'],
      },
    },
    'password.resetEnchanted': {
      email: {
        subject: 'Setzen Sie Ihr Passwort für {{ project.name }} zurück',
        paragraphs: [
          'Jemand möchte das Passwort Ihres Kontos bei {{ project.name }} zurücksetzen.',
          'Wenn Sie das waren, klicken Sie auf die Zahl, die Ihnen dort angezeigt wird, wo Sie das Zurücksetzen angefordert haben. Sie funktioniert einmal, {{ lifetime | duration }} lang; eine falsche Zahl beendet den Versuch.',
        ],
        closing: ['Wenn Sie das nicht waren, klicken Sie auf keine der Zahlen: Ihr Passwort bleibt, wie es ist.'],
      },
    },
    'password.resetCode': {
      email: {
        subject: 'Ihr Code zum Zurücksetzen Ihres Passworts für {{ project.name }}',
        paragraphs: [
          'Jemand möchte das Passwort Ihres Kontos bei {{ project.name }} zurücksetzen.',
          'Wenn Sie das waren, geben Sie diesen Code dort ein, wo Sie das Zurücksetzen angefordert haben. Er funktioniert einmal, {{ lifetime | duration }} lang.',
        ],
        closing: [
          'Wenn Sie das nicht waren, brauchen Sie nichts zu tun: Ihr Passwort bleibt, wie es ist. Geben Sie den Code niemals weiter; niemand, der für uns arbeitet, fragt danach.',
        ],
      },
    },
    'account.exists': {
      email: {
        subject: 'Jemand wollte sich bei {{ project.name }} registrieren',
        paragraphs: [
          'Jemand wollte sich mit dieser Adresse bei {{ project.name }} registrieren; dort gibt es dafür bereits ein Konto.',
          'Wenn Sie das waren, melden Sie sich bitte an. Wenn Sie Ihr Passwort nicht mehr wissen, setzen Sie es zurück.',
        ],
        closing: [
          'Wenn Sie das nicht waren, brauchen Sie nichts zu tun: Niemand ist in das Konto gelangt, und niemand hat erfahren, dass es besteht.',
        ],
      },
      text: 'Sie haben bei {{ project.name }} bereits ein Konto: Bitte melden Sie sich an. Wenn Sie das nicht waren, ignorieren Sie dies.',
      voice:
        'Guten Tag. Sie haben bei {{ project.name }} bereits ein Konto. Bitte melden Sie sich an, statt sich zu registrieren. Auf Wiederhören.',
    },
    'password.changed': {
      email: {
        subject: 'Ihr Passwort für {{ project.name }} wurde geändert',
        paragraphs: [
          'Das Passwort Ihres Kontos bei {{ project.name }} wurde soeben geändert. Alle anderen Sitzungen wurden abgemeldet.',
          'Wenn Sie das waren, ist nichts zu tun.',
        ],
        closing: [
          'Wenn Sie das nicht waren, setzen Sie Ihr Passwort sofort zurück und wenden Sie sich bitte an die Betreiber des Dienstes.',
        ],
      },
    },
    'session.reused': {
      email: {
        subject: 'Eine Sitzung bei {{ project.name }} wurde beendet',
        paragraphs: [
          'Jemand hat einen alten Schlüssel zu einer Ihrer Sitzungen bei {{ project.name }} verwendet. Das kann bedeuten, dass die Sitzung kopiert wurde; deshalb wurde sie überall abgemeldet.',
          'Bitte melden Sie sich neu an.',
        ],
        closing: ['Wenn Ihnen auf Ihren Geräten nichts Ungewöhnliches aufgefallen ist, ändern Sie sicherheitshalber Ihr Passwort.'],
      },
    },
    'user.invite': {
      email: {
        subject: 'Einladung zu {{ project.name }}',
        paragraphs: [
          'Für diese Adresse wurde ein Konto bei {{ project.name }} angelegt.',
          'Der Link funktioniert einmal, {{ lifetime | duration }} lang.',
        ],
        action: 'Einladung annehmen',
        closing: ['Wenn Sie nicht wissen, worum es geht, brauchen Sie nichts zu tun: Ohne den Link kommt niemand in das Konto.'],
      },
    },
    'magicLink.signIn': {
      email: {
        subject: 'Anmeldung bei {{ project.name }}',
        paragraphs: [
          'Jemand möchte sich mit dieser Adresse bei {{ project.name }} anmelden.',
          'Wenn Sie das sind, geht es mit diesem Link weiter. Er funktioniert einmal, {{ lifetime | duration }} lang.',
        ],
        action: 'Anmelden',
        closing: [doNothing],
      },
      text: 'Ihr Link zur Anmeldung bei {{ project.name }}, einmal und {{ lifetime | duration }} lang gültig. Nicht angefordert? Bitte ignorieren.\n{{ link }}',
    },
    'magicLink.signUp': {
      email: {
        subject: 'Schließen Sie Ihre Registrierung bei {{ project.name }} ab',
        paragraphs: [
          'Jemand registriert sich mit dieser Adresse bei {{ project.name }}.',
          'Wenn Sie das sind, geht es mit diesem Link weiter. Er funktioniert einmal, {{ lifetime | duration }} lang.',
        ],
        action: 'Bestätigen und anmelden',
        closing: [doNothing],
      },
      text: 'Ihr Link zur Registrierung bei {{ project.name }}, einmal und {{ lifetime | duration }} lang gültig. Nicht angefordert? Bitte ignorieren.\n{{ link }}',
    },
    'magicLink.update': {
      email: {
        subject: 'Bestätigen Sie Ihre neue E-Mail-Adresse für {{ project.name }}',
        paragraphs: [
          'Jemand möchte diese Adresse für ein Konto bei {{ project.name }} verwenden.',
          'Wenn Sie das sind, bestätigen Sie sie bitte. Der Link funktioniert einmal, {{ lifetime | duration }} lang.',
        ],
        action: 'E-Mail-Adresse bestätigen',
        closing: [
          'Wenn Sie das nicht waren, brauchen Sie nichts zu tun: Ohne Ihre Bestätigung wird diese Adresse nicht verwendet. Geben Sie den Link niemals weiter.',
        ],
      },
      text: 'Bestätigen Sie diese Nummer für {{ project.name }}. Einmal und {{ lifetime | duration }} lang gültig. Nicht angefordert? Bitte ignorieren.\n{{ link }}',
    },
    'otp.signIn': {
      email: {
        subject: 'Ihr Code zur Anmeldung bei {{ project.name }}',
        paragraphs: [
          'Geben Sie diesen Code dort ein, wo Sie sich bei {{ project.name }} anmelden. Er funktioniert einmal, {{ lifetime | duration }} lang.',
        ],
        closing: [tellNobody],
      },
      text: `{{ code }} ist Ihr Code zur Anmeldung bei {{ project.name }}. Er gilt {{ lifetime | duration }} lang. Geben Sie ihn niemals weiter.${boundCode}`,
      voice:
        'Guten Tag. Ihr Code zur Anmeldung bei {{ project.name }} lautet: {{ code | spoken }}. Noch einmal: {{ code | spoken }}. Geben Sie ihn niemals weiter. Auf Wiederhören.',
    },
    'otp.signUp': {
      email: {
        subject: 'Ihr Code zur Registrierung bei {{ project.name }}',
        paragraphs: [
          'Geben Sie diesen Code dort ein, wo Sie sich bei {{ project.name }} registrieren. Er funktioniert einmal, {{ lifetime | duration }} lang.',
        ],
        closing: [tellNobody],
      },
      text: `{{ code }} ist Ihr Code zur Registrierung bei {{ project.name }}. Er gilt {{ lifetime | duration }} lang. Geben Sie ihn niemals weiter.${boundCode}`,
      voice:
        'Guten Tag. Ihr Code zur Registrierung bei {{ project.name }} lautet: {{ code | spoken }}. Noch einmal: {{ code | spoken }}. Geben Sie ihn niemals weiter. Auf Wiederhören.',
    },
    'otp.update': {
      email: {
        subject: 'Code für Ihre neue E-Mail-Adresse bei {{ project.name }}',
        paragraphs: [
          'Jemand möchte diese Adresse für ein Konto bei {{ project.name }} verwenden.',
          'Wenn Sie das sind, geben Sie diesen Code dort ein, wo Sie ihn angefordert haben. Er funktioniert einmal, {{ lifetime | duration }} lang.',
        ],
        closing: [
          'Wenn Sie das nicht waren, brauchen Sie nichts zu tun: Ohne den Code wird diese Adresse nicht verwendet. Geben Sie ihn niemals weiter; niemand, der für uns arbeitet, fragt danach.',
        ],
      },
      text: `{{ code }} ist Ihr Code zum Bestätigen dieser Nummer für {{ project.name }}. Er gilt {{ lifetime | duration }} lang. Geben Sie ihn niemals weiter.${boundCode}`,
      voice:
        'Guten Tag. Ihr Code zum Bestätigen dieser Nummer für {{ project.name }} lautet: {{ code | spoken }}. Noch einmal: {{ code | spoken }}. Geben Sie ihn niemals weiter. Auf Wiederhören.',
    },
    'enchantedLink.signIn': {
      email: {
        subject: 'Anmeldung bei {{ project.name }}',
        paragraphs: [
          'Jemand möchte sich mit dieser Adresse bei {{ project.name }} anmelden.',
          'Wenn Sie das sind, klicken Sie auf die Zahl, die Ihnen bei der Anmeldung angezeigt wird. Sie funktioniert einmal, {{ lifetime | duration }} lang; eine falsche Zahl beendet den Versuch.',
        ],
        closing: [clickNone],
      },
    },
    'enchantedLink.signUp': {
      email: {
        subject: 'Schließen Sie Ihre Registrierung bei {{ project.name }} ab',
        paragraphs: [
          'Jemand registriert sich mit dieser Adresse bei {{ project.name }}.',
          'Wenn Sie das sind, klicken Sie auf die Zahl, die Ihnen bei der Registrierung angezeigt wird. Sie funktioniert einmal, {{ lifetime | duration }} lang; eine falsche Zahl beendet den Versuch.',
        ],
        closing: [clickNone],
      },
    },
    'enchantedLink.update': {
      email: {
        subject: 'Bestätigen Sie Ihre neue E-Mail-Adresse für {{ project.name }}',
        paragraphs: [
          'Jemand möchte diese Adresse für ein Konto bei {{ project.name }} verwenden.',
          'Wenn Sie das sind, klicken Sie auf die Zahl, die Ihnen dort angezeigt wird, wo Sie die Änderung angefordert haben. Sie funktioniert einmal, {{ lifetime | duration }} lang; eine falsche Zahl beendet den Versuch.',
        ],
        closing: ['Wenn Sie das nicht waren, klicken Sie auf keine der Zahlen: Ohne das wird diese Adresse nicht verwendet.'],
      },
    },
  },
}
