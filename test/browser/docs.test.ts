import assert from 'node:assert/strict'
import { browserTest, type Visit } from './browser.ts'

async function checkDocs({ kit, url, page }: Visit): Promise<void> {
  await page.goto(`${url}/docs`)
  await page.locator('.opblock').first().waitFor()
  const { paths } = kit.auth.api.openApi() as { paths: Record<string, Record<string, unknown>> }
  const operations = Object.values(paths).flatMap((methods) => Object.keys(methods))
  assert.equal(await page.locator('.opblock').count(), operations.length)

  const readiness = page.locator('.opblock', { hasText: '/readyz' })
  await readiness.locator('.opblock-summary-control').click()
  await readiness.getByRole('button', { name: 'Try it out' }).click()
  await readiness.getByRole('button', { name: 'Execute' }).click()
  await readiness.locator('.live-responses-table .response-col_status', { hasText: '200' }).waitFor()
}

browserTest('docs: every operation is there, and one can be tried', checkDocs)
browserTest('docs: the same below a path', checkDocs, { prefix: '/auth' })
