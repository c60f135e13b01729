import assert from 'node:assert/strict'
import { goodPassword } from '../kit.ts'
import { browserTest } from './browser.ts'

const loginId = 'ada@example.com'

browserTest('outbox: the mail of a sign-up is there, and its link leads to the page', async ({ kit, url, page }) => {
  await page.goto(`${url}/outbox`)
  await page.getByText('No mail yet.').waitFor()
  await kit.signUp(loginId, undefined, { isVerified: false })
  await page.getByRole('link', { name: 'Look again' }).click()
  const mail = page.getByRole('article').filter({ hasText: loginId })
  assert.equal(await mail.getByRole('heading').textContent(), 'Confirm your e-mail address for Acme')
  assert.match((await mail.getByRole('time').textContent()) ?? '', /^2026-\d\d-\d\d \d\d:\d\d:\d\d UTC$/)
  assert.match((await mail.locator('pre').textContent()) ?? '', /Somebody signed up for Acme/)
  assert.equal(await mail.locator('pre').isVisible(), true)
  await mail.getByRole('link', { name: `${url}/verify/` }).click()
  await page.getByRole('button', { name: 'Confirm' }).click()
  await page.getByText('Your e-mail address is confirmed.').waitFor()
})

browserTest(
  'outbox: a mail looks as it does to its recipient, and its button opens a tab of its own',
  async ({ kit, url, page, context }) => {
    await kit.signUp(loginId, undefined, { isVerified: false })
    await page.goto(`${url}/outbox`)
    await page.getByText('As it looks').click()
    const frame = page.frameLocator('iframe')
    const button = frame.getByRole('link', { name: 'Confirm e-mail address' })
    await button.waitFor()
    const colour = await page.frames()[1]?.evaluate('getComputedStyle(document.querySelector("td.button td")).backgroundColor')
    assert.equal(colour, 'rgb(29, 78, 216)')
    const opened = context.waitForEvent('page')
    await button.click()
    await (await opened).getByRole('button', { name: 'Confirm' }).waitFor()
  },
  { prefix: '/auth' },
)

browserTest('outbox: what a sender writes into a mail runs nowhere', async ({ kit, url, page }) => {
  const { projectId } = await kit.auth.api.createProject({ name: '<img src=x onerror="alert(1)"><script>alert(2)</script>' })
  await kit.call('/v1/auth/password/signup', { projectId, body: { loginId, password: goodPassword } })
  const alerts: string[] = []
  page.on('dialog', (dialog) => {
    alerts.push(dialog.message())
    void dialog.dismiss()
  })
  await page.goto(`${url}/outbox`)
  assert.match((await page.getByRole('heading', { level: 2 }).textContent()) ?? '', /<img src=x/)
  await page.getByText('As it looks').click()
  await page.frameLocator('iframe').getByRole('link', { name: 'Confirm e-mail address' }).waitFor()
  assert.deepEqual(alerts, [])
})
