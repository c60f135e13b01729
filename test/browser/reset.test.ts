import assert from 'node:assert/strict'
import { goodPassword } from '../kit.ts'
import { browserTest, type Visit } from './browser.ts'

const loginId = 'ada@example.com'
const better = 'a better password than 1'

/** Signs somebody up, asks for a reset, and answers the link of the mail. */
async function resetLink({ kit }: Visit): Promise<string> {
  await kit.signUp(loginId)
  assert.equal((await kit.call('/v1/auth/password/reset', { body: { loginId } })).status, 200)
  const link = (await kit.mails()).find(({ kind }) => kind === 'password.reset')?.link
  assert.ok(link)
  return link
}

async function signsIn({ kit }: Visit, password: string): Promise<boolean> {
  return (await kit.call('/v1/auth/password/signin', { body: { loginId, password } })).status === 200
}

async function setPassword({ page }: Visit, password: string): Promise<void> {
  await page.getByLabel('New password').fill(password)
  await page.getByRole('button', { name: 'Set new password' }).click()
}

/** The whole way of somebody who forgot a password. */
async function checkReset(visit: Visit): Promise<void> {
  const { page, url } = visit
  const link = await resetLink(visit)
  assert.ok(link.startsWith(`${url}/reset/`))
  await page.goto(link)
  assert.equal(await page.getByRole('heading', { level: 1 }).textContent(), 'Choose a new password for Acme')
  assert.match((await page.locator('#password-hints').textContent()) ?? '', /at least 8 characters/)

  await setPassword(visit, 'short')
  assert.match((await page.getByRole('alert').textContent()) ?? '', /at least 8 characters/)
  assert.equal(await signsIn(visit, goodPassword), true)

  await setPassword(visit, better)
  assert.match((await page.getByRole('status').textContent()) ?? '', /Your new password is set/)
  assert.deepEqual([await signsIn(visit, goodPassword), await signsIn(visit, better)], [false, true])

  await page.goto(link)
  await setPassword(visit, 'yet another password 2')
  assert.match((await page.getByRole('alert').textContent()) ?? '', /expired or was used already/)
  assert.equal(await signsIn(visit, better), true)
}

browserTest('RC-10: a forgotten password is set anew on our page, once', checkReset)
browserTest('RC-10: the same below a path', checkReset, { prefix: '/auth' })
browserTest('RC-10: the same without scripts', checkReset, { browser: { javaScriptEnabled: false } })

browserTest('RC-10: the token leaves the address bar, and neither reload nor history has it', async (visit) => {
  const { page } = visit
  const link = await resetLink(visit)
  const token = new URL(link).searchParams.get('t') ?? ''
  await page.goto('about:blank')
  await page.goto(link)
  assert.equal(new URL(page.url()).search, '')
  assert.equal(await page.locator('input[name=t]').inputValue(), token)
  await setPassword(visit, 'short')
  await page.getByRole('alert').waitFor()
  assert.ok(!page.url().includes(token))
  await page.goBack()
  await page.getByText('Please open the link in the mail once more.').waitFor()
  assert.ok(!page.url().includes(token))
})
