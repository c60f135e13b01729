import assert from 'node:assert/strict'
import { type Json, type Kit, onEveryDatabase } from '../kit.ts'

/** What users and administrators can do to messages (IN-06). */

const link = '<a href="{{ link }}">Reset</a>'
const zwnj = '\u200c'

async function make(kit: Kit, more: object = {}): Promise<Json> {
  const texts = { kind: 'password.reset', channel: 'email', versions: { en: { subject: 'Theirs', body: link } } }
  const answer = await kit.manage('/v1/mgmt/message/template/create', { body: { name: 'ours', ...texts, ...more } })
  assert.equal(answer.status, 200, answer.text)
  return answer.body.template
}

async function reset(kit: Kit, loginId: string, wishes: object = {}): Promise<Json> {
  kit.clock.advance(86_400)
  const answer = await kit.call('/v1/auth/password/reset', { body: { loginId, ...wishes } })
  assert.equal(answer.status, 200, answer.text)
  return (await kit.mails()).find(({ kind, to }) => kind === 'password.reset' && to === loginId)
}

const hostile = [
  '{{7*7}}',
  `\${process.env}`,
  '{% raw %}{{ link }}',
  '<img src=x onerror=alert(1)>',
  'http://evil',
  'https://evil.example/x',
  'evil.example',
  'a@evil.example',
  '"><script>',
]

/** What becomes a link in any part of a mail, and markup in HTML. */
const links = /http:\/\/evil|https:\/\/evil|evil\.example|@evil/
const markup = /<img|<script|\b49\b/

onEveryDatabase('IN-06: names and template options are shown as they are, and become neither markup, template nor link', async (kit) => {
  const body = `<p title="{{ options.text }}">{{ user.name }} | {{ options.text }}</p>${link}`
  const versions = {
    en: {
      subject: 'To {{ user.name }} {{ options.text }}',
      body,
      bodyPlainText: '{{ user.name }} | {{ options.text }}\n{{ link }}',
      useBodyPlainText: true,
    },
  }
  await make(kit, { active: true, options: ['text'], versions })
  for (const [index, text] of hostile.entries()) {
    const loginId = `user${index}@example.com`
    await kit.signUp(loginId)
    const user = await kit.manage('/v1/mgmt/user/patch', { method: 'PATCH', body: { loginId, displayName: text } })
    assert.equal(user.status, 200, user.text)
    const mail = await reset(kit, loginId, { templateOptions: { text, undeclared: text } })
    const shown = (part: string) => part.replaceAll(zwnj, '').split(text).length - 1
    assert.equal(shown(mail.subject), 2, text)
    assert.equal(shown(mail.text), 2, text)
    const escaped = text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;')
    assert.equal(mail.html.replaceAll(zwnj, '').split(escaped).length - 1, 3, text)
    const own = mail.link.replaceAll('&', '&amp;')
    assert.doesNotMatch(`${mail.subject}${mail.text}${mail.html}`.replaceAll(own, ''), links, text)
    assert.doesNotMatch(mail.html, markup, text)
    assert.equal((mail.html.match(/<[a-z]/g) ?? []).length, 2, 'elements are those of the template')
  }
})

onEveryDatabase('IN-06, IN-04: template options that are not declared, or no texts, do not reach a template', async (kit) => {
  await make(kit, { active: true, options: ['brand'], versions: { en: { subject: 'x{{ options.brand }}', body: link } } })
  await kit.signUp('ada@example.com')
  assert.equal(
    (await reset(kit, 'ada@example.com', { templateOptions: { brand: 'B', link: 'https://evil.example', user: 'x' } })).subject,
    'xB',
  )
  assert.equal((await reset(kit, 'ada@example.com', { templateOptions: { other: 'B' } })).subject, 'x')
  for (const templateOptions of ['{"constructor":"x"}', '{"__proto__":{"brand":"x"}}', '{"brand":{"toString":"x"}}', '{"brand":["x"]}']) {
    const answer = await kit.call('/v1/auth/password/reset', { body: `{"loginId":"ada@example.com","templateOptions":${templateOptions}}` })
    assert.equal(answer.status, 400, templateOptions)
  }
  assert.equal((await reset(kit, 'ada@example.com', { templateOptions: { brand: `a\u202e\u2066b` } })).subject, 'xa b')
})

