import assert from 'node:assert/strict'
import test from 'node:test'
import { MessageRefused, type RenderedMail } from '../core/ports.ts'
import { MessageUnanswered } from './refusal.ts'
import { createSmtpTransport, parseSmtpUrl, type SmtpOptions } from './smtp.ts'
import { hostileAddresses, plainAddresses } from './test-addresses.ts'
import { makeCertificate, type TestCertificate } from './test-certificate.ts'
import { type Peer, type PeerBehaviour, peerCertificate, startPeer, startScript } from './test-smtp-peer.ts'

const mail: RenderedMail = {
  ...{ id: 'M0abc', projectId: 'P1', kind: 'password.reset', locale: 'en' },
  from: 'Acme <no-reply@acme.example>',
  to: 'ada@example.com',
  subject: 'Grüße, Ada',
  text: 'Hällo\n.\n\nhttps://auth.example.com/reset?t=canary-token\n',
  html: '<p>Hällo</p>',
}
const login = { user: 'postern', password: 'canary-pass:w@rd' }
const withLogin = (port: number) => `smtp://${login.user}:${encodeURIComponent(login.password)}@localhost:${port}`

interface Setting {
  readonly behaviour?: PeerBehaviour
  readonly options?: Partial<SmtpOptions>
  readonly url?: (port: number) => string
}

/** Sends one mail to a peer; answers what became of it. Everything is closed afterwards. */
async function attempt({ behaviour, options, url }: Setting, sent = mail, use?: (peer: Peer) => void): Promise<unknown> {
  const peer = await startPeer(behaviour)
  const transport = createSmtpTransport({ url: url?.(peer.port) ?? `smtp://localhost:${peer.port}`, ...options })
  try {
    return await transport.send(sent).catch((error: unknown) => error)
  } finally {
    use?.(peer)
    transport.close()
    await peer.close()
  }
}

const encrypted = { requireTls: true, trustedCertificates: peerCertificate.cert }

test('a mail arrives: one recipient, a stable Message-ID, both texts, encrypted', async () => {
  const outcome = await attempt({ options: encrypted }, mail, (peer) => {
    const [received] = peer.mails
    assert.deepEqual(
      [received?.mailFrom, received?.recipients, received?.isEncrypted],
      ['no-reply@acme.example', ['ada@example.com'], true],
    )
    const { source } = received ?? { source: '' }
    const headers = source
      .slice(0, source.indexOf('\r\n\r\n'))
      .replace(/\r\n\s+/g, ' ')
      .split('\r\n')
    const names = headers.map((line) => line.slice(0, line.indexOf(':')))
    assert.deepEqual(names.toSorted(), ['Auto-Submitted', 'Content-Type', 'Date', 'From', 'MIME-Version', 'Message-ID', 'Subject', 'To'])
    assert.ok(headers.includes('Message-ID: <M0abc@acme.example>'))
    assert.ok(headers.includes('To: ada@example.com'))
    assert.match(source, /text\/plain[\s\S]*text\/html/)
    assert.ok(!peer.wire().includes('MAIL FROM'), 'nothing of it in the clear')
  })
  assert.equal(outcome, undefined)
})

for (const [name, setting] of [
  [
    'TLS from the start',
    {
      url: (port: number) => `smtps://localhost:${port}`,
      options: { trustedCertificates: peerCertificate.cert },
      behaviour: { isTlsFromStart: true },
    },
  ],
  ['a login', { url: withLogin, options: encrypted, behaviour: { login } }],
  ['loopback without TLS', { behaviour: { hasStartTls: false } }],
  ['loopback with a certificate that nobody signed', {}],
] as const satisfies readonly (readonly [string, Setting])[]) {
  test(`a mail is taken: ${name}`, async () => {
    assert.equal(await attempt(setting, mail, (peer) => assert.equal(peer.mails.length, 1)), undefined)
  })
}

