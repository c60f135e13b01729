import assert from 'node:assert/strict'
import test from 'node:test'
import { messageKinds } from '../../auth.ts'
import { commonVariables, formOf } from '../../core/messages.ts'
import { createEngine } from '../liquid.ts'
import { languages } from './index.ts'
import { composeSample, type Sample, samples } from './test-samples.ts'
import type { KindTexts } from './texts.ts'

const tags = Object.keys(languages)
const engine = createEngine()

/** The templates of a kind in one form. */
function templatesOf(texts: KindTexts | undefined, form: 'email' | 'text' | 'voice'): readonly string[] {
  if (form !== 'email') return texts?.[form] === undefined ? [] : [texts[form]]
  const { subject, paragraphs, action, closing } = texts?.email ?? { subject: '', paragraphs: [], closing: [] }
  return [subject, ...paragraphs, ...(action ? [action] : []), ...closing].filter((text) => text !== '')
}

const forms = ['email', 'text', 'voice'] as const

function variablesOf(tag: string, kind: string, form: (typeof forms)[number]): ReadonlySet<string> {
  const texts = languages[tag]?.kinds[kind]
  return new Set(templatesOf(texts, form).flatMap((text) => engine.variablesOf('plain', text)))
}

for (const tag of tags) {
  test(`${tag}: every kind has texts for its channels, and nothing else has`, () => {
    assert.deepEqual(new Set(Object.keys(languages[tag]?.kinds ?? {})), new Set(Object.keys(messageKinds)))
    for (const [kind, { channels }] of Object.entries(messageKinds)) {
      const wanted = new Set(channels.map(formOf))
      for (const form of forms) {
        assert.equal(templatesOf(languages[tag]?.kinds[kind], form).length > 0, wanted.has(form), `${kind} as ${form}`)
      }
    }
  })

  test(`${tag}: texts use the variables of their kind, the same as in English`, () => {
    for (const [kind, { variables }] of Object.entries(messageKinds)) {
      const known = [...Object.keys(variables), ...Object.keys(commonVariables)]
      for (const form of forms) {
        const used = variablesOf(tag, kind, form)
        for (const name of used) assert.ok(known.includes(name), `${kind}: ${name}`)
        assert.deepEqual(used, variablesOf('en', kind, form), `${kind} as ${form}`)
      }
    }
  })

  test(`${tag}: mails have a short subject, all that they are for, and a size far below the one at which mail programs cut`, async () => {
    for (const sample of samples.filter(({ channel }) => channel === 'email')) {
      const composed = await composeSample(sample, tag)
      assert.ok('mail' in composed)
      const { subject, text, html } = composed.mail
      assert.ok(subject.length <= 78 && subject.includes('Acme'), `${sample.name}: ${subject}`)
      assert.ok(Buffer.byteLength(html) < 20_000, sample.name)
      assert.doesNotMatch(`${subject}${text}${html}`, /\{[{%]|undefined|\[object/, sample.name)
      const { direction, copyHint } = languages[tag] ?? {}
      assert.ok(html.includes(`<html lang="${tag}" dir="${direction}"`), sample.name)
      const { link, code, links } = sample.values
      const urls = [...(typeof link === 'string' ? [link] : []), ...(Array.isArray(links) ? links.map(({ url }) => url) : [])]
      for (const url of urls) assert.ok(text.split('\n').includes(url) && html.includes(`href="${url}"`), sample.name)
      assert.equal(html.includes(copyHint ?? ''), link !== undefined, sample.name)
      const digits = /<td class="digits"[^>]* dir="ltr"[^>]*>(\d+)<\/td>/.exec(html)?.[1]
      assert.equal(digits ?? '', code ?? '', sample.name)
      assert.equal(text.split('\n').includes('123456'), code === '123456', sample.name)
      assert.equal((html.match(/<a /g) ?? []).length, link ? 2 : urls.length, sample.name)
      for (const [anchor] of html.matchAll(/<a [^>]*>\s*[^<\s]*(https:|\d\d<)/g)) assert.match(anchor, / dir="ltr"/, sample.name)
    }
  })

  test(`${tag}: text messages are short`, async () => {
    for (const sample of samples.filter(({ channel }) => formOf(channel) === 'text')) {
      const text = await written(sample, tag)
      const { link, domain } = sample.values
      const { alphabet, length } = sizeOf(text)
      // With a link or a second line, languages that need the large alphabet take two messages; the header of each takes the room of three characters.
      const most = alphabet === 'small' ? 160 : link || domain ? 2 * 67 : 70
      assert.ok(length <= most, `${sample.name}: ${length} of ${most}: ${text}`)
      assert.doesNotMatch(text, /\{[{%]|undefined|\[object/, sample.name)
      if (link) assert.equal(text.split('\n').at(-1), link)
      else if (sample.values.code) assert.equal(text.split('123456').length, domain ? 3 : 2)
    }
  })

  test(`${tag}: a code is bound to the host name of its page, in the last line and in its form`, async () => {
    for (const sample of samples.filter(({ channel, values }) => channel === 'sms' && values.code)) {
      const [last, ...before] = (await written(sample, tag)).split('\n').toReversed()
      if (sample.values.domain) assert.equal(last, '@app.example.com #123456')
      else assert.equal(before.length, 0)
    }
  })

  test(`${tag}: a spoken code is read digit by digit, twice`, async () => {
    for (const sample of samples.filter(({ channel }) => channel === 'voice')) {
      const text = await written(sample, tag)
      if (sample.values.code) assert.equal(text.split('1, 2, 3, 4, 5, 6').length, 3, text)
      assert.doesNotMatch(text, /123|example|\n/)
    }
  })
}

test('a process that stands still while it writes loses no message', async (context) => {
  let milliseconds = 0
  context.mock.method(performance, 'now', () => (milliseconds += 10_000))
  for (const sample of samples) await composeSample(sample, 'en')
})

async function written(sample: Sample, tag: string): Promise<string> {
  const composed = await composeSample(sample, tag)
  assert.ok('text' in composed)
  assert.equal(composed.text.locale, tag)
  return composed.text.text
}

/** The alphabet of text messages (3GPP TS 23.038): seven bits each, and for a few two of them. */
const small = new Set(
  '@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !"#¤%&\'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà',
)
const double = new Set('^{}\\[~]|€')

/** Length of a text message in characters of the alphabet that it needs. */
function sizeOf(text: string): { readonly alphabet: 'small' | 'large'; readonly length: number } {
  const characters = [...text]
  if (!characters.every((one) => small.has(one) || double.has(one))) return { alphabet: 'large', length: text.length }
  return { alphabet: 'small', length: characters.reduce((sum, one) => sum + (double.has(one) ? 2 : 1), 0) }
}
