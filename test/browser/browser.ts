import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { type Browser, type BrowserContext, type BrowserContextOptions, chromium, type Locator, type Page } from 'playwright-core'
import { listen } from '../../src/http/node.ts'
import { openSqliteFile } from '../databases.ts'
import { createKit, type Kit } from '../kit.ts'
import { chromiumFlags, chromiumPath, missingChromium } from './chromium.ts'

/** Drives our own pages in Chromium: over a real socket, and nothing but what a page may do goes by unnoticed. */

/** One test's server, with an empty database, and a browser that has never been there. */
export interface Visit {
  readonly kit: Kit
  /** Where the server is, without a slash at the end; below a path if the test asked for one. */
  readonly url: string
  readonly page: Page
  readonly context: BrowserContext
}

export interface VisitOptions {
  /** Path of the public URL, with a slash in front. */
  readonly prefix?: string
  readonly browser?: BrowserContextOptions
}

/** The machine may be busy: what takes longer than this does not come. */
const waitMilliseconds = 20_000

let browser: Browser

if (missingChromium === undefined) {
  before(async () => {
    browser = await chromium.launch({ executablePath: chromiumPath, args: chromiumFlags })
  })
  after(() => browser.close())
} else {
  test(`NOT TESTED in a browser: ${missingChromium}`, () => {
    if (process.env.CI === 'true') assert.fail(missingChromium)
  })
}

/**
 * Declares a test in a browser. It fails, whatever it asserts itself, when a page asked another host for anything, broke its content security policy, threw, or wrote an
 * error on the console. Without a browser one test that says so takes the place of all; in CI it fails.
 */
export function browserTest(name: string, run: (visit: Visit) => Promise<void>, options: VisitOptions = {}): void {
  if (missingChromium !== undefined) return
  test(name, { timeout: 120_000 }, async () => {
    const database = await openSqliteFile()
    const kit = await createKit(database.storage)
    const server = await listen({ handler: kit.auth.handler, log: kit.log, address: '127.0.0.1', port: 0 })
    const url = server.url + (options.prefix ?? '')
    kit.auth.setPublicUrl(url)
    const context = await browser.newContext({ viewport: { width: 1000, height: 800 }, ...options.browser })
    try {
      const troubles = await watch(context, server.url)
      const page = await context.newPage()
      page.setDefaultTimeout(waitMilliseconds)
      await run({ kit, url, page, context })
      assert.deepEqual(troubles, [])
    } finally {
      await context.close()
      await server.close(0)
      await database.close()
    }
  })
}

/** Waits until so many elements are there: a page that takes the place of another shows none for a moment. */
export async function waitForCount(locator: Locator, wanted: number): Promise<void> {
  const deadline = performance.now() + waitMilliseconds
  while ((await locator.count()) !== wanted && performance.now() < deadline) await delay(20)
  assert.equal(await locator.count(), wanted)
}

/** Notes what no page of ours may do. Requests to other hosts are stopped as well. */
async function watch(context: BrowserContext, ownUrl: string): Promise<readonly string[]> {
  const troubles: string[] = []
  await context.addInitScript(`addEventListener('securitypolicyviolation', (event) => {
    console.error('policy: ' + event.effectiveDirective + ' ' + event.blockedURI)
  })`)
  await context.route('**/*', async (route) => {
    const url = route.request().url()
    if (url.startsWith(`${ownUrl}/`)) return route.continue()
    troubles.push(`asked for ${url}`)
    return route.abort()
  })
  context.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') troubles.push(`${message.type()}: ${message.text()}`)
  })
  context.on('weberror', (error) => troubles.push(`thrown: ${error.error().message}`))
  return troubles
}
