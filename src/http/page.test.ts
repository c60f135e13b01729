import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { field, form, hiddenField, html, notice, page } from './page.ts'

const deps = { random: { bytes: (length: number) => new Uint8Array(length).fill(255) } }
const nonce = '_____________________w'

describe('escaping', () => {
  const hostile = `"><script>alert(1)</script>'&`
  for (const [name, body] of [
    ['a value', html`<p>${hostile}</p>`],
    ['an attribute', hiddenField('t', hostile)],
    ['a notice', notice('bad', hostile)],
    [
      'a label and a hint',
      field({ name: 'p', label: hostile, type: 'password', autocomplete: 'new-password', hints: [hostile], problems: [hostile] }),
    ],
    ['a form', form({ action: hostile, button: hostile, fields: [hiddenField('t', hostile)] })],
  ] as const) {
    test(name, async () => {
      const { body: text } = await page(deps, { title: hostile, body, lang: hostile })
      assert.doesNotMatch(text, /<script|alert\(1\)<\/script/)
      assert.match(text, /&lt;script&gt;/)
    })
  }
})

test('WB-04: the policy allows the nonce of this answer and nothing from elsewhere', async () => {
  const plain = await page(deps, { title: 'A', body: html`<p>x</p>` })
  assert.equal(
    plain.headers?.['content-security-policy'],
    `default-src 'none'; style-src 'nonce-${nonce}'; script-src 'none'; base-uri 'none'; object-src 'none'; frame-ancestors 'none'; form-action 'self'`,
  )
  assert.match(plain.body, new RegExp(`<style nonce="${nonce}">`))
  assert.doesNotMatch(plain.body, /https?:|url\(|<script|<link|<img/)
})

test('RC-10: a page whose link holds a token takes it out of the address bar', async () => {
  const shown = await page(deps, { title: 'A', body: html`<p>x</p>`, dropsQuery: true })
  assert.match(shown.body, new RegExp(`<script nonce="${nonce}">history\\.replaceState\\(null, "", location\\.pathname\\)</script>`))
  assert.match(shown.headers?.['content-security-policy'] ?? '', new RegExp(`script-src 'nonce-${nonce}'`))
})

test('a form works without script, and everything in it has its label', async () => {
  const fields = [
    hiddenField('token', 'abc'),
    field({
      name: 'password',
      label: 'New password',
      type: 'password',
      autocomplete: 'new-password',
      hints: ['At least 8 characters', 'At least one digit'],
      problems: ['It is too short'],
      hasFocus: true,
    }),
  ]
  const { body: text } = await page(deps, { title: 'Set a password', lang: 'de', body: form({ action: '/reset', button: 'Save', fields }) })
  assert.match(text, /^<!doctype html>\n<html lang="de">/)
  assert.match(text, /<meta name="viewport"/)
  assert.match(text, /<form method="post" action="\/reset">/)
  assert.match(
    text,
    /<label for="password">New password<\/label>\n<div class="bad" id="password-problems" role="alert"><p>It is too short<\/p><\/div>\n<input id="password" name="password" type="password" autocomplete="new-password"[^>]* required aria-describedby="password-problems password-hints" aria-invalid="true" autofocus>/,
  )
  assert.match(text, /<ul class="hint" id="password-hints"><li>At least 8 characters<\/li><li>At least one digit<\/li><\/ul>/)
  assert.match(text, /:focus-visible/)
})