for (const [name, setting] of [
  ['no STARTTLS', { options: encrypted, behaviour: { hasStartTls: false } }],
  [
    'no STARTTLS, and the URL asks for it',
    { url: (port: number) => `smtp://localhost:${port}?requireTls=true`, behaviour: { hasStartTls: false } },
  ],
  ['no STARTTLS, with a login', { url: withLogin, options: encrypted, behaviour: { login, hasStartTls: false } }],
  ['a certificate that nobody signed', { options: { requireTls: true } }],
  ['a certificate of another authority', { options: { requireTls: true, trustedCertificates: makeCertificate().cert } }],
  ['a certificate for another name', trusting(makeCertificate({ host: 'mail.evil.example' }))],
  ['a certificate that has run out', trusting(makeCertificate({ lastYear: 2022 }))],
  [
    'TLS from the start with a certificate that nobody signed',
    { url: (port: number) => `smtps://localhost:${port}`, behaviour: { isTlsFromStart: true } },
  ],
  [
    'TLS from the start where there is none',
    { url: (port: number) => `smtps://localhost:${port}`, options: { trustedCertificates: peerCertificate.cert } },
  ],
] as const satisfies readonly (readonly [string, Setting])[]) {
  test(`RL-12: nothing is sent and nothing told: ${name}`, async () => {
    const outcome = await attempt(setting, mail, (peer) => {
      assert.equal(peer.mails.length, 0)
      assert.doesNotMatch(peer.wire(), /MAIL FROM|RCPT TO|AUTH|ada@example|canary/)
    })
    assert.ok(outcome instanceof MessageRefused && !outcome.isPermanent && !(outcome instanceof MessageUnanswered), String(outcome))
  })
}

/** A peer that shows a certificate which would be trusted if it held. */
function trusting(certificate: TestCertificate): Setting {
  return { options: { requireTls: true, trustedCertificates: certificate.cert }, behaviour: { certificate } }
}

const quoting = 'no such user <ada@example.com> canary-token canary-pass:w@rd'
for (const [name, behaviour, isPermanent, message] of [
  ['5xx to the recipient', { onRecipient: () => `550 5.1.1 ${quoting}` }, true, 'The peer answered 550 5.1.1 to RCPT TO'],
  ['4xx to the recipient', { onRecipient: () => `451 4.7.1 ${quoting}` }, false, 'The peer answered 451 4.7.1 to RCPT TO'],
  ['5xx to the message', { onMessage: () => `554 5.6.0 ${quoting}` }, true, 'The peer answered 554 5.6.0 to DATA'],
  ['4xx to the message', { onMessage: () => `452 4.3.1 ${quoting}` }, false, 'The peer answered 452 4.3.1 to DATA'],
  ['5xx without an enhanced code', { onRecipient: () => `550 ${quoting}` }, true, 'The peer answered 550 to RCPT TO'],
  ['a bad sequence', { onRecipient: () => `503 ${quoting}` }, false, 'The peer answered 503 to RCPT TO'],
  ['a login is missing', { onRecipient: () => `530 5.7.0 ${quoting}` }, false, 'The peer answered 530 5.7.0 to RCPT TO'],
] as const satisfies readonly (readonly [string, PeerBehaviour, boolean, string])[]) {
  test(`RL-12, IN-07: ${name}`, async () => {
    const outcome = await attempt({ behaviour })
    assert.ok(outcome instanceof MessageRefused, String(outcome))
    assert.deepEqual([outcome.isPermanent, outcome.message, outcome.cause], [isPermanent, message, undefined])
  })
}

test('RL-12, IN-07: a wrong password may be mended, and is not told', async () => {
  const wrong = { ...login, password: 'another' }
  const outcome = await attempt({ url: withLogin, options: encrypted, behaviour: { login: wrong } })
  assert.ok(outcome instanceof MessageRefused && !outcome.isPermanent)
  assert.match(outcome.message, /^The peer answered 535 5\.7\.8 to AUTH (PLAIN|LOGIN)$/)
})

