import assert from 'node:assert/strict'
import test from 'node:test'
import { plainTextOf } from './plain-text-of.ts'

for (const [html, text] of [
  ['<p>One</p><p>Two&nbsp;&amp; three</p>', 'One\nTwo & three'],
  ['a<br>b\n c', 'a\nb c'],
  ['<a class="x" href="https://x/?a=1&amp;b=2">Go</a>!', 'Go https://x/?a=1&b=2 !'],
  ["<a href='https://x/'>https://x/</a>", 'https://x/'],
  ['<head><title>t</title></head><style>p{}</style><!-- c -->x', 'x'],
  ['<a title="a > b" href="https://x/">y</a>', 'y https://x/'],
  ['1 < 2 <b>3</b>', '1 < 2 3'],
  ['<td>a</td><td>b</td>', 'a b'],
  ['<p>a</p>\n\n\n<p></p><p></p><p>b</p>', 'a\n\nb'],
  ['<a href="https://x/">open', 'open'],
] as const) {
  test(`plain text of ${html}`, () => assert.equal(plainTextOf(html), text))
}

test('hostile HTML takes time by its length only', () => {
  for (const piece of ['<head', '<a href="x">', '<!--', '<a href=', '</', '<style>', '"', '<p ']) {
    const started = performance.now()
    plainTextOf(piece.repeat(500_000 / piece.length))
    assert.ok(performance.now() - started < 3_000, piece)
  }
})
