import { boundCode, type Language } from './texts.ts'

const tellNobody =
  'お心当たりがない場合は、何もする必要はありません。このコードがなければ誰もログインできません。コードは決して他の人に教えないでください。当サービスの担当者がお尋ねすることはありません。'
const clickNone = 'お心当たりがない場合は、どの番号もクリックしないでください。クリックしない限り、誰もログインできません。'
const doNothing =
  'お心当たりがない場合は、何もする必要はありません。このリンクがなければ誰もログインできません。リンクは決して他の人に渡さないでください。'

export const japanese: Language = {
  direction: 'ltr',
  copyHint: 'ボタンが機能しない場合は、次のアドレスをブラウザーにコピーしてください：',
  kinds: {
    'email.verify': {
      email: {
        subject: '{{ project.name }} のメールアドレスの確認',
        paragraphs: [
          'このメールアドレスで {{ project.name }} への登録がありました。ご本人の場合は、ご自身のアドレスであることを確認してください。',
        ],
        action: 'メールアドレスを確認する',
        closing: [
          'お心当たりがない場合は、何もする必要はありません。確認されない限り、このアドレスがアカウントの復旧に使われることはありません。',
        ],
      },
    },
    'email.changed': {
      email: {
        subject: '{{ project.name }} のアカウントのメールアドレスが変更されました',
        paragraphs: [
          'このメールアドレスは、{{ project.name }} のアカウントのアドレス{% if isNew %}になりました{% else %}ではなくなりました{% endif %}。{% if by == "administrator" %}変更したのはサービスの運営者です。{% endif %}',
          'ご存じの変更であれば、何もする必要はありません。',
        ],
        closing: ['お心当たりがない場合は、サービスの運営者にご連絡ください。'],
      },
    },
    'password.reset': {
      email: {
        subject: '{{ project.name }} のパスワードの再設定',
        paragraphs: [
          '{{ project.name }} のアカウントについて、パスワードの再設定が求められました。',
          '{% if code == "" %}ご本人の場合は、新しいパスワードを設定してください。リンクは一度だけ使えます。有効期間は {{ lifetime | duration }}です。{% else %}ご本人の場合は、ページを開いて次のコードを入力してください。リンクとコードは一度だけ使えます。有効期間は {{ lifetime | duration }}です。{% endif %}',
        ],
        action: '新しいパスワードを設定する',
        closing: ['お心当たりがない場合は、何もする必要はありません。パスワードは変わりません。'],
      },
    },
    'password.resetEnchanted': {
      email: {
        subject: '{{ project.name }} のパスワードの再設定',
        paragraphs: [
          '{{ project.name }} のアカウントについて、パスワードの再設定が求められました。',
          'ご本人の場合は、再設定を求めた画面に表示されている番号をクリックしてください。番号は一度だけ使えます。有効期間は {{ lifetime | duration }}です。誤った番号をクリックすると、手続きは中止されます。',
        ],
        closing: ['お心当たりがない場合は、どの番号もクリックしないでください。パスワードは変わりません。'],
      },
    },
    'password.resetCode': {
      email: {
        subject: '{{ project.name }} のパスワード再設定コード',
        paragraphs: [
          '{{ project.name }} のアカウントについて、パスワードの再設定が求められました。',
          'ご本人の場合は、再設定を求めた画面に次のコードを入力してください。コードは一度だけ使えます。有効期間は {{ lifetime | duration }}です。',
        ],
        closing: [
          'お心当たりがない場合は、何もする必要はありません。パスワードは変わりません。コードは決して他の人に教えないでください。当サービスの担当者がお尋ねすることはありません。',
        ],
      },
    },
    'account.exists': {
      email: {
        subject: '{{ project.name }} への登録の試みがありました',
        paragraphs: [
          'このメールアドレスで {{ project.name }} に登録しようとした方がいますが、すでにアカウントがあります。',
          'ご本人の場合は、登録ではなくサインインしてください。パスワードをお忘れの場合は、再設定してください。',
        ],
        closing: [
          'お心当たりがない場合は、何もする必要はありません。アカウントには誰も入っておらず、アカウントがあることも知られていません。',
        ],
      },
      text: '{{ project.name }}にはすでにアカウントがあります。サインインしてください。お心当たりがなければ無視してください。',
      voice: 'こんにちは。{{ project.name }}にはすでにアカウントがあります。登録ではなくサインインしてください。失礼いたします。',
    },
    'password.changed': {
      email: {
        subject: '{{ project.name }} のパスワードが変更されました',
        paragraphs: [
          '{{ project.name }} のアカウントのパスワードが変更されました。ほかのセッションはすべてログアウトされました。',
          'ご本人による変更であれば、何もする必要はありません。',
        ],
        closing: ['お心当たりがない場合は、すぐにパスワードを再設定し、サービスの運営者にご連絡ください。'],
      },
    },
    'session.reused': {
      email: {
        subject: '{{ project.name }} のセッションを終了しました',
        paragraphs: [
          '{{ project.name }} のセッションに対して、古い鍵が使われました。セッションが複製されたおそれがあるため、すべての場所でログアウトしました。',
          'もう一度ログインしてください。',
        ],
        closing: ['お使いの端末に特に変わった点がなかった場合は、念のためパスワードを変更してください。'],
      },
    },
    'user.invite': {
      email: {
        subject: '{{ project.name }} への招待',
        paragraphs: [
          'このメールアドレス宛てに {{ project.name }} のアカウントが作成されました。',
          'リンクは一度だけ使えます。有効期間は {{ lifetime | duration }}です。',
        ],
        action: '招待を受ける',
        closing: ['お心当たりがない場合は、何もする必要はありません。このリンクがなければ誰もアカウントに入れません。'],
      },
    },
    'magicLink.signIn': {
      email: {
        subject: '{{ project.name }} へのログイン',
        paragraphs: [
          'このメールアドレスで {{ project.name }} へのログインが求められました。',
          'ご本人の場合は、次のリンクからお進みください。リンクは一度だけ使えます。有効期間は {{ lifetime | duration }}です。',
        ],
        action: 'ログインする',
        closing: [doNothing],
      },
      text: '{{ project.name }} のログイン用リンクです。一度だけ、{{ lifetime | duration }}有効です。心当たりがなければ無視してください。\n{{ link }}',
    },
    'magicLink.signUp': {
      email: {
        subject: '{{ project.name }} への登録の確認',
        paragraphs: [
          'このメールアドレスで {{ project.name }} への登録手続きが行われています。',
          'ご本人の場合は、次のリンクからお進みください。リンクは一度だけ使えます。有効期間は {{ lifetime | duration }}です。',
        ],
        action: '確認してログインする',
        closing: [doNothing],
      },
      text: '{{ project.name }} の登録用リンクです。一度だけ、{{ lifetime | duration }}有効です。心当たりがなければ無視してください。\n{{ link }}',
    },
    'magicLink.update': {
      email: {
        subject: '{{ project.name }} の新しいメールアドレスの確認',
        paragraphs: [
          '{{ project.name }} のアカウントにこのメールアドレスを使うことが求められました。',
          'ご本人の場合は、アドレスを確認してください。リンクは一度だけ使えます。有効期間は {{ lifetime | duration }}です。',
        ],
        action: 'メールアドレスを確認する',
        closing: [
          'お心当たりがない場合は、何もする必要はありません。確認されない限り、このアドレスは使われません。リンクは決して他の人に渡さないでください。',
        ],
      },
      text: '{{ project.name }} の電話番号確認用リンクです。一度だけ、{{ lifetime | duration }}有効です。心当たりがなければ無視してください。\n{{ link }}',
    },
    'otp.signIn': {
      email: {
        subject: '{{ project.name }} のログインコード',
        paragraphs: [
          '{{ project.name }} のログイン画面に次のコードを入力してください。コードは一度だけ使えます。有効期間は {{ lifetime | duration }}です。',
        ],
        closing: [tellNobody],
      },
      text: `{{ code }} は {{ project.name }} のログインコードです。有効期間は {{ lifetime | duration }}です。他の人に教えないでください。${boundCode}`,
      voice:
        'こんにちは。{{ project.name }} のログインコードは、{{ code | spoken }}、です。もう一度お伝えします。{{ code | spoken }}、です。他の人には決して教えないでください。失礼いたします。',
    },
    'otp.signUp': {
      email: {
        subject: '{{ project.name }} の登録コード',
        paragraphs: [
          '{{ project.name }} の登録画面に次のコードを入力してください。コードは一度だけ使えます。有効期間は {{ lifetime | duration }}です。',
        ],
        closing: [tellNobody],
      },
      text: `{{ code }} は {{ project.name }} の登録コードです。有効期間は {{ lifetime | duration }}です。他の人に教えないでください。${boundCode}`,
      voice:
        'こんにちは。{{ project.name }} の登録コードは、{{ code | spoken }}、です。もう一度お伝えします。{{ code | spoken }}、です。他の人には決して教えないでください。失礼いたします。',
    },
    'otp.update': {
      email: {
        subject: '{{ project.name }} の新しいメールアドレスの確認コード',
        paragraphs: [
          '{{ project.name }} のアカウントにこのメールアドレスを使うことが求められました。',
          'ご本人の場合は、手続きの画面に次のコードを入力してください。コードは一度だけ使えます。有効期間は {{ lifetime | duration }}です。',
        ],
        closing: [
          'お心当たりがない場合は、何もする必要はありません。コードが入力されない限り、このアドレスは使われません。コードは決して他の人に教えないでください。当サービスの担当者がお尋ねすることはありません。',
        ],
      },
      text: `{{ code }} は {{ project.name }} の電話番号確認コードです。有効期間は {{ lifetime | duration }}です。他の人に教えないでください。${boundCode}`,
      voice:
        'こんにちは。{{ project.name }} の電話番号確認コードは、{{ code | spoken }}、です。もう一度お伝えします。{{ code | spoken }}、です。他の人には決して教えないでください。失礼いたします。',
    },
    'enchantedLink.signIn': {
      email: {
        subject: '{{ project.name }} へのログイン',
        paragraphs: [
          'このメールアドレスで {{ project.name }} へのログインが求められました。',
          'ご本人の場合は、ログイン画面に表示されている番号をクリックしてください。番号は一度だけ使えます。有効期間は {{ lifetime | duration }}です。誤った番号をクリックすると、手続きは中止されます。',
        ],
        closing: [clickNone],
      },
    },
    'enchantedLink.signUp': {
      email: {
        subject: '{{ project.name }} への登録の確認',
        paragraphs: [
          'このメールアドレスで {{ project.name }} への登録手続きが行われています。',
          'ご本人の場合は、登録画面に表示されている番号をクリックしてください。番号は一度だけ使えます。有効期間は {{ lifetime | duration }}です。誤った番号をクリックすると、手続きは中止されます。',
        ],
        closing: [clickNone],
      },
    },
    'enchantedLink.update': {
      email: {
        subject: '{{ project.name }} の新しいメールアドレスの確認',
        paragraphs: [
          '{{ project.name }} のアカウントにこのメールアドレスを使うことが求められました。',
          'ご本人の場合は、手続きの画面に表示されている番号をクリックしてください。番号は一度だけ使えます。有効期間は {{ lifetime | duration }}です。誤った番号をクリックすると、手続きは中止されます。',
        ],
        closing: ['お心当たりがない場合は、どの番号もクリックしないでください。クリックしない限り、このアドレスは使われません。'],
      },
    },
  },
}