test('a login that the peer does not know is not left out silently', async () => {
  const outcome = await attempt({ url: withLogin, options: encrypted }, mail, (peer) => assert.equal(peer.mails.length, 0))
  assert.ok(outcome instanceof MessageRefused && !outcome.isPermanent, String(outcome))
})

for (const afterMessage of ['hang', 'drop'] as const) {
  test(`RL-12: the peer has the message and does not answer (${afterMessage}): sent once, and known as unanswered`, async () => {
    const outcome = await attempt({ behaviour: { afterMessage }, options: { timeouts: { silence: 400 } } }, mail, (peer) => {
      assert.equal(peer.mails.length, 1)
    })
    assert.ok(outcome instanceof MessageUnanswered && !outcome.isPermanent, String(outcome))
  })
}

test('RL-12: an attempt ends as a whole, whatever the peer does', async () => {
  const outcome = await attempt({ behaviour: { afterMessage: 'hang' }, options: { timeouts: { whole: 300 } } })
  assert.ok(outcome instanceof MessageUnanswered, String(outcome))
})

const greeted = '220 mx.example ESMTP\r\n'
const offer = (line: string) => (line.startsWith('EHLO') ? '250-mx.example\r\n250 STARTTLS\r\n' : undefined)
for (const [name, greeting, answer, code] of [
  ['never greets', '', offer, 'ETIMEDOUT'],
  ['greets with a refusal', '554 5.7.1 go away ada@example.com\r\n', offer, 'The peer answered 554 5.7.1'],
  ['drops STARTTLS', greeted, offer, 'ETLS|ECONNECTION'],
  [
    'drops TLS as it begins',
    greeted,
    (line: string) => offer(line) ?? (line === 'STARTTLS' ? '220 go\r\n' : undefined),
    'ETLS|ESOCKET|ECONNECTION',
  ],
  ['refuses STARTTLS', greeted, (line: string) => offer(line) ?? '454 4.7.0 not now\r\n', 'ETLS|454'],
  [
    'talks on in the clear',
    greeted,
    (line: string) => offer(line) ?? '220 go\r\n250 STARTTLS done\r\n250 ok\r\n',
    'ETLS|ESOCKET|ECONNECTION',
  ],
  ['never stops its answer', greeted, () => `250-${'x'.repeat(2_000_000)}\r\n`, 'EPROTOCOL'],
] as const) {
  test(`RL-12: a peer that ${name} gets nothing`, async () => {
    const peer = await startScript(greeting, answer)
    const url = `smtp://localhost:${peer.port}`
    const transport = createSmtpTransport({ url, ...encrypted, timeouts: { greeting: 200, connect: 1_000 } })
    const outcome = await transport.send(mail).catch((error: unknown) => error)
    transport.close()
    await peer.close()
    assert.ok(outcome instanceof MessageRefused && !outcome.isPermanent && !(outcome instanceof MessageUnanswered), String(outcome))
    assert.match(outcome.message, new RegExp(code))
    assert.doesNotMatch(outcome.message + peer.wire(), /MAIL FROM|ada@example/)
  })
}

test('RL-12: nobody listens', async () => {
  const peer = await startScript('', () => undefined)
  await peer.close()
  const transport = createSmtpTransport({ url: `smtp://127.0.0.1:${peer.port}` })
  const message = 'The mail could not be handed over (ESOCKET, ECONNREFUSED)'
  await assert.rejects(transport.send(mail), { name: 'MessageRefused', message, isPermanent: false })
  transport.close()
})

