import assert from 'node:assert/strict'
import { createKit, type Json, type Kit, onEveryDatabase } from '../../../test/kit.ts'
import { testTimers } from '../../../test/timers.ts'
import type { NewMessage } from '../../core/messages.ts'

async function newestPath(kit: Kit): Promise<string> {
  await kit.signUp('ada@example.com', undefined, { isVerified: false })
  const [mail] = await kit.mails()
  return `/outbox/${mail?.id ?? ''}`
}

onEveryDatabase('outbox: a mail is a page that may load nothing, run nothing and be framed by nobody else', async (kit) => {
  const { status, text, headers } = await kit.call(await newestPath(kit))
  assert.equal(status, 200)
  assert.match(text, /Confirm e-mail address/)
  const policy = (headers.get('content-security-policy') ?? '').split('; ')
  for (const part of ["default-src 'none'", "form-action 'none'", "frame-ancestors 'self'"]) assert.ok(policy.includes(part), part)
  assert.equal(
    policy.find((part) => part.startsWith('sandbox')),
    'sandbox allow-popups allow-popups-to-escape-sandbox',
  )
  assert.ok(!policy.some((part) => part.startsWith('script-src')))
})

onEveryDatabase('outbox: a mail that is not there is 404, on a page', async (kit) => {
  const { status, headers } = await kit.call('/outbox/nothing')
  assert.deepEqual([status, headers.get('content-type')], [404, 'text/html; charset=utf-8'])
})

const strangers = [
  ['another machine', { ip: '198.51.100.7' }],
  ['a proxy on this machine', { headers: { 'x-forwarded-for': '198.51.100.7' } }],
  ['a page of another site', { headers: { 'sec-fetch-site': 'cross-site' } }],
] as const

for (const [name, call] of strangers) {
  onEveryDatabase(`outbox: ${name} sees no mail, neither in the list nor alone`, async (kit) => {
    const path = await newestPath(kit)
    for (const one of ['/outbox', '/v1/test/outbox', path]) {
      const { status, text } = await kit.call(one, call)
      assert.ok(status === 401 || status === 404, `${one}: ${status}`)
      assert.doesNotMatch(text, /ada@example|verify/)
    }
  })
}

onEveryDatabase('outbox: strangers cannot make it forget anything', async (kit) => {
  await newestPath(kit)
  for (const [name, call] of strangers) {
    assert.equal((await kit.call('/v1/test/outbox', { method: 'DELETE', ...call })).status, 404, name)
  }
  assert.equal((await kit.mails()).length, 1)
})

onEveryDatabase(
  'outbox: while the option is off nothing of it is there',
  async (kit) => {
    const path = await newestPath(kit)
    for (const one of ['/outbox', '/v1/test/outbox', '/v1/test/outbox?waitSeconds=30', path]) {
      const { status, text } = await kit.call(one)
      const unknown = await kit.call(one.replace('outbox', 'unknown'))
      assert.deepEqual([status, text], [unknown.status, unknown.text])
      assert.equal(status, 404)
    }
    assert.equal((await kit.call('/v1/test/outbox', { method: 'DELETE' })).status, 404)
    assert.equal((await kit.mails()).length, 1)
  },
  { outbox: false },
)

/** Queues a message of a kind that is there, on any channel, and tells nobody. */
async function queue(kit: Kit, message: Partial<NewMessage>): Promise<void> {
  const { storage, outbox, projects } = kit.auth.deps
  const project = await projects.byId(kit.projectId)
  assert.ok(project)
  const values = { link: 'https://app.example.com/go?t=Cabc.def', lifetime: 60 }
  const usual = { kind: 'password.reset', channel: 'email', to: 'ada@example.com', ttlSeconds: 60, values } as const
  await storage.transaction((tx) => outbox.queue(tx, { project, ...usual, ...message }))
}

const phone = '+15555550100'
const code = { kind: 'otp.signIn', channel: 'sms', to: phone, values: { code: '123456', lifetime: 60, domain: 'app.example.com' } } as const
const numberedUrl = 'https://app.example.com/go?t=Cnumbered&x=1'
const numbered = { kind: 'enchantedLink.signIn', values: { links: [{ number: '42', url: numberedUrl }], lifetime: 60 } } as const

