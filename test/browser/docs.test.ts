import assert from 'node:assert/strict'
import { browserTest, type Visit } from './browser.ts'

async function checkDocs({ kit, url, page }: Visit): Promise<void> {
  await page.goto(`${url}/docs`)
  await page.locator('.opblock-tag').last().waitFor()
  const { paths } = kit.auth.api.openApi() as { paths: Record<string, Record<string, unknown>> }
  const operations = Object.values(paths).flatMap((methods) => Object.values(methods))
  const tags = new Set(operations.flatMap((operation) => (operation as { readonly tags: readonly string[] }).tags))
  assert.deepEqual(new Set(await page.locator('.opblock-tag').evaluateAll((all) => all.map((one) => one.getAttribute('data-tag')))), tags)

  await page.locator('.opblock-tag[data-tag="health"]').click()
  const readiness = page.locator('.opblock', { hasText: '/readyz' })
  await readiness.locator('.opblock-summary-control').click()
  await readiness.getByRole('button', { name: 'Try it out' }).click()
  await readiness.getByRole('button', { name: 'Execute' }).click()
  await readiness.locator('.live-responses-table .response-col_status', { hasText: '200' }).waitFor()
}

browserTest('docs: every operation is there, and one can be tried', checkDocs)
browserTest('docs: the same below a path', checkDocs, { prefix: '/auth' })