onEveryDatabase('IN-06: without a management key only public templates can be chosen, and nobody learns of the others', async (kit) => {
  const hidden = await make(kit, { name: 'hidden' })
  const shown = await make(kit, { name: 'shown', public: true, versions: { en: { subject: 'Public', body: link } } })
  const elsewhere = await make(kit, { name: 'of another kind', kind: 'email.verify', public: true })
  await kit.signUp('ada@example.com')
  const subject = async (templateId: string) => (await reset(kit, 'ada@example.com', { templateId })).subject
  for (const { id } of [hidden, elsewhere, { id: 'MTnone' }, { id: '' }, { id: "' or 1=1" }])
    assert.match(await subject(id), /^Reset your password/, id)
  assert.equal(await subject(shown.id), 'Public')
  const answers: string[] = []
  for (const templateId of [hidden.id, shown.id, 'MTnone']) {
    for (const loginId of ['ada@example.com', 'nobody@example.com']) {
      kit.clock.advance(86_400)
      const answer = await kit.call('/v1/auth/password/reset', { body: { loginId, templateId } })
      answers.push(JSON.stringify([answer.status, Object.keys(answer.body)]))
    }
  }
  assert.equal(new Set(answers).size, 1)
  // A sign-up mail too, and a template that is made public later works from then on.
  const verify = await make(kit, { name: 'verify', kind: 'email.verify' })
  const signUp = async (loginId: string) => {
    const body = { loginId, password: 'correct horse battery 1', loginOptions: { templateId: verify.id } }
    assert.equal((await kit.call('/v1/auth/password/signup', { body })).status, 200)
    return (await kit.mails()).find(({ to }) => to === loginId)?.subject
  }
  assert.match((await signUp('one@example.com')) ?? '', /^Confirm/)
  await kit.manage('/v1/mgmt/message/template/update', { body: { id: verify.id, public: true } })
  assert.equal(await signUp('two@example.com'), 'Theirs')
})

onEveryDatabase('JW-08: templates of another project are neither seen, changed nor chosen', async (kit) => {
  const { id } = await make(kit, { public: true, active: true })
  const other = await kit.auth.api.createProject({ name: 'Other' })
  const there = { projectId: other.projectId, token: other.managementKey }
  for (const verb of ['load', 'update', 'activate', 'deactivate', 'delete', 'preview']) {
    const answer = await kit.call(`/v1/mgmt/message/template/${verb}`, { ...there, body: { id } })
    assert.equal(answer.body.errorCode, 'E112001', verb)
  }
  const listed = await kit.call('/v1/mgmt/message/template/list', { ...there, body: {} })
  assert.deepEqual(listed.body, { templates: [] })
  const invited = await kit.call('/v1/mgmt/user/create', { ...there, body: { loginId: 'a@example.com', invite: true, templateId: id } })
  assert.equal(invited.body.errorCode, 'E112001')
})

