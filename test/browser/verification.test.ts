import assert from 'node:assert/strict'
import { browserTest, type Visit } from './browser.ts'

const loginId = 'ada@example.com'

async function verificationLink({ kit }: Visit): Promise<string> {
  await kit.signUp(loginId, undefined, { isVerified: false })
  const link = (await kit.mails()).find(({ kind }) => kind === 'email.verify')?.link
  assert.ok(link)
  return link
}

async function isVerified({ kit }: Visit): Promise<boolean> {
  return (await kit.auth.api.showUser({ projectId: kit.projectId, loginId })).user.isEmailVerified
}

async function checkVerification(visit: Visit): Promise<void> {
  const { page } = visit
  const link = await verificationLink(visit)
  await page.goto(link)
  assert.equal(await page.getByRole('heading', { level: 1 }).textContent(), 'Confirm your e-mail address for Acme')
  assert.equal(await isVerified(visit), false)
  await page.getByRole('button', { name: 'Confirm' }).click()
  assert.match((await page.getByRole('status').textContent()) ?? '', /is confirmed/)
  assert.equal(await isVerified(visit), true)

  await page.goto(link)
  await page.getByRole('button', { name: 'Confirm' }).click()
  assert.match((await page.getByRole('alert').textContent()) ?? '', /expired or was used already/)
}

browserTest('RC-10: an address is confirmed by the button, not by opening the page, and once', checkVerification)
browserTest('RC-10: confirming below a path', checkVerification, { prefix: '/auth' })
browserTest('RC-10: confirming without scripts', checkVerification, { browser: { javaScriptEnabled: false } })

browserTest('RC-10: the token leaves the address bar of the confirmation', async (visit) => {
  const { page } = visit
  await page.goto(await verificationLink(visit))
  assert.equal(new URL(page.url()).search, '')
  await page.reload()
  assert.match((await page.getByRole('alert').textContent()) ?? '', /open the link in the mail once more/)
})
