import assert from 'node:assert/strict'
import type { Page } from 'playwright-core'
import { dimTexts } from './contrast.ts'

/** The basics of WCAG 2.2 that a program can check: contrast (1.4.3), reflow (1.4.10), names and labels (1.3.1, 3.1.1), visible focus (2.4.7). */

/** What can be focused and has no name, or is an input without a label. */
const nameless = `[...document.querySelectorAll('a, button, summary, iframe, select, input:not([type=hidden])')]
  .filter((element) => !(element.labels ? element.labels.length > 0 || element.textContent.trim() : element.title || element.textContent.trim()))
  .map((element) => element.outerHTML)`

const structure = `({
  lang: document.documentElement.lang,
  headings: document.querySelectorAll('h1').length,
  mains: document.querySelectorAll('main').length,
  hasTitle: document.title !== '',
})`

const focusedOutline = `document.activeElement === document.body ? 'none' : getComputedStyle(document.activeElement).outlineStyle`

/** Checks a page of ours in the state that it is in. `hasFocusable` says whether there is anything to press or to fill in. */
export async function checkPage(page: Page, { hasFocusable = true } = {}): Promise<void> {
  assert.deepEqual(await page.evaluate(dimTexts), [])
  assert.deepEqual(await page.evaluate(nameless), [])
  assert.deepEqual(await page.evaluate(structure), { lang: 'en', headings: 1, mains: 1, hasTitle: true })
  assert.ok(await page.evaluate('document.documentElement.scrollWidth <= innerWidth'), 'nothing is wider than the window')
  if (!hasFocusable) return
  await page.keyboard.press('Tab')
  assert.equal(await page.evaluate(focusedOutline), 'solid')
}

export const smallScreen = { width: 320, height: 640 }
