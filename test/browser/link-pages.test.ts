import assert from 'node:assert/strict'
import { goodPassword, type Json, type Kit } from '../kit.ts'
import { browserTest, type Visit, type VisitOptions } from './browser.ts'
import { checkPage, smallScreen } from './page-checks.ts'

/** Our pages behind the links in messages, used as somebody does who has neither a mouse nor eyes for the screen. */

const loginId = 'ada@example.com'
const newPassword = 'a better password than 1'

/** A message that was sent. */
interface Sent {
  readonly link: string
  /** Keys that do what the page is for, from its opening on: texts to type, and names of keys in brackets. */
  readonly keys: readonly string[]
  /** Whether that was done. */
  isDone(): Promise<boolean>
}

interface LinkPage {
  readonly name: string
  readonly path: string
  send(visit: Visit): Promise<Sent>
  /** What screen readers find, by role and name. */
  readonly reads: string
  readonly doneText: RegExp
}

const post = async ({ call }: Kit, path: string, body: object): Promise<Json> => (await call(`/v1/auth/${path}`, { body })).body

async function newest({ kit }: Visit, kind: string) {
  const message = (await kit.mails()).find((one) => one.kind === kind)
  assert.ok(message)
  return message
}

async function signsIn(kit: Kit): Promise<boolean> {
  return (await kit.call('/v1/auth/password/signin', { body: { loginId, password: newPassword } })).status === 200
}

const hints = `
  - list:
    - listitem: Must have at least 8 characters.
    - listitem: Must have at most 256 characters.
    - listitem: Must not be one of the most common passwords.
    - listitem: Must not be your login ID, your e-mail address or the name of this service, once or repeated.`
const passwordField = `
  - text: New password
  - textbox "New password"${hints}`

const pages: readonly LinkPage[] = [
  {
    name: 'a link that signs in',
    path: '/signin/',
    async send(visit) {
      await visit.kit.signUp(loginId)
      await post(visit.kit, 'magiclink/signin/email', { loginId })
      const isDone = async () => (await visit.context.cookies(visit.url)).some(({ name, httpOnly }) => name === 'DSR' && httpOnly)
      return { link: (await newest(visit, 'magicLink.signIn')).link ?? '', keys: ['[Tab]', '[Enter]'], isDone }
    },
    reads: `
- main:
  - heading "Sign in to Acme" [level=1]
  - paragraph: Press the button to sign in.
  - button "Sign in"`,
    doneText: /You are signed in/,
  },
  {
    name: 'a numbered link',
    path: '/confirm/',
    async send(visit) {
      const { kit } = visit
      await kit.signUp(loginId)
      const { linkId, pendingRef } = await post(kit, 'enchantedlink/signin/email', { loginId })
      const { links } = await newest(visit, 'enchantedLink.signIn')
      const isDone = async () => (await post(kit, 'enchantedlink/pending-session', { pendingRef })).sessionJwt !== undefined
      return { link: links.find(({ number }) => number === linkId)?.url ?? '', keys: ['[Tab]', '[Enter]'], isDone }
    },
    reads: `
- main:
  - heading "Sign in to Acme" [level=1]
  - paragraph: Press the button if the number of this link is the one that you see where you sign in.
  - button "Confirm"`,
    doneText: /you are signed in there/,
  },
  {
    name: 'a reset link',
    path: '/reset/',
    async send(visit) {
      await visit.kit.signUp(loginId)
      await post(visit.kit, 'password/reset', { loginId })
      const { link = '' } = await newest(visit, 'password.reset')
      return { link, keys: [newPassword, '[Enter]'], isDone: () => signsIn(visit.kit) }
    },
    reads: `
- main:
  - heading "Choose a new password for Acme" [level=1]${passwordField}
  - button "Set new password"`,
    doneText: /Your new password is set/,
  },
  {
    name: 'a reset link with a typed code',
    path: '/reset/',
    async send(visit) {
      await visit.kit.set({ password: { resetTypedCode: true } })
      await visit.kit.signUp(loginId)
      await post(visit.kit, 'password/reset', { loginId })
      const { link = '', code = '' } = await newest(visit, 'password.reset')
      return { link, keys: [code, '[Tab]', newPassword, '[Enter]'], isDone: () => signsIn(visit.kit) }
    },
    reads: `
- main:
  - heading "Choose a new password for Acme" [level=1]
  - text: Code in the mail
  - textbox "Code in the mail"${passwordField}
  - button "Set new password"`,
    doneText: /Your new password is set/,
  },
  {
    name: 'an invitation',
    path: '/reset/',
    async send(visit) {
      const { status } = await visit.kit.manage('/v1/mgmt/user/create', { body: { loginId, invite: true, sendMail: true } })
      assert.equal(status, 200)
      const { link = '' } = await newest(visit, 'user.invite')
      return { link, keys: [newPassword, '[Enter]'], isDone: () => signsIn(visit.kit) }
    },
    reads: `
- main:
  - 'heading "Welcome to Acme: choose your password" [level=1]'
  - text: Password
  - textbox "Password"${hints}
  - button "Set password"`,
    doneText: /Your password is set/,
  },
]

