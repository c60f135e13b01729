import type { CookieConfig, createSdk } from '@descope/web-js-sdk'
import type { BrowserContext, CDPSession, Page } from 'playwright-core'

/** A tab that shows the application, and the SDK in it. */

export type WebSdk = ReturnType<typeof createSdk<true>>
export type SdkOptions = Partial<Parameters<typeof createSdk<CookieConfig>>[0]>

/** What the SDK tells applications of, by the names of its `on…Change` functions. */
export type SdkEvent = 'SessionToken' | 'IsAuthenticated' | 'User' | 'Claims'

type At<T, Path extends string> = Path extends `${infer Head}.${infer Rest}`
  ? Head extends keyof T
    ? At<T[Head], Rest>
    : unknown
  : Path extends keyof T
    ? T[Path]
    : unknown
type Arguments<Path extends string> = At<WebSdk, Path> extends (...given: infer Given) => unknown ? Given : never
type Answer<Path extends string> = At<WebSdk, Path> extends (...given: never[]) => infer Result ? Awaited<Result> : never

export interface Tab {
  readonly page: Page
  /** Calls a method of the SDK in the page by its path, `tab.sdk('password.signIn', loginId, password)`, and answers what it answers. Rejects with what it throws. */
  sdk<Path extends string>(path: Path, ...given: Arguments<Path>): Promise<Answer<Path>>
  /** Loads the page again and makes the SDK anew. */
  reload(): Promise<void>
  /** What the application heard of an event since the page was loaded, oldest first. */
  heard(event: SdkEvent): Promise<readonly unknown[]>
  /** Does something, waits until the application hears of an event once more, and answers what it heard. */
  hears(event: SdkEvent, act: () => Promise<unknown>): Promise<unknown>
  /** Waits until an expression is true in the page. */
  until(expression: string): Promise<void>
  /** The local storage of the application's origin. */
  stored(): Promise<Readonly<Record<string, string>>>
  /** Requests to the server so far, as `POST /v1/auth/refresh`. */
  calls(): readonly string[]
  /** Everything that was written as an error on the console, the browser's own lines about refused requests included. */
  readonly consoleErrors: readonly string[]
}

export interface TabOptions {
  readonly context: BrowserContext
  readonly pageUrl: string
  readonly serverUrl: string
  readonly sdk: SdkOptions
}

/** Opens a tab, and makes the SDK in it. */
export async function openTab({ context, pageUrl, serverUrl, sdk }: TabOptions): Promise<Tab> {
  const page = await context.newPage()
  page.setDefaultTimeout(10_000)
  const calls: string[] = []
  const consoleErrors: string[] = []
  page.on('request', (request) => {
    const { origin, pathname } = new URL(request.url())
    if (origin === serverUrl) calls.push(`${request.method()} ${pathname}`)
  })
  page.on('console', (message) => {
    if (message.type() === 'error') consoleErrors.push(message.text())
  })
  const start = () => page.evaluate(`application.start(${JSON.stringify(sdk)})`)
  const heard: Tab['heard'] = (event) => page.evaluate(`${heardOf(event)}.map(([, value]) => value)`)
  await page.goto(pageUrl)
  await start()
  return {
    page,
    sdk: (path, ...given) => page.evaluate(`application.call(${JSON.stringify(path)}, ${JSON.stringify(given)})`),
    async reload() {
      await page.reload()
      await start()
    },
    heard,
    async hears(event, act) {
      const before = (await heard(event)).length
      await act()
      await page.waitForFunction(`${heardOf(event)}.length > ${before}`)
      return (await heard(event)).at(-1)
    },
    async until(expression) {
      await page.waitForFunction(expression)
    },
    stored: () => page.evaluate('({ ...localStorage })'),
    calls: () => [...calls],
    consoleErrors,
  }
}

function heardOf(event: SdkEvent): string {
  return `application.heard.filter(([event]) => event === '${event}')`
}

/** What browsers ask before a call from another origin, and what they were told. */
export interface Preflight {
  readonly path: string
  /** Lower-case names, sorted. */
  readonly askedHeaders: readonly string[]
  readonly status: number
  /** Header of the answer; lower-case name. */
  header(name: string): string | undefined
}

/** Notes the preflights of a page. Playwright does not show them, and answers them itself wherever requests are routed: so nothing here is routed. */
export async function watchPreflights({ page }: Tab): Promise<readonly Preflight[]> {
  const session: CDPSession = await page.context().newCDPSession(page)
  const asked = new Map<string, { path: string; askedHeaders: readonly string[] }>()
  const preflights: Preflight[] = []
  session.on('Network.requestWillBeSent', ({ requestId, initiator, request }) => {
    if (initiator.type !== 'preflight') return
    const names = lowerCase(request.headers)['access-control-request-headers'] ?? ''
    asked.set(requestId, { path: new URL(request.url).pathname, askedHeaders: names.split(',').toSorted() })
  })
  session.on('Network.responseReceived', ({ requestId, response }) => {
    const question = asked.get(requestId)
    if (!question) return
    const headers = lowerCase(response.headers)
    preflights.push({ ...question, status: response.status, header: (name) => headers[name] })
  })
  await session.send('Network.enable')
  return preflights
}

function lowerCase(headers: Readonly<Record<string, string>>): Readonly<Record<string, string | undefined>> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]))
}
