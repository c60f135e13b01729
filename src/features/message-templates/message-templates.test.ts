import assert from 'node:assert/strict'
import { type Json, type Kit, onEveryDatabase } from '../../../test/kit.ts'

const link = '<a href="{{ link }}">Reset</a>'
const version = { subject: 'Reset at {{ project.name }}', body: `<p>Hello {{ user.name }}</p>${link}` }

function templateKit(kit: Kit) {
  const call = (verb: string, body: object = {}, token = kit.managementKey) =>
    kit.call(`/v1/mgmt/message/template/${verb}`, { token, body })
  const ok = async (verb: string, body: object = {}): Promise<Json> => {
    // Events of one moment have no order.
    kit.clock.advance(1)
    const answer = await call(verb, body)
    assert.equal(answer.status, 200, answer.text)
    return answer.body
  }
  return {
    call,
    ok,
    async refused(verb: string, body: object, code: string): Promise<Json> {
      const answer = await call(verb, body)
      assert.equal(answer.body.errorCode, code, answer.text)
      return answer.body
    },
    make: async (more: object = {}): Promise<Json> =>
      (await ok('create', { name: 'ours', kind: 'password.reset', channel: 'email', versions: { en: version }, ...more })).template,
    /** The mail that a reset sends now. */
    async reset(loginId: string, wishes: object = {}): Promise<Json> {
      kit.clock.advance(86_400)
      const answer = await kit.call('/v1/auth/password/reset', { body: { loginId, ...wishes } })
      assert.equal(answer.status, 200, answer.text)
      return (await kit.mails()).find(({ kind }) => kind === 'password.reset')
    },
    async events(): Promise<readonly string[]> {
      const { body } = await kit.manage('/v1/mgmt/audit/search', { body: {} })
      const types = body.audits.map(({ action }: Json) => action)
      return types.filter((type: string) => type.startsWith('messageTemplate.')).toReversed()
    },
  }
}

onEveryDatabase('a template is made, listed, loaded, changed, used, left unused and deleted, each with its event', async (kit) => {
  const { ok, make, refused, reset, events } = templateKit(kit)
  await kit.signUp('ada@example.com')
  const made = await make({ options: ['brand'] })
  const now = kit.clock.nowSeconds()
  const whole = { ...version, bodyPlainText: '', useBodyPlainText: false }
  assert.deepEqual(made, {
    ...{ id: made.id, name: 'ours', kind: 'password.reset', channel: 'email', active: false, public: false, options: ['brand'] },
    ...{ languages: ['en'], createdTime: now, modifiedTime: now, versions: { en: whole } },
  })
  assert.match(made.id, /^MT[0-9A-Za-z]{27}$/)
  assert.deepEqual((await ok('load', { id: made.id })).template, made)
  const { versions: _, ...facts } = made
  assert.deepEqual((await ok('list')).templates, [facts])
  assert.deepEqual((await ok('list', { kind: 'email.verify' })).templates, [])
  assert.deepEqual((await ok('list', { channel: 'email', limit: 1, page: 1 })).templates, [])
  assert.match((await reset('ada@example.com')).subject, /^Reset your password/)

  assert.deepEqual(await ok('activate', { id: made.id }), {})
  assert.equal((await reset('ada@example.com')).subject, 'Reset at Acme')
  kit.clock.advance(5)
  const changed = await ok('update', { id: made.id, name: 'new', versions: { en: { ...version, subject: 'New' } } })
  assert.deepEqual([changed.template.name, changed.template.active, changed.template.options], ['new', true, ['brand']])
  assert.equal(changed.template.modifiedTime, kit.clock.nowSeconds())
  assert.equal((await reset('ada@example.com')).subject, 'New')

  const other = await make({ name: 'other', active: true })
  assert.deepEqual(
    (await ok('list')).templates.map(({ name, active }: Json) => [name, active]),
    [
      ['new', false],
      ['other', true],
    ],
  )
  await refused('update', { id: other.id, name: 'new' }, 'E112003')
  await refused('create', { name: 'new', kind: 'password.reset', channel: 'email', versions: { en: version } }, 'E112003')
  await ok('deactivate', { id: other.id })
  assert.match((await reset('ada@example.com')).subject, /^Reset your password/)
  await ok('delete', { id: made.id })
  for (const verb of ['load', 'update', 'activate', 'deactivate', 'delete']) await refused(verb, { id: made.id }, 'E112001')
  const verbs = ['create', 'activate', 'update', 'create', 'deactivate', 'delete']
  assert.deepEqual(
    await events(),
    verbs.map((verb) => `messageTemplate.${verb}`),
  )
})

