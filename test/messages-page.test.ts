import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { onEveryDatabase } from './kit.ts'

onEveryDatabase('the page about messages runs as it stands', async (kit) => {
  const page = await readFile(new URL('../docs/messages.md', import.meta.url), 'utf8')
  const blocks = [...page.matchAll(/```js\n(.*?)```/gs)].map((match) => match[1] ?? '')
  assert.equal(blocks.length, 2)
  await kit.signUp('ada@example.com')
  const AsyncFunction = (async () => undefined).constructor as new (
    ...words: string[]
  ) => (...given: unknown[]) => Promise<readonly [{ text: string }, Response]>
  const run = new AsyncFunction('fetch', 'baseUrl', 'projectId', 'managementKey', `${blocks.join('\n')}\nreturn [preview, reset]`)
  const fetched = (url: string, init: RequestInit) => kit.auth.handler(new Request(url, init), { remoteAddress: '127.0.0.1' })
  const [preview, reset] = await run(fetched, 'http://127.0.0.1:8787', kit.projectId, kit.managementKey)
  assert.match(preview.text, /^Neues Passwort: https:/)
  assert.equal(reset.status, 200)
  const [mail] = await kit.mails()
  assert.equal(mail?.subject, 'A new password for Acme')
  assert.match(mail?.text ?? '', /^Hello there\nChoose a new password within 30 minutes\.\n[\s\S]*Spring sale$/)
})