onEveryDatabase('outbox: a test sees what was sent, with link, token, code and numbered links', async (kit) => {
  await queue(kit, {})
  await queue(kit, code)
  await queue(kit, numbered)
  const { body } = await kit.call('/v1/test/outbox')
  const [several, text, mail] = body.messages
  assert.deepEqual(Object.keys(mail).toSorted(compare), mailMembers)
  assert.deepEqual(
    [mail.to, mail.channel, mail.state, mail.link],
    ['ada@example.com', 'email', 'kept', 'https://app.example.com/go?t=Cabc.def'],
  )
  assert.deepEqual([mail.token, mail.code, mail.links, mail.projectId], ['Cabc.def', undefined, [], kit.projectId])
  assert.ok(mail.subject && mail.text && mail.html)
  assert.deepEqual([text.channel, text.to, text.code, text.token, text.html, text.subject], ['sms', phone, '123456', undefined, '', ''])
  assert.match(text.text, /123456/)
  assert.deepEqual(several.links, [{ number: '42', url: numberedUrl, token: 'Cnumbered' }])
})

const compare = (a: string, b: string) => a.localeCompare(b)
const mailMembers = [
  ...['id', 'projectId', 'kind', 'channel', 'state', 'createdAt', 'to', 'subject', 'text', 'html', 'link', 'token', 'links'],
].toSorted(compare)

onEveryDatabase('outbox: a test filters, counts and goes on from where it was', async (kit) => {
  const recipients = async (query: string, call = {}) => {
    const { status, body } = await kit.call(`/v1/test/outbox${query}`, call)
    assert.equal(status, 200)
    return { to: body.messages.map((message: Json) => message.to), next: body.next }
  }
  const { next } = await recipients('')
  await queue(kit, {})
  await queue(kit, { to: 'bob@example.com', kind: 'password.changed', values: {} })
  await queue(kit, code)
  for (const [query, expected] of [
    ['?channel=sms', [phone]],
    ['?to=ADA@example.com', ['ada@example.com']],
    [`?to=${encodeURIComponent(phone)}&channel=email`, []],
    ['?kind=password.changed', ['bob@example.com']],
    ['?limit=1', [phone]],
    [`?limit=1&after=${next}`, ['ada@example.com']],
    [`?limit=100&to=&kind=&channel=&after=${next}&waitSeconds=0`, [phone, 'bob@example.com', 'ada@example.com']],
  ] as const) {
    assert.deepEqual((await recipients(query)).to, expected, query)
  }
  assert.deepEqual((await recipients('', { projectId: 'Punknown' })).to, [])
  const all = await kit.auth.handler(new Request('http://127.0.0.1:8787/v1/test/outbox?limit=3'), { remoteAddress: '127.0.0.1' })
  assert.equal(JSON.parse(await all.text()).messages.length, 3, 'without a project all are shown')
})

for (const query of [
  'limit=0',
  'limit=101',
  'waitSeconds=31',
  'waitSeconds=-1',
  'after=yesterday',
  'channel=pigeon',
  `to=${'a'.repeat(255)}`,
]) {
  onEveryDatabase(`outbox: ${query.slice(0, 20)} is refused`, async (kit) => {
    assert.equal((await kit.call(`/v1/test/outbox?${query}`)).status, 400)
  })
}

onEveryDatabase('outbox: a test waits for what another process sends, and for what this one does', async (kit) => {
  const timers = testTimers()
  const here = await createKit(kit.auth.deps.storage, {}, { timers })
  const query = '/v1/test/outbox?to=ada@example.com&waitSeconds=30'
  const { body } = await here.call(query.replace('30', '0'))
  const waitHere = () => here.call(`${query}&after=${body.next}`)
  const own = waitHere()
  await timers.running(2)
  await here.signUp('ada@example.com', undefined, { isVerified: false })
  const [mail] = (await own).body.messages
  assert.deepEqual([mail.kind, mail.to], ['email.verify', 'ada@example.com'])
  const foreign = here.call(`${query}&kind=password.changed`, { projectId: kit.projectId })
  await timers.running(2)
  await queue(kit, { kind: 'password.changed', values: {} })
  timers.advance(1_000)
  assert.equal((await foreign).body.messages.length, 1)
  const nobody = here.call('/v1/test/outbox?to=eve@example.com&waitSeconds=5')
  await timers.running(2)
  timers.advance(5_000)
  const { status, body: empty } = await nobody
  assert.deepEqual([status, empty.messages], [200, []])
})