async function open({ page }: Visit, link: string): Promise<void> {
  await page.goto('about:blank')
  await page.goto(link)
  // Chromium gives the focus with the first frame, which may come after the page is loaded; keys pressed before go nowhere.
  if ((await page.locator('[autofocus]').count()) > 0) await page.locator('[autofocus]:focus').waitFor()
}

/** By the keyboard alone. */
async function press({ page }: Visit, keys: readonly string[]): Promise<void> {
  for (const key of keys) {
    if (key.startsWith('[')) await page.keyboard.press(key.slice(1, -1))
    else await page.keyboard.type(key)
  }
}

async function checkUse(visit: Visit, linkPage: LinkPage): Promise<void> {
  const { page, url } = visit
  const { link, keys, isDone } = await linkPage.send(visit)
  assert.ok(link.startsWith(`${url}${linkPage.path}`))
  await open(visit, link)
  assert.equal(await isDone(), false, 'opening does nothing')
  await press(visit, keys)
  await page.getByRole('status').filter({ hasText: linkPage.doneText }).waitFor()
  assert.equal(await isDone(), true)
  await checkSpent(visit, link)
}

/** The page of a spent link looks as before, but for a code that nobody knows of any more; what is sent from it is refused. */
async function checkSpent(visit: Visit, link: string): Promise<void> {
  const { page } = visit
  await open(visit, link)
  const password = page.locator('input[type=password]')
  if ((await password.count()) > 0) await password.fill(newPassword)
  await page.getByRole('button').press('Enter')
  await page.getByRole('alert').waitFor()
}

const scanners = [
  'Mozilla/5.0 (compatible; Barracuda Sentinel)',
  'Mozilla/5.0 (Windows NT 10.0) Microsoft Office/16.0 (Microsoft Outlook 16.0)',
  'Mozilla/5.0 (compatible; proofpoint-url-defense)',
  'Mozilla/5.0 (compatible; MimecastSafeLinks)',
  'GoogleImageProxy',
]

