import assert from 'node:assert/strict'
import test from 'node:test'
import { messageKinds } from '../auth.ts'
import { codeVariable, lifetimeVariable, linksVariable, linkVariable, type MessageKind } from '../core/messages.ts'
import { builtInSource, languagesOf } from './built-in-source.ts'
import { checkTemplate } from './check-template.ts'

const kind: MessageKind = { about: '', channels: ['email'], variables: { link: linkVariable, lifetime: lifetimeVariable } }
const numbered: MessageKind = { about: '', channels: ['email'], variables: { links: linksVariable } }
const coded: MessageKind = { about: '', channels: ['sms'], variables: { code: codeVariable } }

const link = '<a href="{{ link }}">go</a> '

/** Problems of a mail as `field line:column problem`. */
function problemsOf(mail: object, of = kind, options: readonly string[] = ['a']): readonly string[] {
  const draft = { kind: 'k', channel: 'email', options, versions: { en: { subject: 'Hi', body: link, ...mail } } } as const
  return checkTemplate(of, draft).map(({ field, line, column, problem }) => `${field} ${line}:${column} ${problem}`)
}

const inBody = (text: string, of?: MessageKind) => problemsOf({ body: `${link}${text}` }, of)

const isUserText = 'is text that a user may have chosen: it cannot stand in'

for (const [name, text] of [
  ['nothing else', ''],
  ['variables of the user and options', 'Dear {{ user.name }}, {{ options.a }}.</p><p>Hi: {{ user.name }}, x'],
  ['filters', '{{ user.name | upcase | default: "x" }} {{ lifetime | duration }} {{ "now" | date: "%Y" }}'],
  ['shown attributes, and values of ours in addresses', '<img alt="{{ options.a }}" src="https://x/{{ locale }}.png">'],
  ['markup in a branch', '{% if user.name != "" %}<b>{{ user.name }}</b>{%- else -%}<i>you</i>{% endif %}'],
  ['what Outlook alone reads', '<!--[if mso]><v:rect href="{{ link }}"><![endif]--><!--[if !mso]><!--> x <!--<![endif]-->{{ user.name }}'],
  ['what is not read', '{% raw %}{{ nope }}{% endraw %}{% comment %}{{ nope }}{% endcomment %}'],
  ['a word of two values', '{{ user.familyName }}{{ user.givenName }}様'],
] as const) {
  test(`taken: ${name}`, () => assert.deepEqual(inBody(text), []))
}

