import assert from 'node:assert/strict'
import { browserTest, type Visit } from './browser.ts'
import { checkPage, smallScreen } from './page-checks.ts'

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
  await page.locator('[name=password]:focus').waitFor()
  await checkPage(page)
  await page.goto(linkOf('email.verify'))
  await checkPage(page)
  await page.goto(`${url}/outbox`)
  await checkPage(page)
  await queueCode(kit)
  await page.goto(`${url}/outbox?every=60`)
  await page.getByLabel('Code', { exact: true }).waitFor()
  await checkPage(page)
}

/** A code and links, for the outbox page. */
async function queueCode({ auth: { deps }, projectId }: Visit['kit']): Promise<void> {
  const project = await deps.projects.byId(projectId)
  assert.ok(project)
  const links = ['17', '42', '99'].map((number) => ({ number, url: `https://app.example.com/a/page/of/an/application?t=${number}` }))
  const usual = { project, channel: 'email', to: 'ada@example.com', ttlSeconds: 60 } as const
  await deps.storage.transaction(async (tx) => {
    await deps.outbox.queue(tx, { ...usual, kind: 'enchantedLink.signIn', values: { links, lifetime: 60 } })
    await deps.outbox.queue(tx, { ...usual, kind: 'password.resetCode', values: { code: '123456', lifetime: 60 } })
  })
}

browserTest('pages: accessible in light colours', checkAll, { browser: { colorScheme: 'light' } })
browserTest('pages: accessible in dark colours', checkAll, { browser: { colorScheme: 'dark' } })
browserTest('pages: accessible on a small screen', checkAll, { browser: { viewport: smallScreen } })
