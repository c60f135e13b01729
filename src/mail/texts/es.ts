import { boundCode, type Language } from './texts.ts'

const tellNobody =
  'Si no lo ha solicitado, no haga nada: sin el código nadie puede entrar. No se lo diga nunca a nadie; ninguna persona de nuestro equipo se lo pedirá.'
const clickNone = 'Si no ha sido usted, no haga clic en ninguno de los números: sin eso nadie puede entrar.'
const doNothing = 'Si no ha sido usted, no haga nada: sin el enlace nadie puede entrar. No lo comparta nunca.'

export const spanish: Language = {
  direction: 'ltr',
  copyHint: 'Si el botón no funciona, copie esta dirección en su navegador:',
  kinds: {
    'email.verify': {
      email: {
        subject: 'Confirme su dirección de correo electrónico para {{ project.name }}',
        paragraphs: [
          'Alguien se ha registrado en {{ project.name }} con esta dirección. Si ha sido usted, confirme que la dirección es suya.',
        ],
        action: 'Confirmar la dirección de correo',
        closing: ['Si no ha sido usted, no haga nada: sin su confirmación, esta dirección no se usará para recuperar la cuenta.'],
      },
    },
    'email.changed': {
      email: {
        subject: 'Ha cambiado la dirección de correo de su cuenta de {{ project.name }}',
        paragraphs: [
          'Esta dirección {% if isNew %}es ahora{% else %}ya no es{% endif %} la de una cuenta de {{ project.name }}.{% if by == "administrator" %} El cambio lo han hecho los responsables del servicio.{% endif %}',
          'Si ya lo sabía, no tiene que hacer nada.',
        ],
        closing: ['Si no, avise a los responsables del servicio.'],
      },
    },
    'password.reset': {
      email: {
        subject: 'Restablezca su contraseña de {{ project.name }}',
        paragraphs: [
          'Alguien ha solicitado restablecer la contraseña de su cuenta de {{ project.name }}.',
          '{% if code == "" %}Si ha sido usted, elija una nueva. El enlace funciona una sola vez, durante {{ lifetime | duration }}.{% else %}Si ha sido usted, abra la página y escriba en ella este código. El enlace y el código funcionan una sola vez, durante {{ lifetime | duration }}.{% endif %}',
        ],
        action: 'Elegir una contraseña nueva',
        closing: ['Si no ha sido usted, no haga nada: su contraseña sigue siendo la misma.'],
      },
    },
    'password.resetEnchanted': {
      email: {
        subject: 'Restablezca su contraseña de {{ project.name }}',
        paragraphs: [
          'Alguien ha solicitado restablecer la contraseña de su cuenta de {{ project.name }}.',
          'Si ha sido usted, haga clic en el número que aparece donde hizo la solicitud. Funciona una sola vez, durante {{ lifetime | duration }}; un número equivocado pone fin al intento.',
        ],
        closing: ['Si no ha sido usted, no haga clic en ninguno de los números: su contraseña sigue siendo la misma.'],
      },
    },
    'password.resetCode': {
      email: {
        subject: 'Su código para restablecer la contraseña de {{ project.name }}',
        paragraphs: [
          'Alguien ha solicitado restablecer la contraseña de su cuenta de {{ project.name }}.',
          'Si ha sido usted, escriba este código donde hizo la solicitud. Funciona una sola vez, durante {{ lifetime | duration }}.',
        ],
        closing: [
          'Si no ha sido usted, no haga nada: su contraseña sigue siendo la misma. No le diga nunca el código a nadie; ninguna persona de nuestro equipo se lo pedirá.',
        ],
      },
    },
    'account.exists': {
      email: {
        subject: 'Alguien quiso registrarse en {{ project.name }}',
        paragraphs: [
          'Alguien quiso registrarse en {{ project.name }} con esta dirección, que ya tiene una cuenta allí.',
          'Si fue usted, inicie sesión. Si no recuerda su contraseña, restablézcala.',
        ],
        closing: ['Si no fue usted, no haga nada: nadie ha entrado en la cuenta y nadie ha sabido que existe.'],
      },
      text: 'Ya tiene una cuenta en {{ project.name }}: entre en ella. Si no fue usted, ignore este mensaje.',
      voice: 'Hola. Ya tiene una cuenta en {{ project.name }}. Inicie sesión en lugar de registrarse. Adiós.',
    },
    'password.changed': {
      email: {
        subject: 'Ha cambiado su contraseña de {{ project.name }}',
        paragraphs: [
          'La contraseña de su cuenta de {{ project.name }} acaba de cambiarse. Se han cerrado todas las demás sesiones.',
          'Si ha sido usted, no tiene que hacer nada.',
        ],
        closing: ['Si no ha sido usted, restablezca su contraseña de inmediato y avise a los responsables del servicio.'],
      },
    },
    'session.reused': {
      email: {
        subject: 'Se ha cerrado una sesión de {{ project.name }}',
        paragraphs: [
          'Alguien ha usado una clave antigua de una de sus sesiones de {{ project.name }}. Es posible que la sesión se haya copiado, por lo que se ha cerrado en todas partes.',
          'Vuelva a iniciar sesión, por favor.',
        ],
        closing: ['Si no ha notado nada extraño en sus dispositivos, cambie su contraseña por precaución.'],
      },
    },
    'user.invite': {
      email: {
        subject: 'Invitación a {{ project.name }}',
        paragraphs: [
          'Se ha creado una cuenta de {{ project.name }} para esta dirección.',
          'El enlace funciona una sola vez, durante {{ lifetime | duration }}.',
        ],
        action: 'Aceptar la invitación',
        closing: ['Si no sabe de qué se trata, no haga nada: sin el enlace nadie puede entrar en la cuenta.'],
      },
    },
    'magicLink.signIn': {
      email: {
        subject: 'Inicio de sesión en {{ project.name }}',
        paragraphs: [
          'Alguien ha solicitado iniciar sesión en {{ project.name }} con esta dirección.',
          'Si ha sido usted, continúe con este enlace. Funciona una sola vez, durante {{ lifetime | duration }}.',
        ],
        action: 'Iniciar sesión',
        closing: [doNothing],
      },
      text: 'Su enlace para entrar en {{ project.name }}. Funciona una vez, durante {{ lifetime | duration }}. Si no es para usted, no lo use.\n{{ link }}',
    },
    'magicLink.signUp': {
      email: {
        subject: 'Complete su registro en {{ project.name }}',
        paragraphs: [
          'Alguien se está registrando en {{ project.name }} con esta dirección.',
          'Si es usted, continúe con este enlace. Funciona una sola vez, durante {{ lifetime | duration }}.',
        ],
        action: 'Confirmar e iniciar sesión',
        closing: [doNothing],
      },
      text: 'Su enlace para registrarse en {{ project.name }}. Funciona una vez, durante {{ lifetime | duration }}. Si no es para usted, no lo use.\n{{ link }}',
    },
    'magicLink.update': {
      email: {
        subject: 'Confirme su nueva dirección de correo para {{ project.name }}',
        paragraphs: [
          'Alguien quiere usar esta dirección para una cuenta de {{ project.name }}.',
          'Si ha sido usted, confírmela. El enlace funciona una sola vez, durante {{ lifetime | duration }}.',
        ],
        action: 'Confirmar la dirección de correo',
        closing: ['Si no ha sido usted, no haga nada: sin su confirmación, esta dirección no se usará. No comparta nunca el enlace.'],
      },
      text: 'Confirme este teléfono para {{ project.name }}. El enlace funciona una vez, durante {{ lifetime | duration }}. Si no es para usted, no lo use.\n{{ link }}',
    },
    'otp.signIn': {
      email: {
        subject: 'Su código para iniciar sesión en {{ project.name }}',
        paragraphs: [
          'Escriba este código donde está iniciando sesión en {{ project.name }}. Funciona una sola vez, durante {{ lifetime | duration }}.',
        ],
        closing: [tellNobody],
      },
      text: `{{ code }} es su clave para entrar en {{ project.name }}. Sirve durante {{ lifetime | duration }}. No se la diga nunca a nadie.${boundCode}`,
      voice:
        'Hola. Su código para iniciar sesión en {{ project.name }} es: {{ code | spoken }}. Repito: {{ code | spoken }}. No se lo diga nunca a nadie. Adiós.',
    },
    'otp.signUp': {
      email: {
        subject: 'Su código para registrarse en {{ project.name }}',
        paragraphs: [
          'Escriba este código donde se está registrando en {{ project.name }}. Funciona una sola vez, durante {{ lifetime | duration }}.',
        ],
        closing: [tellNobody],
      },
      text: `{{ code }} es su clave para registrarse en {{ project.name }}. Sirve durante {{ lifetime | duration }}. No se la diga nunca a nadie.${boundCode}`,
      voice:
        'Hola. Su código para registrarse en {{ project.name }} es: {{ code | spoken }}. Repito: {{ code | spoken }}. No se lo diga nunca a nadie. Adiós.',
    },
    'otp.update': {
      email: {
        subject: 'Su código para confirmar su nueva dirección para {{ project.name }}',
        paragraphs: [
          'Alguien quiere usar esta dirección para una cuenta de {{ project.name }}.',
          'Si ha sido usted, escriba este código donde hizo la solicitud. Funciona una sola vez, durante {{ lifetime | duration }}.',
        ],
        closing: [
          'Si no ha sido usted, no haga nada: sin el código, esta dirección no se usará. No se lo diga nunca a nadie; ninguna persona de nuestro equipo se lo pedirá.',
        ],
      },
      text: `{{ code }} es su clave para confirmar este teléfono para {{ project.name }}. Sirve durante {{ lifetime | duration }}. No se la diga nunca a nadie.${boundCode}`,
      voice:
        'Hola. Su código para confirmar este número para {{ project.name }} es: {{ code | spoken }}. Repito: {{ code | spoken }}. No se lo diga nunca a nadie. Adiós.',
    },
    'enchantedLink.signIn': {
      email: {
        subject: 'Inicio de sesión en {{ project.name }}',
        paragraphs: [
          'Alguien ha solicitado iniciar sesión en {{ project.name }} con esta dirección.',
          'Si ha sido usted, haga clic en el número que aparece donde está iniciando sesión. Funciona una sola vez, durante {{ lifetime | duration }}; un número equivocado pone fin al intento.',
        ],
        closing: [clickNone],
      },
    },
    'enchantedLink.signUp': {
      email: {
        subject: 'Complete su registro en {{ project.name }}',
        paragraphs: [
          'Alguien se está registrando en {{ project.name }} con esta dirección.',
          'Si es usted, haga clic en el número que aparece donde se está registrando. Funciona una sola vez, durante {{ lifetime | duration }}; un número equivocado pone fin al intento.',
        ],
        closing: [clickNone],
      },
    },
    'enchantedLink.update': {
      email: {
        subject: 'Confirme su nueva dirección de correo para {{ project.name }}',
        paragraphs: [
          'Alguien quiere usar esta dirección para una cuenta de {{ project.name }}.',
          'Si ha sido usted, haga clic en el número que aparece donde hizo la solicitud. Funciona una sola vez, durante {{ lifetime | duration }}; un número equivocado pone fin al intento.',
        ],
        closing: ['Si no ha sido usted, no haga clic en ninguno de los números: sin eso, esta dirección no se usará.'],
      },
    },
  },
}
