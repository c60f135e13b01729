import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { onEveryDatabase } from './fixture.ts'

const check = onEveryDatabase()

interface Session {
  readonly ok: boolean
  readonly data: { readonly user: { readonly loginIds: readonly string[]; readonly name: string; readonly verifiedEmail: boolean } }
}

check('passwordless: the page about it runs as it stands', async ({ newSdk, url }) => {
  const page = await readFile(new URL('../docs/passwordless.md', import.meta.url), 'utf8')
  const blocks = [...page.matchAll(/```js\n(.*?)```/gs)].map((match) => match[1] ?? '')
  assert.equal(blocks.length, 5)
  const AsyncFunction = (async () => undefined).constructor as new (
    ...words: string[]
  ) => (...given: unknown[]) => Promise<readonly Session[]>
  const run = new AsyncFunction('client', 'baseUrl', 'console', `${blocks.join('\n')}\nreturn [ada, bob, eve]`)
  const sessions = await run(newSdk(), url, { log: () => undefined })
  const [ada, bob, eve] = sessions
  for (const session of sessions) assert.deepEqual([session.ok, session.data.user.verifiedEmail], [true, true])
  assert.deepEqual(
    [ada?.data.user.name, bob?.data.user.loginIds, eve?.data.user.loginIds],
    ['Ada', ['bob@example.com'], ['eve@example.com']],
  )
})
