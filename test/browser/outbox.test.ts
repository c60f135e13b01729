import assert from 'node:assert/strict'
import { goodPassword, type Kit } from '../kit.ts'
import { browserTest, waitForCount } from './browser.ts'

const loginId = 'ada@example.com'

browserTest('outbox: the mail of a sign-up is there, and its link leads to the page', async ({ kit, url, page }) => {
  await page.goto(`${url}/outbox`)
  await page.getByText('No message yet.').waitFor()
  await kit.signUp(loginId, undefined, { isVerified: false })
  await page.getByRole('link', { name: 'Look again', exact: true }).click()
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

const phone = '+15555550100'

/** Queues a text message with a code, and a mail with numbered links. */
async function queueCodes({ auth: { deps }, projectId }: Kit): Promise<void> {
  const project = await deps.projects.byId(projectId)
  assert.ok(project)
  const links = ['17', '42', '99'].map((number) => ({ number, url: `${deps.publicUrl()}/verify/${projectId}?t=${number}` }))
  const numbered = { kind: 'enchantedLink.signIn', channel: 'email', to: loginId, values: { links, lifetime: 60 } } as const
  const values = { code: '123456', lifetime: 60, domain: 'app.example.com' }
  await deps.storage.transaction(async (tx) => {
    await deps.outbox.queue(tx, { project, ttlSeconds: 60, ...numbered })
    await deps.outbox.queue(tx, { project, kind: 'otp.signIn', channel: 'sms', to: phone, ttlSeconds: 60, values })
  })
}

browserTest(
  'outbox: a code is copied by its button, or selected by coming to it with the keyboard',
  async ({ kit, url, page }) => {
    await queueCodes(kit)
    const pasted = async () => {
      await page.getByLabel('Recipient').fill('')
      await page.getByLabel('Recipient').focus()
      await page.keyboard.press('ControlOrMeta+V')
      return page.getByLabel('Recipient').inputValue()
    }
    await page.goto(`${url}/outbox?channel=sms`)
    await page.bringToFront()
    await page.getByRole('button', { name: 'Copy' }).click()
    await page.getByRole('status').getByText('Copied').waitFor()
    assert.equal(await pasted(), '123456')
    await page.getByRole('button', { name: 'Copy' }).focus()
    await page.keyboard.press('Shift+Tab')
    assert.match(await page.evaluate<string>('document.activeElement.id'), /^code-/)
    assert.equal(await page.evaluate('getSelection().toString()'), '123456')
  },
  { browser: { permissions: ['clipboard-write', 'clipboard-read'] } },
)

browserTest(
  'outbox: without scripts everything but the copy button is there, below a prefix too',
  async ({ kit, url, page }) => {
    await queueCodes(kit)
    await page.goto(`${url}/outbox`)
    await waitForCount(page.getByRole('article'), 2)
    assert.equal(await page.getByRole('button', { name: 'Copy' }).count(), 0)
    await page.getByLabel('Recipient').fill('+15555550100')
    await page.getByLabel('Channel').selectOption({ label: 'Text message' })
    await page.getByRole('button', { name: 'Show' }).click()
    const chosen = `${url}/outbox?to=%2B15555550100&channel=sms`
    await page.waitForURL(chosen)
    await waitForCount(page.getByRole('article'), 1)
    assert.equal(await page.getByLabel('Code', { exact: true }).inputValue(), '123456')
    await page.getByRole('link', { name: 'Look again every 5 seconds' }).click()
    await page.waitForURL(`${chosen}&every=5`)
    await waitForCount(page.getByRole('article'), 1)
    await page.getByRole('link', { name: 'Stop looking every 5 seconds' }).click()
    await page.waitForURL(chosen)
    await page.getByRole('link', { name: 'Show all' }).click()
    await page.waitForURL(`${url}/outbox`)
    await waitForCount(page.getByRole('article'), 2)
    const mail = page.getByRole('article').filter({ hasText: loginId })
    assert.deepEqual(
      await mail.getByRole('link').allTextContents(),
      ['17', '42', '99'].map((number) => `${number} ${url}/verify/${kit.projectId}?t=${number}`),
    )
    await mail.getByRole('link', { name: /^42 / }).click()
    await page.getByRole('button', { name: 'Confirm' }).waitFor()
  },
  { prefix: '/auth', browser: { javaScriptEnabled: false } },
)

browserTest('outbox: it looks again by itself while it is told to', async ({ kit, url, page }) => {
  await page.goto(`${url}/outbox?every=1`)
  await page.getByText('No message yet.').waitFor()
  await queueCodes(kit)
  await page.getByRole('article').first().waitFor()
  await page.getByRole('link', { name: 'Stop looking' }).click()
  await page.waitForURL(`${url}/outbox`)
})