onEveryDatabase('outbox: a client that goes ends its wait; too many waits are refused', async (kit) => {
  const timers = testTimers()
  const here = await createKit(kit.auth.deps.storage, {}, { timers })
  const url = 'http://127.0.0.1:8787/v1/test/outbox?to=nobody@example.com&waitSeconds=30'
  const gone = new AbortController()
  const waits = Array.from({ length: 32 }, () =>
    here.auth.handler(new Request(url, { signal: gone.signal }), { remoteAddress: '127.0.0.1' }),
  )
  await timers.running(64)
  const refused = await here.call('/v1/test/outbox?to=nobody@example.com&waitSeconds=30')
  assert.deepEqual([refused.status, refused.body.errorCode, refused.headers.get('retry-after')], [429, 'E130429', '1'])
  gone.abort()
  await Promise.all(waits)
  assert.ok(here.log.lines.some(({ fields }) => fields.status === 499))
  assert.ok(!here.log.lines.some(({ level }) => level === 'error'))
  const last = here.call('/v1/test/outbox?to=nobody@example.com&waitSeconds=30')
  await timers.running(2)
  await here.auth.stopWaiting()
  assert.deepEqual((await last).body.messages, [])
})

onEveryDatabase('outbox: a project forgets what was kept for it', async (kit) => {
  await queue(kit, {})
  const other = await createKit(kit.auth.deps.storage)
  await queue(other, {})
  const { status, body } = await kit.call('/v1/test/outbox', { method: 'DELETE' })
  assert.deepEqual([status, body], [200, { forgotten: 1 }])
  assert.deepEqual([(await kit.mails()).length, (await other.mails()).length], [0, 1])
})

onEveryDatabase('outbox: what a template makes too long is cut off in the list, and whole as a mail', async (kit) => {
  const body = `{{ link }}${'<p>long</p>'.repeat(18_000)}`
  const template = {
    projectId: kit.projectId,
    id: 'MT2',
    kind: 'password.reset',
    channel: 'email',
    name: 'long',
    isActive: true,
    isPublic: false,
    options: [],
  }
  const versions = { en: { subject: 'Long', body, bodyPlainText: '', useBodyPlainText: false } }
  await kit.auth.deps.storage.messageTemplates.insert({ ...template, versions, createdAt: 0, modifiedAt: 0 })
  await queue(kit, {})
  const [mail] = (await kit.call('/v1/test/outbox')).body.messages
  assert.deepEqual([mail.html.length, mail.text.length <= 100_000], [100_000, true])
  const { text: page } = await kit.call('/outbox')
  assert.ok(page.length < 50_000)
  const { text: whole } = await kit.call(`/outbox/${mail.id}`)
  assert.ok(whole.length > 190_000)
})

onEveryDatabase('outbox: the page shows code, links and channel, filters, and looks again when told to', async (kit) => {
  await queue(kit, code)
  await queue(kit, numbered)
  const all = await kit.call('/outbox')
  assert.match(all.text, /<input id="code-[^"]+" value="123456" size="8" readonly>/)
  assert.match(all.text, /<a href="https:\/\/app\.example\.com\/go\?t=Cnumbered&amp;x=1"><strong>42<\/strong>/)
  assert.match(all.text, /<dd>Text message<\/dd>[\s\S]*kept here, not sent/)
  assert.equal(all.headers.get('refresh'), null)
  const texts = await kit.call('/outbox?channel=sms&to=&every=5')
  assert.match(texts.text, /value="sms" selected/)
  assert.doesNotMatch(texts.text, /ada@example\.com/)
  assert.equal(texts.headers.get('refresh'), '5')
  assert.match(texts.text, /href="\/outbox\?channel=sms">Stop looking/)
  const none = await kit.call('/outbox?to=eve%40example.com%22%3E')
  assert.match(none.text, /No message like that/)
  assert.match(none.text, /value="eve@example\.com&quot;&gt;"/)
  assert.equal((await kit.call('/outbox?every=0')).status, 400)
})
