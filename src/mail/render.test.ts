import assert from 'node:assert/strict'
import test from 'node:test'
import { type MailContent, renderMail } from './render.ts'

const url = 'https://auth.example.com/reset/P2abc?lang=de&t=C1.secret-secret'
const usual: MailContent = {
  subject: 'Reset your password for Acme',
  paragraphs: ['Somebody asked to reset it.', 'If it was you, choose a new one.'],
  action: { label: 'Choose a new password', url },
  closing: ['If it was not you, do nothing.'],
}

const render = (content: MailContent, productName = 'Acme') =>
  renderMail({ id: 'M1', from: 'Acme <a@acme.example>', to: 'ada@example.com', content, productName })

const invisible = /[\u200b-\u200f\u2060\ufeff]/g

/** What a reader sees of HTML. */
function seen(html: string): string {
  const body = html.slice(html.indexOf('<body')).replace(/<[^>]*>/g, ' ')
  const characters: Readonly<Record<string, string>> = { '&lt;': '<', '&gt;': '>', '&quot;': '"', '&#39;': "'", '&amp;': '&' }
  return body.replace(/&(lt|gt|quot|#39|amp);/g, (entity) => characters[entity] ?? '').replace(invisible, '')
}

test('the plain text has the link on its own line, as it is', () => {
  const { text } = render(usual)
  assert.equal(text.split('\n').filter((line) => line === url).length, 1)
  assert.equal(
    text,
    `Somebody asked to reset it.\n\nIf it was you, choose a new one.\n\nChoose a new password:\n${url}\n\nIf it was not you, do nothing.\n\n-- \nAcme\n`,
  )
})

test('the HTML has the link twice and no other, and loads nothing', () => {
  const { html } = render(usual)
  const links = [...html.matchAll(/href="([^"]*)"/g)].map(([, href]) => href?.replaceAll('&amp;', '&'))
  assert.deepEqual(links, [url, url])
  assert.doesNotMatch(html, /<(img|link|script|iframe|object|form|video)|url\(|@import|@font-face|src=/i)
  assert.deepEqual(
    html.match(/https?:[^"<]*/g)?.map((found) => found.replaceAll('&amp;', '&')),
    [url, url, url],
  )
})

test('the HTML is fit for mail programs: tables, colours for light and dark, words for every text', () => {
  const { html } = render(usual)
  for (const part of [
    '<!doctype html>',
    'role="presentation"',
    'name="color-scheme" content="light dark"',
    'prefers-color-scheme:dark',
    'bgcolor="#ffffff"',
  ]) {
    assert.ok(html.includes(part), part)
  }
  for (const text of [...usual.paragraphs, ...(usual.closing ?? []), 'Choose a new password']) assert.ok(seen(html).includes(text), text)
  assert.ok(Buffer.byteLength(html) < 20_000, 'far below the size at which mail programs cut')
})

const payloads: readonly string[] = [
  '{{7*7}}',
  // biome-ignore lint/suspicious/noTemplateCurlyInString: that it stays one is what is tested
  '${process.env}',
  '<%= 7*7 %>',
  '#{7*7}',
  '<img src=x onerror=alert(1)>',
  '<script>alert(1)</script>',
  '"><a href="http://evil">x</a>',
  "' onmouseover='alert(1)",
  '</td></table><h1>Hi',
  '<!--',
  '&lt;b&gt; &amp;',
  'http://evil',
  'https://evil.example/login?x=1',
  'HTTP://EVIL.EXAMPLE',
  '//evil.example/x',
  'www.evil.example',
  'evil.example',
  'evil。example',
  'me@evil.example',
  'mailto:me@evil',
  'tel:+15555555555',
  'javascript:alert(1)',
  '[click](http://evil.example)',
]

for (const payload of payloads) {
  test(`IN-06: ${payload} is shown as it is, and is no link`, () => {
    const content = { ...usual, subject: `For ${payload}`, paragraphs: [`Dear ${payload}, welcome.`], closing: [`Bye ${payload}`] }
    const { subject, text, html } = render({ ...content, action: { label: payload, url } }, payload)
    for (const part of [`Dear ${payload}, welcome.`, `Bye ${payload}`]) {
      assert.ok(text.replace(invisible, '').includes(part), 'literally in the text')
      assert.ok(seen(html).includes(part), 'literally in the HTML')
    }
    assert.equal(subject.replace(invisible, ''), `For ${payload}`)
    const tags = (markup: string) => [...markup.matchAll(/<\/?[a-z!][^>]*>/gi)].map(([tag]) => tag)
    const plain = render({ ...usual, paragraphs: ['x'], closing: ['x'] }, 'x').html
    assert.deepEqual(tags(html), tags(plain), 'no tag of its own')
    for (const part of [subject, text.replace(url, ''), html.slice(html.indexOf('<body')).replaceAll(/<[^>]*>/g, ' ')]) {
      const own = part.replaceAll(url, '').replaceAll(url.replaceAll('&', '&amp;'), '')
      assert.doesNotMatch(own, /[a-z]:\/\/|\/\/[a-z]|www\.[a-z]|evil[.。][a-z]|@[a-z]|(mailto|tel|javascript):[\w+]/i)
    }
  })
}

test('IN-05: no text of a mail makes a second line of a header or of the text', () => {
  const broken = 'x\r\nBcc: me@evil.example\u2028y\0z\x85w\u202etxet'
  const { subject, text } = render({ subject: broken, paragraphs: [broken], closing: [] }, broken)
  assert.match(subject, /^\P{Cc}*$/u)
  assert.doesNotMatch(text, /^Bcc/m)
  assert.doesNotMatch(text, /[\0\r\u2028\x85\u202e]/)
})

test('texts have a longest length', () => {
  const long = '🐎'.repeat(5_000)
  const { subject, text, html } = render({ subject: long, paragraphs: Array.from({ length: 500 }, () => long) }, long)
  assert.equal([...subject].length, 150)
  assert.ok(subject.isWellFormed() && subject.endsWith('…'))
  assert.equal(text.split('\n\n').length, 21)
  assert.ok(html.length < 60_000)
})

for (const [name, wrong] of [
  ['a script', 'javascript://x/%0aalert(1)'],
  ['data', 'data://text/html,x'],
  ['a file', 'file:///etc/passwd'],
  ['no scheme', '//evil.example/x'],
  ['a path', '/reset?t=1'],
  ['a scheme without slashes', 'https:evil.example'],
  ['white space', 'https://auth.example.com/ x'],
  ['a line break', 'https://auth.example.com/\r\nx'],
  ['a backslash', 'https://auth.example.com\\@evil.example'],
  ['credentials', 'https://auth.example.com@evil.example/'],
  ['nothing', ''],
  ['too long', `https://auth.example.com/${'x'.repeat(4_096)}`],
] as const) {
  test(`a link is refused: ${name}`, () => {
    assert.throws(
      () => render({ ...usual, action: { label: 'x', url: wrong } }),
      (error: Error) => wrong === '' || !error.message.includes(wrong),
    )
  })
}

for (const right of ['http://127.0.0.1:8787/reset/P1?t=C.s', 'myapp://reset/?t=C.s', "https://a.example/?q='&t=1"]) {
  test(`a link is carried: ${right}`, () =>
    assert.ok(
      render({ ...usual, action: { label: 'x', url: right } })
        .text.split('\n')
        .includes(new URL(right).href),
    ))
}

test('a mail without a link and without a product has neither', () => {
  const { text, html } = render({ subject: 's', paragraphs: ['p'] }, '')
  assert.equal(text, 'p\n')
  assert.doesNotMatch(html, /href|copy this address/)
})

test('what is set apart keeps its own direction in HTML, and has no mark elsewhere', () => {
  const look = { locale: 'he', direction: 'rtl', copyHint: 'x' } as const
  const content = { subject: 'A \u2068B.\u2069 C', paragraphs: ['D \u2068E.\u2069 F', 'G \u2069H \u2068I'], closing: ['J\u2068K\u2069'] }
  const { subject, text, html } = renderMail({
    ...{ id: 'M1', from: 'a@acme.example', to: 'ada@example.com' },
    content,
    productName: '',
    look,
  })
  assert.equal(subject, 'A B. C')
  assert.equal(text, 'D E. F\n\nG H I\n\nJK\n')
  for (const part of ['<h1>A <bdi>B.</bdi> C</h1>', '>D <bdi>E.</bdi> F<', '>G H I<', '>J<bdi>K</bdi><'])
    assert.ok(html.includes(part), part)
  assert.doesNotMatch(html, /[\u2068\u2069]/)
  assert.doesNotMatch(html, /align="left"/)
})
