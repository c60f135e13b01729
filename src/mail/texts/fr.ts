import { boundCode, type Language } from './texts.ts'

const tellNobody =
  'Si vous ne l’avez pas demandé, ne faites rien : sans ce code, personne ne peut entrer. Ne le communiquez jamais à personne ; aucun membre de notre équipe ne vous le demandera.'
const clickNone = 'Si ce n’était pas vous, ne cliquez sur aucun de ces nombres : sans cela, personne ne peut entrer.'
const doNothing = 'Si ce n’était pas vous, ne faites rien : sans ce lien, personne ne peut entrer. Ne le transmettez jamais.'

export const french: Language = {
  direction: 'ltr',
  copyHint: 'Si le bouton ne fonctionne pas, copiez cette adresse dans votre navigateur :',
  kinds: {
    'email.verify': {
      email: {
        subject: 'Confirmez votre adresse e-mail pour {{ project.name }}',
        paragraphs: [
          'Quelqu’un s’est inscrit à {{ project.name }} avec cette adresse. Si c’était vous, veuillez confirmer que cette adresse est la vôtre.',
        ],
        action: 'Confirmer l’adresse e-mail',
        closing: ['Si ce n’était pas vous, ne faites rien : sans votre confirmation, cette adresse ne servira pas à récupérer le compte.'],
      },
    },
    'email.changed': {
      email: {
        subject: 'L’adresse e-mail de votre compte {{ project.name }} a été modifiée',
        paragraphs: [
          'Cette adresse {% if isNew %}est désormais{% else %}n’est plus{% endif %} celle d’un compte {{ project.name }}.{% if by == "administrator" %} La modification a été faite par les responsables du service.{% endif %}',
          'Si vous êtes au courant, vous n’avez rien à faire.',
        ],
        closing: ['Sinon, prévenez les responsables du service.'],
      },
    },
    'password.reset': {
      email: {
        subject: 'Réinitialisez votre mot de passe pour {{ project.name }}',
        paragraphs: [
          'Quelqu’un a demandé à réinitialiser le mot de passe de votre compte {{ project.name }}.',
          '{% if code == "" %}Si c’était vous, choisissez-en un nouveau. Le lien fonctionne une seule fois, pendant {{ lifetime | duration }}.{% else %}Si c’était vous, ouvrez la page et saisissez-y ce code. Le lien et le code fonctionnent une seule fois, pendant {{ lifetime | duration }}.{% endif %}',
        ],
        action: 'Choisir un nouveau mot de passe',
        closing: ['Si ce n’était pas vous, ne faites rien : votre mot de passe reste inchangé.'],
      },
    },
    'password.resetEnchanted': {
      email: {
        subject: 'Réinitialisez votre mot de passe pour {{ project.name }}',
        paragraphs: [
          'Quelqu’un a demandé à réinitialiser le mot de passe de votre compte {{ project.name }}.',
          'Si c’était vous, cliquez sur le nombre affiché là où vous avez fait la demande. Il fonctionne une seule fois, pendant {{ lifetime | duration }} ; un mauvais nombre met fin à la tentative.',
        ],
        closing: ['Si ce n’était pas vous, ne cliquez sur aucun de ces nombres : votre mot de passe reste inchangé.'],
      },
    },
    'password.resetCode': {
      email: {
        subject: 'Votre code de réinitialisation du mot de passe pour {{ project.name }}',
        paragraphs: [
          'Quelqu’un a demandé à réinitialiser le mot de passe de votre compte {{ project.name }}.',
          'Si c’était vous, saisissez ce code là où vous avez fait la demande. Il fonctionne une seule fois, pendant {{ lifetime | duration }}.',
        ],
        closing: [
          'Si ce n’était pas vous, ne faites rien : votre mot de passe reste inchangé. Ne communiquez jamais ce code à personne ; aucun membre de notre équipe ne vous le demandera.',
        ],
      },
    },
    'account.exists': {
      email: {
        subject: 'Quelqu’un a voulu s’inscrire à {{ project.name }}',
        paragraphs: [
          'Quelqu’un a voulu s’inscrire à {{ project.name }} avec cette adresse, qui y a déjà un compte.',
          'Si c’était vous, connectez-vous. Si vous ne connaissez plus votre mot de passe, réinitialisez-le.',
        ],
        closing: ['Si ce n’était pas vous, ne faites rien : personne n’est entré dans le compte, et personne n’a appris qu’il existe.'],
      },
      text: "Vous avez déjà un compte chez {{ project.name }} : connectez-vous. Si ce n'était pas vous, ignorez ce message.",
      voice: 'Bonjour. Vous avez déjà un compte chez {{ project.name }}. Connectez-vous au lieu de vous inscrire. Au revoir.',
    },
    'password.changed': {
      email: {
        subject: 'Votre mot de passe pour {{ project.name }} a été modifié',
        paragraphs: [
          'Le mot de passe de votre compte {{ project.name }} vient d’être modifié. Toutes les autres sessions ont été déconnectées.',
          'Si c’était vous, vous n’avez rien à faire.',
        ],
        closing: ['Si ce n’était pas vous, réinitialisez immédiatement votre mot de passe et prévenez les responsables du service.'],
      },
    },
    'session.reused': {
      email: {
        subject: 'Une session {{ project.name }} a été fermée',
        paragraphs: [
          'Quelqu’un a utilisé une ancienne clé de l’une de vos sessions {{ project.name }}. Il se peut que la session ait été copiée ; elle a donc été déconnectée partout.',
          'Veuillez vous reconnecter.',
        ],
        closing: ['Si vous n’avez rien remarqué d’inhabituel sur vos appareils, changez de mot de passe par précaution.'],
      },
    },
    'user.invite': {
      email: {
        subject: 'Invitation à rejoindre {{ project.name }}',
        paragraphs: [
          'Un compte {{ project.name }} a été créé pour cette adresse.',
          'Le lien fonctionne une seule fois, pendant {{ lifetime | duration }}.',
        ],
        action: 'Accepter l’invitation',
        closing: ['Si vous ne savez pas de quoi il s’agit, ne faites rien : sans ce lien, personne ne peut accéder au compte.'],
      },
    },
    'magicLink.signIn': {
      email: {
        subject: 'Connexion à {{ project.name }}',
        paragraphs: [
          'Quelqu’un a demandé à se connecter à {{ project.name }} avec cette adresse.',
          'Si c’était vous, poursuivez avec ce lien. Il fonctionne une seule fois, pendant {{ lifetime | duration }}.',
        ],
        action: 'Se connecter',
        closing: [doNothing],
      },
      text: 'Votre lien de connexion à {{ project.name }}, valable une fois pendant {{ lifetime | duration }}. Pas vous ? Ignorez-le.\n{{ link }}',
    },
    'magicLink.signUp': {
      email: {
        subject: 'Terminez votre inscription à {{ project.name }}',
        paragraphs: [
          'Quelqu’un s’inscrit à {{ project.name }} avec cette adresse.',
          'Si c’est vous, poursuivez avec ce lien. Il fonctionne une seule fois, pendant {{ lifetime | duration }}.',
        ],
        action: 'Confirmer et se connecter',
        closing: [doNothing],
      },
      text: "Votre lien d'inscription à {{ project.name }}, valable une fois pendant {{ lifetime | duration }}. Pas vous ? Ignorez-le.\n{{ link }}",
    },
    'magicLink.update': {
      email: {
        subject: 'Confirmez votre nouvelle adresse e-mail pour {{ project.name }}',
        paragraphs: [
          'Quelqu’un souhaite utiliser cette adresse pour un compte {{ project.name }}.',
          'Si c’était vous, veuillez la confirmer. Le lien fonctionne une seule fois, pendant {{ lifetime | duration }}.',
        ],
        action: 'Confirmer l’adresse e-mail',
        closing: [
          'Si ce n’était pas vous, ne faites rien : sans votre confirmation, cette adresse ne sera pas utilisée. Ne transmettez jamais le lien.',
        ],
      },
      text: 'Confirmez ce numéro pour {{ project.name }}. Lien valable une fois pendant {{ lifetime | duration }}. Pas vous ? Ignorez-le.\n{{ link }}',
    },
    'otp.signIn': {
      email: {
        subject: 'Votre code de connexion à {{ project.name }}',
        paragraphs: [
          'Saisissez ce code là où vous vous connectez à {{ project.name }}. Il fonctionne une seule fois, pendant {{ lifetime | duration }}.',
        ],
        closing: [tellNobody],
      },
      text: `{{ code }} est votre code de connexion à {{ project.name }}, valable {{ lifetime | duration }}. Ne le communiquez jamais à personne.${boundCode}`,
      voice:
        'Bonjour. Votre code de connexion à {{ project.name }} est : {{ code | spoken }}. Je répète : {{ code | spoken }}. Ne le communiquez jamais à personne. Au revoir.',
    },
    'otp.signUp': {
      email: {
        subject: 'Votre code d’inscription à {{ project.name }}',
        paragraphs: [
          'Saisissez ce code là où vous vous inscrivez à {{ project.name }}. Il fonctionne une seule fois, pendant {{ lifetime | duration }}.',
        ],
        closing: [tellNobody],
      },
      text: `{{ code }} est votre code d'inscription à {{ project.name }}, valable {{ lifetime | duration }}. Ne le communiquez jamais à personne.${boundCode}`,
      voice:
        'Bonjour. Votre code d’inscription à {{ project.name }} est : {{ code | spoken }}. Je répète : {{ code | spoken }}. Ne le communiquez jamais à personne. Au revoir.',
    },
    'otp.update': {
      email: {
        subject: 'Votre code pour confirmer votre nouvelle adresse e-mail : {{ project.name }}',
        paragraphs: [
          'Quelqu’un souhaite utiliser cette adresse pour un compte {{ project.name }}.',
          'Si c’était vous, saisissez ce code là où vous avez fait la demande. Il fonctionne une seule fois, pendant {{ lifetime | duration }}.',
        ],
        closing: [
          'Si ce n’était pas vous, ne faites rien : sans ce code, cette adresse ne sera pas utilisée. Ne le communiquez jamais à personne ; aucun membre de notre équipe ne vous le demandera.',
        ],
      },
      text: `{{ code }} est votre code pour confirmer ce numéro pour {{ project.name }}, valable {{ lifetime | duration }}. Ne le communiquez à personne.${boundCode}`,
      voice:
        'Bonjour. Votre code pour confirmer ce numéro pour {{ project.name }} est : {{ code | spoken }}. Je répète : {{ code | spoken }}. Ne le communiquez jamais à personne. Au revoir.',
    },
    'enchantedLink.signIn': {
      email: {
        subject: 'Connexion à {{ project.name }}',
        paragraphs: [
          'Quelqu’un a demandé à se connecter à {{ project.name }} avec cette adresse.',
          'Si c’était vous, cliquez sur le nombre affiché là où vous vous connectez. Il fonctionne une seule fois, pendant {{ lifetime | duration }} ; un mauvais nombre met fin à la tentative.',
        ],
        closing: [clickNone],
      },
    },
    'enchantedLink.signUp': {
      email: {
        subject: 'Terminez votre inscription à {{ project.name }}',
        paragraphs: [
          'Quelqu’un s’inscrit à {{ project.name }} avec cette adresse.',
          'Si c’est vous, cliquez sur le nombre affiché là où vous vous inscrivez. Il fonctionne une seule fois, pendant {{ lifetime | duration }} ; un mauvais nombre met fin à la tentative.',
        ],
        closing: [clickNone],
      },
    },
    'enchantedLink.update': {
      email: {
        subject: 'Confirmez votre nouvelle adresse e-mail pour {{ project.name }}',
        paragraphs: [
          'Quelqu’un souhaite utiliser cette adresse pour un compte {{ project.name }}.',
          'Si c’était vous, cliquez sur le nombre affiché là où vous avez fait la demande. Il fonctionne une seule fois, pendant {{ lifetime | duration }} ; un mauvais nombre met fin à la tentative.',
        ],
        closing: ['Si ce n’était pas vous, ne cliquez sur aucun de ces nombres : sans cela, cette adresse ne sera pas utilisée.'],
      },
    },
  },
}