onEveryDatabase('every problem of a template is told at once, with language, field, line and column', async (kit) => {
  const { refused, make, call, ok } = templateKit(kit)
  const versions = { en: { subject: '{{ nope }}', body: `<p>\n{{ x | raw }}` }, de: { subject: 'Neu', body: '{% include "x" %}' } }
  const facts = { name: 'x', kind: 'password.reset', channel: 'email' }
  const told = await refused('create', { ...facts, versions }, 'E112002')
  assert.deepEqual(told.problems, [
    { language: 'en', field: 'subject', line: 1, column: 4, problem: 'there is no variable nope' },
    { language: 'en', field: 'body', line: 2, column: 1, problem: 'there is no filter raw' },
    { language: 'de', field: 'body', line: 1, column: 1, problem: 'there is no tag include' },
  ])
  assert.match(told.errorMessage, /^en, subject, line 1, column 4: there is no variable nope; en, body, line 2, column 1: /)
  await refused('create', { ...facts, kind: 'no.kind', versions: { en: version } }, 'E112002')
  await refused('create', { ...facts, channel: 'sms', versions: { en: { body: '{{ link }}' } } }, 'E112002')
  await refused('create', { ...facts, versions: { English: version } }, 'E112002')
  await refused('create', { ...facts, name: ' ', versions: { en: version } }, 'E011003')
  const { id } = await make()
  await refused('update', { id, versions: { en: { ...version, body: 'no link' } } }, 'E112002')
  // What a template is stored with goes with what changes.
  await ok('update', { id, options: ['brand'], versions: { en: { ...version, subject: '{{ options.brand }}!' } } })
  await refused('update', { id, options: [] }, 'E112002')
  const huge = await call('create', { ...facts, versions: { en: { ...version, body: 'x'.repeat(300_000) } } })
  assert.equal(huge.body.errorCode, 'E011003')
})

onEveryDatabase('the language is that of the call, of the user, of the project, or English', async (kit) => {
  const { make, reset } = templateKit(kit)
  const versions = Object.fromEntries(['en', 'de', 'pt-BR', 'he'].map((tag) => [tag, { ...version, subject: `${tag} {{ locale }}` }]))
  await make({ active: true, versions })
  await kit.signUp('ada@example.com')
  const subject = async (wishes: object = {}) => (await reset('ada@example.com', wishes)).subject
  assert.equal(await subject(), 'en en')
  await kit.set({ messages: { defaultLocale: 'de' } })
  assert.equal(await subject(), 'de de')
  assert.equal(await subject({ locale: 'pt' }), 'pt-BR pt-BR')
  assert.equal(await subject({ locale: 'de-CH' }), 'de de')
  assert.equal(await subject({ locale: 'xx' }), 'de de')
  await kit.set({ messages: { localeAttribute: 'locale' } })
  await kit.manage('/v1/mgmt/user/patch', { method: 'PATCH', body: { loginId: 'ada@example.com', customAttributes: { locale: 'he' } } })
  assert.equal(await subject(), 'he he')
  assert.equal(await subject({ locale: 'en' }), 'en en')
})

onEveryDatabase('the catalogue names kinds, variables and samples; a built-in text is a template to begin with', async (kit) => {
  const { ok, make, refused } = templateKit(kit)
  const { kinds, commonVariables } = await ok('kinds')
  const reset = kinds.find(({ kind }: Json) => kind === 'password.reset')
  assert.equal(reset.channels[0].channel, 'email')
  assert.ok(reset.channels[0].languages.includes('en'))
  const essential = reset.variables.find(({ name }: Json) => name === 'link')
  assert.deepEqual([essential.type, essential.essential], ['link', true])
  assert.ok(commonVariables.some(({ name }: Json) => name === 'user.name'))

  const { language, version: builtIn } = await ok('builtin', { kind: 'password.reset', channel: 'email', language: 'en-GB' })
  assert.equal(language, 'en')
  assert.match(builtIn.body, /href="{{ link }}"/)
  const { id } = await make({ versions: { en: builtIn } })
  const ours = await ok('preview', { id })
  const theirs = await ok('preview', { kind: 'password.reset', channel: 'email' })
  assert.equal(ours.subject, theirs.subject)
  assert.equal(ours.html.replace(/\s+/g, ''), theirs.html.replace(/\s+/g, ''))
  assert.equal(ours.text, theirs.text)
  await refused('builtin', { kind: 'no.kind', channel: 'email' }, 'E011004')
})

