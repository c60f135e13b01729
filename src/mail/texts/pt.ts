import { boundCode, type Language } from './texts.ts'

const tellNobody =
  'Se não fez este pedido, não faça nada: sem o código, ninguém consegue entrar. Nunca o revele a ninguém; nenhuma pessoa da nossa equipe o pedirá.'
const clickNone = 'Se não foi você, não clique em nenhum dos números: sem isso, ninguém consegue entrar.'
const doNothing = 'Se não foi você, não faça nada: sem o link, ninguém consegue entrar. Nunca o envie a outras pessoas.'

export const portuguese: Language = {
  direction: 'ltr',
  copyHint: 'Se o botão não funcionar, copie este endereço para o navegador:',
  kinds: {
    'email.verify': {
      email: {
        subject: 'Confirme o seu endereço de e-mail para {{ project.name }}',
        paragraphs: ['Alguém criou uma conta em {{ project.name }} com este endereço. Se foi você, confirme que o endereço é seu.'],
        action: 'Confirmar o endereço de e-mail',
        closing: ['Se não foi você, não faça nada: sem a sua confirmação, este endereço não será usado para recuperar a conta.'],
      },
    },
    'email.changed': {
      email: {
        subject: 'O endereço de e-mail da sua conta em {{ project.name }} foi alterado',
        paragraphs: [
          'Este endereço {% if isNew %}é agora{% else %}já não é{% endif %} o de uma conta em {{ project.name }}.{% if by == "administrator" %} A alteração foi feita pelos responsáveis pelo serviço.{% endif %}',
          'Se já sabia disso, não precisa fazer nada.',
        ],
        closing: ['Se não, avise os responsáveis pelo serviço.'],
      },
    },
    'password.reset': {
      email: {
        subject: 'Redefina a sua senha de {{ project.name }}',
        paragraphs: [
          'Alguém pediu para redefinir a senha da sua conta em {{ project.name }}.',
          '{% if code == "" %}Se foi você, escolha uma nova. O link funciona uma única vez, durante {{ lifetime | duration }}.{% else %}Se foi você, abra a página e digite nela este código. O link e o código funcionam uma única vez, durante {{ lifetime | duration }}.{% endif %}',
        ],
        action: 'Escolher uma nova senha',
        closing: ['Se não foi você, não faça nada: a sua senha continua a mesma.'],
      },
    },
    'password.resetEnchanted': {
      email: {
        subject: 'Redefina a sua senha de {{ project.name }}',
        paragraphs: [
          'Alguém pediu para redefinir a senha da sua conta em {{ project.name }}.',
          'Se foi você, clique no número que aparece onde fez o pedido. Funciona uma única vez, durante {{ lifetime | duration }}; um número errado encerra a tentativa.',
        ],
        closing: ['Se não foi você, não clique em nenhum dos números: a sua senha continua a mesma.'],
      },
    },
    'password.resetCode': {
      email: {
        subject: 'O seu código para redefinir a senha de {{ project.name }}',
        paragraphs: [
          'Alguém pediu para redefinir a senha da sua conta em {{ project.name }}.',
          'Se foi você, digite este código onde fez o pedido. Funciona uma única vez, durante {{ lifetime | duration }}.',
        ],
        closing: [
          'Se não foi você, não faça nada: a sua senha continua a mesma. Nunca revele o código a ninguém; nenhuma pessoa da nossa equipe o pedirá.',
        ],
      },
    },
    'account.exists': {
      email: {
        subject: 'Alguém quis criar uma conta em {{ project.name }}',
        paragraphs: [
          'Alguém quis criar uma conta em {{ project.name }} com este endereço, que já tem uma conta lá.',
          'Se foi você, entre na conta. Se não se lembra da senha, redefina-a.',
        ],
        closing: ['Se não foi você, não faça nada: ninguém entrou na conta, e ninguém soube que ela existe.'],
      },
      text: 'A sua conta em {{ project.name }} existe: entre nela em vez de criar outra. Se o pedido for de outra pessoa, ignore.',
      voice: 'Olá. Você já tem uma conta em {{ project.name }}. Entre na conta em vez de criar outra. Até logo.',
    },
    'password.changed': {
      email: {
        subject: 'A sua senha de {{ project.name }} foi alterada',
        paragraphs: [
          'A senha da sua conta em {{ project.name }} acaba de ser alterada. Todas as outras sessões foram encerradas.',
          'Se foi você, não precisa fazer nada.',
        ],
        closing: ['Se não foi você, redefina a sua senha imediatamente e avise os responsáveis pelo serviço.'],
      },
    },
    'session.reused': {
      email: {
        subject: 'Uma sessão em {{ project.name }} foi encerrada',
        paragraphs: [
          'Alguém usou uma chave antiga de uma das suas sessões em {{ project.name }}. Isso pode significar que a sessão foi copiada; por isso, ela foi encerrada em todos os lugares.',
          'Inicie sessão novamente, por favor.',
        ],
        closing: ['Se não notou nada de estranho nos seus dispositivos, altere a sua senha por precaução.'],
      },
    },
    'user.invite': {
      email: {
        subject: 'Convite para {{ project.name }}',
        paragraphs: [
          'Foi criada uma conta em {{ project.name }} para este endereço.',
          'O link funciona uma única vez, durante {{ lifetime | duration }}.',
        ],
        action: 'Aceitar o convite',
        closing: ['Se não sabe do que se trata, não faça nada: sem o link, ninguém consegue entrar na conta.'],
      },
    },
    'magicLink.signIn': {
      email: {
        subject: 'Iniciar sessão em {{ project.name }}',
        paragraphs: [
          'Alguém pediu para iniciar sessão em {{ project.name }} com este endereço.',
          'Se foi você, continue com este link. Funciona uma única vez, durante {{ lifetime | duration }}.',
        ],
        action: 'Iniciar sessão',
        closing: [doNothing],
      },
      text: 'Link para entrar em {{ project.name }}. Vale uma vez, por {{ lifetime | duration }}. Se outra pessoa o pediu, ignore.\n{{ link }}',
    },
    'magicLink.signUp': {
      email: {
        subject: 'Conclua a criação da sua conta em {{ project.name }}',
        paragraphs: [
          'Alguém está criando uma conta em {{ project.name }} com este endereço.',
          'Se é você, continue com este link. Funciona uma única vez, durante {{ lifetime | duration }}.',
        ],
        action: 'Confirmar e iniciar sessão',
        closing: [doNothing],
      },
      text: 'Link para criar conta em {{ project.name }}. Vale uma vez, por {{ lifetime | duration }}. Se outra pessoa o pediu, ignore.\n{{ link }}',
    },
    'magicLink.update': {
      email: {
        subject: 'Confirme o seu novo endereço de e-mail para {{ project.name }}',
        paragraphs: [
          'Alguém quer usar este endereço para uma conta em {{ project.name }}.',
          'Se foi você, confirme-o. O link funciona uma única vez, durante {{ lifetime | duration }}.',
        ],
        action: 'Confirmar o endereço de e-mail',
        closing: [
          'Se não foi você, não faça nada: sem a sua confirmação, este endereço não será usado. Nunca envie o link a outras pessoas.',
        ],
      },
      text: 'Confirme este telefone para {{ project.name }}. Vale uma vez, por {{ lifetime | duration }}. Se outra pessoa o pediu, ignore.\n{{ link }}',
    },
    'otp.signIn': {
      email: {
        subject: 'O seu código para entrar em {{ project.name }}',
        paragraphs: [
          'Digite este código onde está iniciando sessão em {{ project.name }}. Funciona uma única vez, durante {{ lifetime | duration }}.',
        ],
        closing: [tellNobody],
      },
      text: `{{ code }}: código para entrar em {{ project.name }}. Vale {{ lifetime | duration }}. Não revele.${boundCode}`,
      voice:
        'Olá. O seu código para entrar em {{ project.name }} é: {{ code | spoken }}. Repito: {{ code | spoken }}. Nunca o revele a ninguém. Adeus.',
    },
    'otp.signUp': {
      email: {
        subject: 'O seu código para criar a conta em {{ project.name }}',
        paragraphs: [
          'Digite este código onde está criando a conta em {{ project.name }}. Funciona uma única vez, durante {{ lifetime | duration }}.',
        ],
        closing: [tellNobody],
      },
      text: `{{ code }}: código para criar conta em {{ project.name }}. Vale {{ lifetime | duration }}. Não revele.${boundCode}`,
      voice:
        'Olá. O seu código para criar a conta em {{ project.name }} é: {{ code | spoken }}. Repito: {{ code | spoken }}. Nunca o revele a ninguém. Adeus.',
    },
    'otp.update': {
      email: {
        subject: 'Código para confirmar o seu novo endereço em {{ project.name }}',
        paragraphs: [
          'Alguém quer usar este endereço para uma conta em {{ project.name }}.',
          'Se foi você, digite este código onde fez o pedido. Funciona uma única vez, durante {{ lifetime | duration }}.',
        ],
        closing: [
          'Se não foi você, não faça nada: sem o código, este endereço não será usado. Nunca o revele a ninguém; nenhuma pessoa da nossa equipe o pedirá.',
        ],
      },
      text: `{{ code }}: código para este número em {{ project.name }}. Vale {{ lifetime | duration }}. Não revele.${boundCode}`,
      voice:
        'Olá. O seu código para confirmar este número em {{ project.name }} é: {{ code | spoken }}. Repito: {{ code | spoken }}. Nunca o revele a ninguém. Adeus.',
    },
    'enchantedLink.signIn': {
      email: {
        subject: 'Iniciar sessão em {{ project.name }}',
        paragraphs: [
          'Alguém pediu para iniciar sessão em {{ project.name }} com este endereço.',
          'Se foi você, clique no número que aparece onde está iniciando sessão. Funciona uma única vez, durante {{ lifetime | duration }}; um número errado encerra a tentativa.',
        ],
        closing: [clickNone],
      },
    },
    'enchantedLink.signUp': {
      email: {
        subject: 'Conclua a criação da sua conta em {{ project.name }}',
        paragraphs: [
          'Alguém está criando uma conta em {{ project.name }} com este endereço.',
          'Se é você, clique no número que aparece onde está criando a conta. Funciona uma única vez, durante {{ lifetime | duration }}; um número errado encerra a tentativa.',
        ],
        closing: [clickNone],
      },
    },
    'enchantedLink.update': {
      email: {
        subject: 'Confirme o seu novo endereço de e-mail para {{ project.name }}',
        paragraphs: [
          'Alguém quer usar este endereço para uma conta em {{ project.name }}.',
          'Se foi você, clique no número que aparece onde fez o pedido. Funciona uma única vez, durante {{ lifetime | duration }}; um número errado encerra a tentativa.',
        ],
        closing: ['Se não foi você, não clique em nenhum dos números: sem isso, este endereço não será usado.'],
      },
    },
  },
}
