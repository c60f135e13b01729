import assert from 'node:assert/strict'
import type { Page } from 'playwright-core'
import { composeSample, samples } from '../../src/mail/texts/test-samples.ts'
import { browserTest } from './browser.ts'
import { dimTexts } from './contrast.ts'

/** Built-in mails as a mail program with a modern engine shows them: on a phone and on a desk, by day and by night, in both directions of writing. */

const token = 'Cabcdefghijklmnopqrstuvwxyz0.0123456789-0123456789-0123456789-0123456789-0123456789'
const link = `https://authentication.department.example.com/auth/page?lang=de&t=${token}`
const longName = 'Donaudampfschifffahrtselektrizitätenhauptbetriebswerk Süd, Inc.'

/** What is cut off or stands out at a side. Runs in the page. */
const outside = `[...document.querySelectorAll('body *')]
  .filter((element) => element.checkVisibility())
  .map((element) => ({ text: element.textContent.trim().slice(0, 40), box: element.getBoundingClientRect(), element }))
  .filter(({ box, element }) => box.left < 0 || box.right > innerWidth || element.scrollWidth > element.clientWidth + 1 && element.clientWidth > 0)
  .map(({ text, element }) => element.tagName + ' ' + text)`

/** Links that a finger cannot hit: too small, or with something over them. */
const unreachable = `[...document.querySelectorAll('a')].filter((element) => {
  element.scrollIntoView({ block: 'center' })
  const [box] = element.getClientRects()
  const found = document.elementFromPoint(box.left + box.width / 2, box.top + box.height / 2)
  const smallest = element.textContent.includes('://') ? 13 : 44
  return !element.contains(found) || box.width < smallest || box.height < smallest
}).map((element) => element.href)`

/** How texts run and where they begin. */
const directions = `(() => {
  const styleOf = (element) => element && [getComputedStyle(element).direction, getComputedStyle(element).textAlign]
  const all = (selector) => [...document.querySelectorAll(selector)]
  return {
    texts: [...new Set(all('.ink > div, .dim > div').map((element) => styleOf(element).join(' ')))],
    digits: styleOf(document.querySelector('.digits'))?.[0],
    urls: [...new Set(all('a.link').map((element) => styleOf(element)[0] + ' ' + getComputedStyle(element).unicodeBidi))],
  }
})()`

const background = 'getComputedStyle(document.body).backgroundColor'

async function show(page: Page, sample: (typeof samples)[number], tag: string): Promise<void> {
  const values = 'link' in sample.values ? { ...sample.values, link } : sample.values
  const composed = await composeSample({ ...sample, values }, tag, longName)
  assert.ok('mail' in composed)
  await page.setContent(composed.mail.html)
}

const mails = samples.filter(
  ({ channel, kind }) => channel === 'email' && /^(password\.reset|otp\.signIn|enchantedLink\.signIn)$/.test(kind),
)

for (const [tag, direction] of [
  ['de', 'ltr'],
  ['he', 'rtl'],
] as const) {
  for (const [scheme, colour] of [
    ['light', 'rgb(243, 245, 248)'],
    ['dark', 'rgb(16, 20, 27)'],
  ] as const) {
    browserTest(
      `mails: ${tag}, ${scheme}: nothing stands out, all can be read, links can be hit`,
      async ({ page }) => {
        for (const width of [320, 600]) {
          await page.setViewportSize({ width, height: 600 })
          for (const sample of mails) {
            await show(page, sample, tag)
            const name = `${sample.name} at ${width} px`
            assert.equal(await page.evaluate(background), colour, name)
            assert.ok(await page.evaluate('document.documentElement.scrollWidth <= innerWidth'), name)
            assert.deepEqual(await page.evaluate(outside), [], name)
            assert.deepEqual(await page.evaluate(dimTexts), [], name)
            assert.deepEqual(await page.evaluate(unreachable), [], name)
            const { code, link: hasLink, links } = sample.values
            assert.deepEqual(await page.evaluate(directions), {
              texts: [`${direction} ${direction === 'rtl' ? 'right' : 'left'}`],
              ...(code ? { digits: 'ltr' } : { digits: undefined }),
              urls: hasLink || links ? ['ltr isolate'] : [],
            })
          }
        }
      },
      { browser: { colorScheme: scheme } },
    )
  }
}