test('IN-05: on the wire stands one RCPT TO with the expected address, or nothing', async () => {
  const peer = await startPeer({ hasStartTls: false })
  const transport = createSmtpTransport({ url: `smtp://localhost:${peer.port}` })
  // Domains are stored in lower case; the longest address there can be is too long for this peer.
  const addresses = plainAddresses.filter((to) => to.length < 254 && !/[A-Z]/.test(to.split('@')[1] ?? ''))
  try {
    for (const [name, to] of hostileAddresses)
      await assert.rejects(transport.send({ ...mail, to }), { name: 'MessageRefused', isPermanent: true }, name)
    assert.equal(peer.connections(), 0, 'hostile addresses do not even connect')
    for (const to of addresses) await transport.send({ ...mail, to })
  } finally {
    transport.close()
    await peer.close()
  }
  const commands = peer.wire().match(/^(MAIL FROM|RCPT TO):.*$/gm) ?? []
  assert.deepEqual(
    commands,
    addresses.flatMap((to) => ['MAIL FROM:<no-reply@acme.example>', `RCPT TO:<${to}>`]),
  )
  for (const { source } of peer.mails) assert.equal(source.match(/^(To|Cc|Bcc|Reply-To|Resent-To):/gim)?.length, 1)
})

for (const [name, changes] of [
  ['a header in the subject', { subject: 'x\r\nBcc: me@evil.example' }],
  ['a line break in the subject', { subject: 'x\ny' }],
  ['NUL in the subject', { subject: 'x\0' }],
  ['a header in the sender', { from: 'Acme\r\nBcc: me@evil.example <a@b>' }],
  ['two senders', { from: 'a@b, c@d' }],
  ['a header in the ID', { id: 'M1>\r\nBcc: me@evil.example' }],
  ['NUL in the text', { text: 'a\0b' }],
] as const) {
  test(`IN-05: refused for good: ${name}`, async () => {
    const outcome = await attempt({}, { ...mail, ...changes }, (peer) => assert.equal(peer.connections(), 0))
    assert.ok(outcome instanceof MessageRefused && outcome.isPermanent)
  })
}

test('connections are kept and bounded: 40 mails at once over four', async () => {
  const peer = await startPeer()
  const transport = createSmtpTransport({ url: `smtp://localhost:${peer.port}` })
  await Promise.all(Array.from({ length: 40 }, (_, index) => transport.send({ ...mail, id: `M${index}` })))
  transport.close()
  await peer.close()
  assert.deepEqual([peer.mails.length, new Set(peer.mails.map(({ source }) => /Message-ID: .*/.exec(source)?.[0])).size], [40, 40])
  assert.ok(peer.connections() <= 4)
})

for (const [text, expected] of [
  ['smtp://mail.example.com', ['mail.example.com', 587, false, '', '', undefined]],
  ['smtps://mail.example.com/', ['mail.example.com', 465, true, '', '', undefined]],
  ['smtp://u%40x:p%3Aw%20d@Mail.Example.com:25', ['mail.example.com', 25, false, 'u@x', 'p:w d', undefined]],
  ['smtp://mailpit:1025?requireTls=false', ['mailpit', 1025, false, '', '', false]],
  ['smtp://[::1]:2525?requireTls=true', ['::1', 2525, false, '', '', true]],
] as const) {
  test(`the mail server ${text}`, () => {
    const { host, port, isTlsFromStart, user, password, requireTls } = parseSmtpUrl(text)
    assert.deepEqual([host, port, isTlsFromStart, user, password, requireTls], expected)
  })
}

for (const text of [
  '',
  'mail.example.com',
  'http://canary@mail.example.com',
  'smtp:mail.example.com',
  'smtp://',
  'smtp://canary:canary@',
  'smtp://canary@mail.example.com',
  'smtp://:canary@mail.example.com',
  'smtp://a:canary%zz@mail.example.com',
  'smtp://a:canary@mail.example.com:0',
  'smtp://a:canary@mail.example.com:65536',
  'smtp://a:canary@mail.example.com/path',
  'smtp://a:canary@mail.example.com#x',
  'smtp://a:canary@mail.example.com?requireTls=maybe',
  'smtp://a:canary@mail.example.com?tls=off',
  'smtp://a:canary@mail.example.com?requireTls=true&requireTls=false',
  'smtp://a:canary@mail_server/',
]) {
  test(`no mail server: ${text}`, () => {
    assert.throws(
      () => parseSmtpUrl(text),
      (error: Error) => /mail server/.test(error.message) && !`${error.message}`.includes('canary'),
    )
  })
}
