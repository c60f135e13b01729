import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { onEveryDatabase } from './fixture.ts'

const check = onEveryDatabase()

check('management: the page about administering runs as it stands', async ({ newSdk, managementKey }) => {
  const page = await readFile(new URL('../docs/administration.md', import.meta.url), 'utf8')
  const blocks = [...page.matchAll(/```js\n(.*?)```/gs)].map((match) => match[1] ?? '')
  assert.ok(blocks.length >= 8)
  const client = newSdk({ managementKey })
  // Answers are data, not exceptions: each call is held to having succeeded.
  const strict = <T extends object>(target: T): T =>
    new Proxy(target, {
      get(from, name) {
        const value: unknown = Reflect.get(from, name)
        if (typeof value === 'function') {
          return async (...given: readonly unknown[]) => {
            const answer = await Reflect.apply(value, from, given)
            assert.notEqual(answer?.ok, false, `${String(name)}: ${JSON.stringify(answer?.error)}`)
            return answer
          }
        }
        return typeof value === 'object' && value !== null ? strict(value) : value
      },
    })
  const script = `${blocks.join('\n')}\nreturn { found, exchanged, acting, trail, files }`
  const AsyncFunction = (async () => undefined).constructor as new (...words: string[]) => (...given: unknown[]) => Promise<Result>
  const result = await new AsyncFunction('admin', 'client', script)(strict(client.management), strict(client))
  assert.equal(result.found.users[0]?.name, 'Ada')
  assert.deepEqual(result.exchanged.token.roles, ['accountant'])
  assert.ok(result.acting.token.act)
  assert.ok(result.trail.length >= 3)
  assert.ok(result.files)
})

interface Result {
  readonly found: { readonly users: readonly { readonly name: string }[] }
  readonly exchanged: { readonly token: { readonly roles: readonly string[] } }
  readonly acting: { readonly token: { readonly act: unknown } }
  readonly trail: readonly unknown[]
  readonly files: unknown
}