for (const [name, text, ...problems] of [
  [
    'all unknown tags, filters and variables at once',
    '{{ nope }}{{ x | raw }}\n{% include "x" %}{% blah %}',
    'body 1:32 there is no variable nope',
    'body 1:39 there is no filter raw',
    'body 2:1 there is no tag include',
    'body 2:18 there is no tag blah',
  ],
  [
    'names that every object has',
    '{{ constructor }}{{ user.constructor }}',
    'body 1:32 there is no variable constructor',
    'body 1:49 there is no variable user.constructor',
  ],
  ['options that are not declared', '{{ options.b }}', 'body 1:32 options.b is not among the options of the template'],
  ['computed names', '{{ user[options.a] }}', 'body 1:32 variables must be named, not computed'],
  ['what is not closed', '\n {{', 'body 2:2 output "{{" not closed'],
  ['capture, cycle, echo, liquid, render, layout', '{% capture x %}', 'body 1:29 there is no tag capture'],
  ['IN-06: names as addresses', '<a href="{{ user.name }}">', `body 1:38 ${isUserText} the attribute href`],
  ['IN-06: options in addresses', '<a href="https://x/{{ options.a }}">', `body 1:48 ${isUserText} the attribute href`],
  ['IN-06: names in styles', '<p style="color:{{ user.name }}">', `body 1:45 ${isUserText} the attribute style`],
  ['IN-06: names in style sheets', '<style>{{ user.name }}</style>', `body 1:36 ${isUserText} <style>`],
  ['IN-06: what was assigned, in addresses', '{% assign u = options.a %}<a href="{{ u }}">', `body 1:64 ${isUserText} the attribute href`],
  ['IN-06: names in filters of addresses', '<a href="{{ link | append: user.name }}">', `body 1:38 ${isUserText} the attribute href`],
  [
    'IN-06: loops that hide a name',
    '{% for link in options.a %}<a href="{{ link }}">x</a>{% endfor %}',
    `body 1:65 ${isUserText} the attribute href`,
  ],
  ['IN-06: addresses in the text', 'https://{{ options.a }}', 'body 1:37 would become part of an address: put a space between them'],
  ['IN-06: addresses around names', '<p>{{ user.name }}.com', 'body 1:32 would become part of an address: put a space between them'],
  ['values without quotes', '<a href={{ link }}>', 'body 1:37 stands in a tag: only quoted values of attributes can hold it'],
  ['values in comments', '<!-- {{ link }} -->', 'body 1:34 stands in a comment of the HTML, where nobody sees it'],
  [
    'branches that end inside a tag',
    '{% if user.name %}<b class="{% endif %}"></b>',
    'body 1:57 must leave the HTML as it was before: no tag or value may begin inside and end outside',
  ],
  [
    'scripts',
    '<script>1</script><p onclick="x">',
    'body 1:36 <script> does not belong into a mail',
    'body 1:60 the attribute onclick does not belong into a mail',
  ],
  [
    'addresses that run',
    '<a href="javascript:1"><a href="java&#115;cript:1">',
    'body 1:50 the attribute href must lead to a page',
    'body 1:78 the attribute href must lead to a page',
  ],
  [
    'ranges without end',
    '{% for i in (1..100000000) %}x{% endfor %}',
    'body 1:29 takes too much time or memory to write (memory alloc limit exceeded)',
  ],
  [
    'texts that double',
    '{% assign s = "0123456789012345" %}{% for i in (1..64) %}{% assign s = s | append: s %}{% endfor %}',
    'body 1:86 takes too much time or memory to write (memory alloc limit exceeded)',
  ],
  [
    'texts that repeat',
    `{% for i in (1..2000) %}${'x'.repeat(100_000)}{% endfor %}`,
    'body 1:53 takes too much time or memory to write (the message becomes too long)',
  ],
  ['wide dates', '{{ "now" | date: "%1000000000Y" }}', 'body 1:29 takes too much time or memory to write (memory alloc limit exceeded)'],
  ['too many names', '{{ user.name }} '.repeat(1200), 'body 1:1 names more than 1000 things between braces'],
  ['deep nesting', `${'{% if user.name %}'.repeat(200)}${'{% endif %}'.repeat(200)}`, 'body 1:1 has more than 50 tags inside each other'],
] as const) {
  test(`refused: ${name}`, () => assert.deepEqual(inBody(text), problems))
}

test('loops in loops end in time, and are tried in no other language', () => {
  const loops =
    '{% for i in (1..2000) %}{% for j in (1..2000) %}{% for k in (1..2000) %}{% assign x = 1 %}{% endfor %}{% endfor %}{% endfor %}'
  const version = { subject: 'Hi', body: `${link}${loops}` }
  const versions = Object.fromEntries(['en', 'de', 'fr', 'es', 'it', 'pt', 'ja'].map((tag) => [tag, version]))
  const problems = checkTemplate(kind, { kind: 'k', channel: 'email', options: [], versions })
  assert.deepEqual(
    problems.map(({ problem }) => problem),
    ['takes too much time or memory to write (template render limit exceeded)'],
  )
})