for (const linkPage of pages) {
  const { name, reads, send } = linkPage

  for (const [where, options] of [
    ['', {}],
    [', below a path', { prefix: '/auth' }],
    [', without scripts', { browser: { javaScriptEnabled: false } }],
  ] as const satisfies readonly (readonly [string, VisitOptions])[]) {
    browserTest(`RC-10, RC-03: ${name} does its work once, by keys alone${where}`, (visit) => checkUse(visit, linkPage), options)
  }

  browserTest(`${name}: screen readers find everything by its name`, async (visit) => {
    await open(visit, (await send(visit)).link)
    assert.equal(await visit.page.locator('body').ariaSnapshot(), reads.trim())
  })

  browserTest(`RC-10: ${name} is still good after programs have opened it, which may neither keep nor pass it on`, async (visit) => {
    const { link, keys, isDone } = await send(visit)
    for (const method of ['GET', 'HEAD']) {
      for (let round = 0; round < 10; round++) {
        const answer = await fetch(link, { method, headers: { 'user-agent': scanners[round % scanners.length] ?? '' } })
        assert.equal(answer.status, 200)
        assert.equal(answer.headers.get('referrer-policy'), 'no-referrer')
        assert.match(answer.headers.get('cache-control') ?? '', /no-store/)
        assert.match(answer.headers.get('content-security-policy') ?? '', /default-src 'none'.*frame-ancestors 'none'/)
        assert.deepEqual(answer.headers.getSetCookie(), [])
      }
    }
    assert.equal(await isDone(), false)
    await open(visit, link)
    await press(visit, keys)
    await visit.page.getByRole('status').filter({ hasText: linkPage.doneText }).waitFor()
    assert.equal(await isDone(), true)
  })

  browserTest(`RC-10: the token of ${name} leaves the address bar and the history`, async (visit) => {
    const { page } = visit
    const { link } = await send(visit)
    const token = new URL(link).searchParams.get('t') ?? ''
    await open(visit, link)
    assert.equal(new URL(page.url()).search, '')
    assert.equal(await page.locator('input[name=t]').inputValue(), token)
    await page.reload()
    assert.match((await page.getByRole('alert').textContent()) ?? '', /open the link in the mail once more/)
    await page.goBack()
    assert.ok(!page.url().includes(token))
  })

  for (const [looks, browser] of [
    ['in light colours', { colorScheme: 'light' }],
    ['in dark colours', { colorScheme: 'dark' }],
    ['on a small screen', { viewport: smallScreen }],
  ] as const) {
    const checkLooks = async (visit: Visit) => {
      const { page } = visit
      const { link, keys } = await send(visit)
      await open(visit, link)
      await checkPage(page)
      await open(visit, link)
      await press(visit, keys)
      await page.getByRole('status').waitFor()
      await checkPage(page, { hasFocusable: false })
      await checkSpent(visit, link)
      await checkPage(page, { hasFocusable: false })
    }
    browserTest(`${name}: accessible ${looks}`, checkLooks, { browser })
  }
}

browserTest('a typed code that is wrong: the page says so at the field, which is ready to be typed in again', async (visit) => {
  const { page, kit } = visit
  const linkPage = pages.find(({ name }) => name.includes('typed code'))
  assert.ok(linkPage)
  const { link, keys, isDone } = await linkPage.send(visit)
  const [code = ''] = keys
  await open(visit, link)
  await press(visit, [code === '000000' ? '000001' : '000000', ...keys.slice(1)])
  const problem = page.getByRole('alert').filter({ hasText: 'This is not the code in the mail.' })
  await problem.waitFor()
  await page.locator('[autofocus]:focus').waitFor()
  const field = page.getByLabel('Code in the mail')
  assert.equal(await field.getAttribute('aria-invalid'), 'true')
  assert.equal(await field.getAttribute('aria-describedby'), await problem.getAttribute('id'))
  assert.equal(await page.evaluate('document.activeElement.name'), 'code')
  await checkPage(page)
  assert.deepEqual(
    [await isDone(), (await kit.call('/v1/auth/password/signin', { body: { loginId, password: goodPassword } })).status],
    [false, 200],
  )
  await page.getByLabel('Code in the mail').focus()
  await press(visit, keys)
  await page.getByRole('status').waitFor()
  assert.equal(await isDone(), true)
})

browserTest('RC-12: a numbered link with the wrong number says that the sign-in has to begin once more', async (visit) => {
  const { kit, page } = visit
  await kit.signUp(loginId)
  const { linkId, pendingRef } = await post(kit, 'enchantedlink/signin/email', { loginId })
  const { links } = await newest(visit, 'enchantedLink.signIn')
  await open(visit, links.find(({ number }) => number !== linkId)?.url ?? '')
  await press(visit, ['[Tab]', '[Enter]'])
  assert.match((await page.getByRole('alert').textContent()) ?? '', /was the wrong one.*begin once more/)
  await open(visit, links.find(({ number }) => number === linkId)?.url ?? '')
  await press(visit, ['[Tab]', '[Enter]'])
  await page.getByRole('alert').waitFor()
  assert.equal((await post(kit, 'enchantedlink/pending-session', { pendingRef })).errorCode, 'E062503')
})
