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
  assert.equal(await page.evaluate('document.activeElement.name'), 'password')
  await checkPage(page)
  await page.goto(linkOf('email.verify'))
  await checkPage(page)
  await page.goto(`${url}/outbox`)
  await checkPage(page)
}

browserTest('pages: accessible in light colours', checkAll, { browser: { colorScheme: 'light' } })
browserTest('pages: accessible in dark colours', checkAll, { browser: { colorScheme: 'dark' } })
browserTest('pages: accessible on a small screen', checkAll, { browser: { viewport: smallScreen } })