test('what a message is for must be in every text that is sent, whoever it is for', () => {
  const missing = 'does not show {{ link }}, without which the message is of no use'
  assert.deepEqual(problemsOf({ body: 'Hello' }), [`body 1:1 ${missing}`])
  assert.deepEqual(problemsOf({ body: `x{% if user.name == "Ada Lovelace" %}${link}{% endif %}` }), [`body 1:1 ${missing}`])
  assert.deepEqual(problemsOf({ body: `x{% if link %}y{% endif %}` }), [`body 1:1 ${missing}`])
  assert.deepEqual(problemsOf({ bodyPlainText: 'x' }), [], 'it is not sent')
  assert.deepEqual(problemsOf({ bodyPlainText: 'x', useBodyPlainText: true }), [`bodyPlainText 1:1 ${missing}`])
  assert.deepEqual(problemsOf({ bodyPlainText: '{{ link }}', useBodyPlainText: true }), [])
  assert.match(problemsOf({ useBodyPlainText: true })[0] ?? '', /^bodyPlainText 1:1 is empty/)
  assert.deepEqual(problemsOf({ subject: '{{ user.name }}' }), ['subject 1:1 is empty, at least for a user of whom nothing is known'])
  const each = '{% for one in links %}<a href="{{ one.url }}">{{ one.number }}</a> {% endfor %}'
  assert.deepEqual(problemsOf({ body: each }, numbered), [])
  assert.match(problemsOf({ body: '{{ links.first.url }} {{ links.first.number }}' }, numbered)[0] ?? '', /does not show {{ links }}/)
  assert.match(problemsOf({ body: '{{ links }}' }, numbered)[0] ?? '', /is a list/)
  assert.match(problemsOf({ body: each.replace('one.number', 'one') }, numbered)[0] ?? '', /say one.url or one.number/)
  const texts = (body: string) => checkTemplate(coded, { kind: 'k', channel: 'sms', options: [], versions: { en: { body } } })
  assert.deepEqual(texts('Your code is {{ code | spoken }}'), [])
  assert.match(texts('Your code is {{ code | slice: 0, 3 }}')[0]?.problem ?? '', /does not show {{ code }}/)
  assert.match(texts(`{{ code }}${'x'.repeat(1_700)}`)[0]?.problem ?? '', /longer than 1600/)
})

test('the shape is told by language and field', () => {
  const draft = { kind: 'k', channel: 'email', options: [] } as const
  const told = (versions: unknown, options: readonly string[] = []) =>
    checkTemplate(kind, { ...draft, options, versions }).map(({ language, field, problem }) => `${language} ${field} ${problem}`)
  assert.deepEqual(told({ english: { subject: 'x', body: 'x' } }), ['english  must be a language tag such as de or pt-BR'])
  assert.match(told({ en: { subject: 'x', body: 'x', extra: 1 } })[0] ?? '', /^en {2}Unrecognized key: "extra"/)
  assert.deepEqual(told({ en: { subject: 'a\u0000b', body: 'c\u001bd' } }), [
    'en subject must not hold control characters or broken Unicode',
    'en body must not hold control characters or broken Unicode',
  ])
  assert.match(told({})[0] ?? '', /one language at least/)
  assert.match(told('x')[0] ?? '', /expected record/)
  assert.match(told({ en: { subject: 'x', body: link } }, ['constructor'])[0] ?? '', /options has a name that every object has/)
  assert.match(told({ en: { subject: 'x', body: link } }, ['a', 'a'])[0] ?? '', /twice/)
  const long = { subject: 'x', body: `${link}${'x'.repeat(199_000)}` }
  assert.match(told({ en: long, de: long, fr: long, es: long })[0] ?? '', /600000 characters/)
})

test('every built-in text is a sound template to begin with', () => {
  let count = 0
  for (const [name, one] of Object.entries(messageKinds)) {
    for (const channel of one.channels) {
      for (const locale of languagesOf(name, channel)) {
        const source = builtInSource(one, { name, channel, locale })
        assert.ok(source)
        const problems = checkTemplate(one, { kind: name, channel, options: [], versions: { [locale]: source.texts } })
        assert.deepEqual(problems, [], `${name} ${channel} ${locale}`)
        count++
      }
    }
  }
  assert.ok(count > 10)
})