onEveryDatabase('IN-06: an administrator cannot reach out of a template, nor spend time or memory with one', async (kit) => {
  const bombs = [
    '{{ constructor }}',
    '{{ user.constructor.constructor }}',
    '{{ user["__proto__"] }}',
    '{{ options.a | raw }}',
    '{{ "x" | where_exp: "y", "z" }}',
    '{% include "/etc/passwd" %}',
    '{% render "x" %}',
    '{% layout "x" %}{% block a %}{% endblock %}',
    '{% echo user.name %}',
    '{% liquid echo user.name %}',
    '{% for i in (1..100000000) %}x{% endfor %}',
    '{% for i in (1..1500) %}{% for j in (1..1500) %}{% for k in (1..1500) %}{% assign x = 1 %}{% endfor %}{% endfor %}{% endfor %}',
    '{% assign s = "0123456789012345" %}{% for i in (1..64) %}{% assign s = s | append: s %}{% endfor %}{{ s }}',
    `{% for i in (1..2000) %}${'x'.repeat(100_000)}{% endfor %}`,
    '{{ "now" | date: "%1000000000Y" }}',
    '{{'.repeat(50_000),
    '{% if user.name %}'.repeat(5_000),
    `{{ user${'.name'.repeat(20_000)} }}`,
    `{% if user.name ${'and user.name '.repeat(10_000)}%}x{% endif %}`,
    '<!--'.repeat(40_000),
    '<a href="'.repeat(20_000),
    '\u0000',
    '\ud800',
  ]
  for (const bomb of bombs) {
    for (const [verb, body] of [
      [
        'create',
        { name: 'x', kind: 'password.reset', channel: 'email', options: ['a'], versions: { en: { subject: 'x', body: `${link}${bomb}` } } },
      ],
      ['preview', { kind: 'password.reset', channel: 'email', options: ['a'], versions: { en: { subject: 'x', body: `${link}${bomb}` } } }],
    ] as const) {
      const started = performance.now()
      const answer = await kit.manage(`/v1/mgmt/message/template/${verb}`, { body })
      assert.ok(performance.now() - started < 5_000, `${verb} ${bomb.slice(0, 60)}`)
      assert.ok(answer.status < 500, `${verb} ${bomb.slice(0, 60)}: ${answer.text.slice(0, 200)}`)
      assert.doesNotMatch(answer.text, /node_modules|at Object\.|root:/)
      if (!bomb.startsWith('<')) assert.ok(answer.status === 400 || answer.body.problems?.length > 0, `${verb} ${bomb.slice(0, 60)}`)
    }
  }
})

onEveryDatabase('IN-06: a stored template that fails does not hold up the message; the built-in text takes its place', async (kit) => {
  const { id } = await make(kit, { active: true })
  await kit.signUp('ada@example.com')
  const stored = await kit.auth.deps.storage.messageTemplates.byId(kit.projectId, id)
  assert.ok(stored)
  for (const body of ['{{ nope }}', '{% for i in (1..100000000) %}x{% endfor %}', '{{ link | raw }}', '{{']) {
    await kit.auth.deps.storage.messageTemplates.update({ ...stored, versions: { en: { subject: 'x', body } } })
    assert.match((await reset(kit, 'ada@example.com')).subject, /^Reset your password/, body)
  }
  assert.ok(kit.log.lines.some(({ event }) => event === 'message.templateFailed'))
})

onEveryDatabase('IN-05: no template, option or recipient of a test bends a mail', async (kit) => {
  const subject = 'One\r\nBcc: evil@evil.example\n\n{{ options.text }}'
  const { id } = await make(kit, { active: true, options: ['text'], versions: { en: { subject, body: link } } })
  const send = (to: string) => kit.manage('/v1/mgmt/message/template/test', { body: { id, to } })
  for (const to of [
    'a@example.com,b@example.com',
    'a@example.com\r\nBcc: b@example.com',
    'a@example.com b@example.com',
    '"a b"@example.com',
    'A <a@example.com>',
    'group: a@example.com;',
    'a@example.com\u0000',
    '+15555555555',
  ]) {
    assert.equal((await send(to)).status, 400, to)
  }
  assert.deepEqual(await kit.mails(), [])
  assert.equal((await send('a@example.com')).status, 200)
  await kit.signUp('ada@example.com')
  const answer = await kit.call('/v1/auth/password/reset', {
    body: { loginId: 'ada@example.com', templateOptions: { text: 'a\r\nBcc: x' } },
  })
  assert.equal(answer.status, 400, 'line breaks are in no option')
  const mail = await reset(kit, 'ada@example.com', { templateOptions: { text: 'two' } })
  assert.equal(mail.to, 'ada@example.com')
  for (const { subject: shown } of await kit.mails()) assert.doesNotMatch(shown, /\p{Cc}/u)
  assert.equal(mail.subject, 'One Bcc: evil@evil.example two')
})
