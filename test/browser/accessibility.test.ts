import assert from 'node:assert/strict'
import type { Page } from 'playwright-core'
import { browserTest, type Visit } from './browser.ts'
import { dimTexts } from './contrast.ts'

/** The basics of WCAG 2.2 that a program can check: contrast (1.4.3), reflow (1.4.10), names and labels (1.3.1, 3.1.1), visible focus (2.4.7). */

/** What can be focused and has no name, or is an input without a label. */
const nameless = `[...document.querySelectorAll('a, button, summary, iframe, input:not([type=hidden])')]
  .filter((element) => !(element.labels ? element.labels.length > 0 || element.textContent.trim() : element.title || element.textContent.trim()))
  .map((element) => element.outerHTML)`

const structure = `({
  lang: document.documentElement.lang,
  headings: document.querySelectorAll('h1').length,
  mains: document.querySelectorAll('main').length,
  hasTitle: document.title !== '',
})`

const focusedOutline = `document.activeElement === document.body ? 'none' : getComputedStyle(document.activeElement).outlineStyle`

async function checkPage(page: Page): Promise<void> {
  assert.deepEqual(await page.evaluate(dimTexts), [])
  assert.deepEqual(await page.evaluate(nameless), [])
  assert.deepEqual(await page.evaluate(structure), { lang: 'en', headings: 1, mains: 1, hasTitle: true })
  assert.ok(await page.evaluate('document.documentElement.scrollWidth <= innerWidth'), 'nothing is wider than the window')
  await page.keyboard.press('Tab')
  assert.equal(await page.evaluate(focusedOutline), 'solid')
}

/** Goes through the states of every page of ours. */
async function checkAll({ kit, url, page }: Visit): Promise<void> {
  const password = 'Correct horse battery 1!'
  await kit.set({ password: { lowercase: true, uppercase: true, number: true, nonAlphanumeric: true } })
  await kit.signUp('ada@example.com', password, { isVerified: false })
  await kit.signUp('a.rather.long.address.of.somebody@mail.department.example.com', password)
  await kit.call('/v1/auth/password/reset', { body: { loginId: 'a.rather.long.address.of.somebody@mail.department.example.com' } })
  const mails = await kit.mails()
  const linkOf = (wanted: string) => mails.find(({ kind }) => kind === wanted)?.link ?? ''

  await page.goto(linkOf('password.reset'))
  await checkPage(page)
  await page.getByLabel('New password').fill('short')
  await page.getByRole('button').click()
  await page.getByRole('alert').waitFor()
  assert.equal(await page.getByLabel('New password').getAttribute('aria-invalid'), 'true')
  assert.equal(await page.evaluate('document.activeElement.name'), 'password')
  await checkPage(page)
  await page.goto(linkOf('email.verify'))
  await checkPage(page)
  await page.goto(`${url}/outbox`)
  await checkPage(page)
}

const small = { width: 320, height: 640 }

browserTest('pages: accessible in light colours', checkAll, { browser: { colorScheme: 'light' } })
browserTest('pages: accessible in dark colours', checkAll, { browser: { colorScheme: 'dark' } })
browserTest('pages: accessible on a small screen', checkAll, { browser: { viewport: small } })
