import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setApart } from '../defuse.ts'
import { languages } from './index.ts'
import { composeSample, samples } from './test-samples.ts'

/** Names of a project or a user, and template options, as an attacker would choose them (IN-06). */
const payloads = [
  '{{7*7}}{{ link }}',
  `\${process.env}`,
  '{% if true %}x{% endif %}',
  '<img src=x onerror=alert(1)>',
  '<a href="https://evil.example/x">Sign in</a>',
  '"><script>alert(1)</script>',
  'https://evil.example/x',
  '//evil.example/x',
  'www.evil.example',
  'evil。example',
  'me@evil.example',
  'mailto:me@evil',
  'tel:+15555555555',
  'javascript:alert(1)',
  '[click](http://evil.example)',
  'Acme\r\nBcc: me@evil.example',
  `Acme${'\u2069'}\u202elive.example`,
]

const live = /evil[.。][a-z]|@evil|(https?|javascript|mailto|tel):[\w+/]|\/\/evil|www\.[a-z]/i
const invisible = /[\u200c\u2068\u2069]/gu
const escaped = (text: string) =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;').replaceAll("'", '&#39;')
const tagsOf = (html: string) => [...html.matchAll(/<\/?[a-z!][^>]*>/gi)].map(([tag]) => tag)

/** A text without what is meant to be there: the links of the message. */
function without(text: string, urls: readonly string[]): string {
  return urls.reduce((left, url) => left.replaceAll(url, '').replaceAll(escaped(url), ''), text)
}

for (const language of Object.keys(languages)) {
  test(`IN-06: ${language}: no kind of message makes a link, markup or a line of a hostile name or option`, async () => {
    for (const sample of samples) {
      const usual = await composeSample(sample, language, 'Acme', 'Ada')
      const urls = Object.values(sample.values).flatMap((value) =>
        Array.isArray(value) ? value.map(({ url }) => url) : String(value).startsWith('http') ? [String(value)] : [],
      )
      for (const payload of payloads) {
        const composed = await composeSample(sample, language, payload, payload)
        const what = `${sample.name}: ${payload}`
        if ('text' in composed) {
          const own = without(composed.text.text, urls).replace(/^@\S+ #\d+$/m, '')
          assert.doesNotMatch(own, live, what)
          continue
        }
        const { subject, text, html } = composed.mail
        const own = [subject, without(text, urls), without(html.slice(html.indexOf('<body')).replaceAll(/<[^>]*>/g, ' '), urls)]
        for (const part of own) assert.doesNotMatch(part, live, what)
        assert.doesNotMatch(subject, /[\r\n]/, what)
        assert.ok('mail' in usual)
        assert.deepEqual(tagsOf(html.slice(html.indexOf('<body'))), tagsOf(usual.mail.html.slice(usual.mail.html.indexOf('<body'))), what)
        const shown = payload.split(/[\r\n\u2068\u2069\u202e]/)[0] ?? ''
        if (usual.mail.text.includes('Acme')) assert.ok(text.replace(invisible, '').includes(shown), `${what} is readable`)
      }
    }
  })
}

test('a name cannot leave the place that is set apart for it', () => {
  assert.equal(setApart('a\u2069b\u2068c'), '\u2068abc\u2069')
})