onEveryDatabase('a preview shows samples or given values, in any language, and what is wrong', async (kit) => {
  const { ok, make, refused, events } = templateKit(kit)
  const versions = { en: { ...version, body: `${version.body} {{ options.brand }}` }, de: { ...version, subject: 'Neu' } }
  const { id } = await make({ versions, options: ['brand'] })
  const shown = await ok('preview', { id })
  assert.deepEqual([shown.language, shown.subject, shown.problems], ['en', 'Reset at Acme', []])
  assert.match(shown.html, /Hello Ada Lovelace.*<a href="https:\/\/app\.example\.com\/page.*brand$/)
  assert.match(shown.text, /^Hello Ada Lovelace\nReset https:\/\/app\.example\.com/)
  assert.equal((await ok('preview', { id, language: 'de' })).subject, 'Neu')
  const changes = { user: { name: 'Bob' }, templateOptions: { brand: 'B & C', other: 'x' }, values: { link: 'https://other.example/?t=1' } }
  assert.match((await ok('preview', { id, ...changes })).html, /Hello Bob.*href="https:\/\/other\.example\/\?t=1".*B &amp; C$/)
  await refused('preview', { id, values: { link: 'javascript:1' } }, 'E011004')
  const draft = { kind: 'password.reset', channel: 'email', versions: { en: { ...version, subject: '{{ nope }}' } } }
  const broken = await ok('preview', draft)
  assert.deepEqual([broken.html, broken.problems.length, broken.problems[0].problem], ['', 1, 'there is no variable nope'])
  assert.equal((await ok('preview', { id, versions: { en: { ...version, subject: 'Draft' } } })).subject, 'Draft')
  assert.equal((await ok('load', { id })).template.versions.en.subject, version.subject)
  await refused('preview', {}, 'E011004')
  await refused('preview', { kind: 'no.kind', channel: 'email' }, 'E011004')
  await refused('preview', { id: 'MTnone' }, 'E112001')
  assert.deepEqual(await events(), ['messageTemplate.create'])
  assert.deepEqual(await kit.mails(), [])
})

onEveryDatabase('a test message says that it is one, holds samples, and is limited by recipient', async (kit) => {
  const { ok, make, refused, events } = templateKit(kit)
  const { id } = await make({ options: ['brand'], versions: { en: { ...version, subject: 'Hi {{ options.brand }}' } } })
  const to = 'admin@example.com'
  await ok('test', { id, to, templateOptions: { brand: 'Acme' } })
  const [mail] = await kit.mails()
  assert.deepEqual([mail?.to, mail?.subject, mail?.kind], [to, '[Test] Hi Acme', 'password.reset'])
  assert.match(mail?.html ?? '', /Hello Ada Lovelace.*https:\/\/app\.example\.com/)
  await ok('test', { kind: 'password.reset', channel: 'email', language: 'en', to })
  assert.match((await kit.mails())[0]?.subject ?? '', /^\[Test\] Reset your password/)
  await refused('test', { id, to: 'admin@example.com, other@example.com' }, 'E011004')
  await refused('test', { kind: 'no.kind', channel: 'email', to }, 'E011004')
  await refused('test', { id: 'MTnone', to }, 'E112001')
  await ok('test', { id, to: 'Admin@example.com' })
  await refused('test', { id, to }, 'E130429')
  assert.equal((await events()).filter((type) => type === 'messageTemplate.sendTest').length, 3)
})

onEveryDatabase('invitations are written by the template that the call names, and one that is not there is an error', async (kit) => {
  const { make } = templateKit(kit)
  const invite = {
    kind: 'user.invite',
    versions: { en: { subject: 'Join {{ options.team }}', body: link }, de: { subject: 'Komm', body: link } },
  }
  const { id } = await make({ ...invite, options: ['team'] })
  const wishes = { invite: true, sendMail: true, templateId: id, templateOptions: { team: 'Ada’s', undeclared: 'x' } }
  const create = (more: object) => kit.manage('/v1/mgmt/user/create', { body: { ...wishes, ...more } })
  assert.equal((await create({ loginId: 'one@example.com' })).status, 200)
  assert.equal((await create({ loginId: 'two@example.com', locale: 'de' })).status, 200)
  const batch = { users: [{ loginId: 'three@example.com' }, { loginId: 'four@example.com' }] }
  assert.equal((await kit.manage('/v1/mgmt/user/create/batch', { body: { ...batch, ...wishes } })).status, 200)
  const subjects = (await kit.mails()).map(({ to, subject }) => [to, subject])
  assert.deepEqual(subjects.toReversed(), [
    ['one@example.com', 'Join Ada’s'],
    ['two@example.com', 'Komm'],
    ['three@example.com', 'Join Ada’s'],
    ['four@example.com', 'Join Ada’s'],
  ])
  const { id: resetId } = await make({ name: 'of another kind' })
  for (const templateId of ['MTnone', resetId]) {
    assert.equal((await create({ loginId: 'five@example.com', templateId })).body.errorCode, 'E112001')
    const answer = await kit.manage('/v1/mgmt/user/create/batch', {
      body: { users: [{ loginId: 'five@example.com' }], ...wishes, templateId },
    })
    assert.equal(answer.body.errorCode, 'E112001')
  }
  assert.equal(await kit.auth.deps.storage.users.byLoginId(kit.projectId, 'five@example.com'), undefined)
})
