import assert from 'node:assert/strict'
import { type AddressInfo, createServer } from 'node:net'
import { after, before, test } from 'node:test'
import { type Browser, type BrowserContext, chromium } from 'playwright-core'
import { chromiumFlags, chromiumPath, missingChromium } from '../test/browser/chromium.ts'
import { type Site, startSite } from './browser-site.ts'
import { openTab, type SdkOptions, type Tab } from './browser-tab.ts'
import { onEveryDatabase, type Target } from './fixture.ts'

/** Checks of the browser SDK: it runs in Chromium on a page of the application, which is on another origin than the server. */

/** A browser that has never been there, on the application of one server. */
export interface Visit {
  readonly target: Target
  readonly site: Site
  readonly context: BrowserContext
  /** Opens a tab of the application; tabs of one visit share storage and cookies. */
  open(options?: OpenOptions): Promise<Tab>
  /**
   * Lets time pass for the timers of all tabs while their clocks go on showing the real time, as if they had been slow before: the answers of the server are real,
   * and so is what the SDK makes of the times in them. Needs `context.clock.install()` before the tabs are opened.
   */
  passTime(seconds: number): Promise<void>
}

export interface OpenOptions {
  /** Over those of an application that keeps its users signed in: `persistTokens` and `autoRefresh`. */
  readonly sdk?: SdkOptions
  /** Origin of the page; the application's own if absent. */
  readonly origin?: string
  /** Where on the site: `/page`, or that with a query, as links in mails lead to. */
  readonly path?: string
}

export interface CheckOptions {
  /** What a page may write on the console as an error. Anything else fails the check, but for the browser's own line about a refused request. */
  readonly allowed?: RegExp
  /** Whether the tabs are in one window, so that all but one are hidden. Otherwise each is a window of its own, and visible. */
  readonly isOneWindow?: boolean
}

type Check = (operation: string, run: (visit: Visit) => Promise<void>, options?: CheckOptions) => void

/** Names that are not this machine lead nowhere. Requests are not routed to stop them, because Playwright would then answer preflights in the server's place. */
const flags = [...chromiumFlags, '--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE 127.0.0.1']

/**
 * Starts servers, the application's site and a browser for a test file, and answers a function that declares a check on all databases. `settings` are those of
 * `onEveryDatabase`; the site's origin is allowed besides. Without Chromium one test that says so takes the place of all; in CI it fails.
 */
export async function inBrowser(settings: readonly string[] = []): Promise<Check> {
  if (missingChromium !== undefined) {
    test(`NOT TESTED in a browser: ${missingChromium}`, () => {
      if (process.env.CI === 'true') assert.fail(missingChromium)
    })
    return () => undefined
  }
  const site = await startSite()
  const check = onEveryDatabase([`project.allowedOrigins=${site.origin}`, ...settings])
  let browser: Browser
  before(async () => {
    browser = await launch()
  })
  after(async () => {
    await browser.close()
    await site.close()
  })
  return (operation, run, options = {}) => {
    check(operation, (target) => {
      const visitIn = (context: BrowserContext) => visit({ target, site, context }, run, options)
      return options.isOneWindow ? inOneWindow(visitIn) : inWindows(browser, visitIn)
    })
  }
}

function launch(more: readonly string[] = []): Promise<Browser> {
  return chromium.launch({ executablePath: chromiumPath, args: [...flags, ...more] })
}

async function inWindows(browser: Browser, run: (context: BrowserContext) => Promise<void>): Promise<void> {
  const context = await browser.newContext()
  try {
    await run(context)
  } finally {
    await context.close()
  }
}

/** A browser whose tabs behave as a user's: Playwright shows each page it has launched as visible, but not those of a browser that it found running. */
async function inOneWindow(run: (context: BrowserContext) => Promise<void>): Promise<void> {
  const port = await freePort()
  const launched = await launch([`--remote-debugging-port=${port}`])
  try {
    const browser = await chromium.connectOverCDP(`http://127.0.0.1:${port}`, { noDefaults: true })
    const [context] = browser.contexts()
    assert.ok(context, 'a browser has a window')
    await run(context)
    await browser.close()
  } finally {
    await launched.close()
  }
}

async function freePort(): Promise<number> {
  const probe = createServer()
  await new Promise<void>((resolve) => probe.listen(0, '127.0.0.1', resolve))
  const { port } = probe.address() as AddressInfo
  await new Promise((resolve) => probe.close(resolve))
  return port
}

async function visit(
  parts: Omit<Visit, 'open' | 'passTime'>,
  run: (visit: Visit) => Promise<void>,
  { allowed }: CheckOptions,
): Promise<void> {
  const { target, site, context } = parts
  const troubles = watch(context, allowed)
  await run({
    ...parts,
    open({ sdk = {}, origin = site.origin, path = '/page' } = {}) {
      const options = { projectId: target.projectId, baseUrl: target.url, persistTokens: true, autoRefresh: true, ...sdk }
      return openTab({ context, pageUrl: `${origin}${path}`, serverUrl: options.baseUrl, sdk: options })
    },
    async passTime(seconds) {
      await context.clock.setSystemTime(Date.now() - seconds * 1000)
      await context.clock.fastForward(seconds * 1000)
    },
  })
  assert.deepEqual(troubles, [])
}

const refusedRequest = /^Failed to load resource: the server responded with a status of 4\d\d/

/** Notes what no page may do: ask another machine for anything, throw, or write an error. */
function watch(context: BrowserContext, allowed: RegExp | undefined): readonly string[] {
  const troubles: string[] = []
  context.on('request', (request) => {
    const { protocol, hostname, href } = new URL(request.url())
    if (protocol.startsWith('http') && hostname !== 'localhost' && hostname !== '127.0.0.1') troubles.push(`asked for ${href}`)
  })
  context.on('console', (message) => {
    const text = message.text()
    if (message.type() === 'error' && !refusedRequest.test(text) && !allowed?.test(text)) troubles.push(`console: ${text}`)
  })
  context.on('weberror', (error) => troubles.push(`thrown: ${error.error().message}`))
  return troubles
}
