import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { onEveryDatabase } from './fixture.ts'

const check = onEveryDatabase()

interface Session {
  readonly ok: boolean
  readonly data: { readonly user: { readonly loginIds: readonly string[] } }
}

check('testing: the sample of the page about it runs as it stands', async ({ newSdk, url }) => {
  const page = await readFile(new URL('../docs/testing.md', import.meta.url), 'utf8')
  const [, sample = ''] = /```js\n(.*?)```/s.exec(page) ?? []
  const AsyncFunction = (async () => undefined).constructor as new (...words: string[]) => (...given: unknown[]) => Promise<Session>
  const run = new AsyncFunction('client', 'baseUrl', `${sample}\nreturn tess`)
  const { ok, data } = await run(newSdk(), url)
  assert.deepEqual([ok, data.user.loginIds], [true, ['tess@example.com']])
})
