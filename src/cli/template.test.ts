import assert from 'node:assert/strict'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { freshPath, run } from './test-program.ts'

test('a template begins with the built-in text, is set from files, tried, used and deleted', async () => {
  const data = freshPath()
  const folder = freshPath()
  mkdirSync(folder)
  const template = async (words: readonly string[]) => run(['template', ...words, '--data', data])
  const ok = async (words: readonly string[]) => {
    const { code, stdout, stderr } = await template([...words, '--json'])
    assert.equal(code, 0, stderr)
    return JSON.parse(stdout)
  }
  assert.equal((await run(['init', '--json', '--data', data])).code, 0)
  const { kinds } = await ok(['kinds'])
  assert.ok(kinds.some(({ kind }: { kind: string }) => kind === 'password.reset'))

  const { files } = await ok(['built-in', 'password.reset', '--language', 'de', '--into', folder])
  const names = ['password.reset.email.de.html', 'password.reset.email.de.txt', 'password.reset.email.json']
  assert.deepEqual(
    files,
    names.map((name) => join(folder, name)),
  )
  assert.equal((await template(['built-in', 'password.reset', '--language', 'de', '--into', folder])).code, 1, 'nothing is written over')
  const file = join(folder, 'password.reset.email.json')
  const html = join(folder, 'password.reset.email.de.html')
  writeFileSync(html, readFileSync(html, 'utf8').replace('<body', '<body title="{{ nope }}"'))
  const refused = await template(['set', file])
  assert.equal(refused.code, 1)
  assert.match(refused.stderr, /de, body, line \d+, column \d+: there is no variable nope/)
  writeFileSync(html, readFileSync(html, 'utf8').replace('{{ nope }}', 'ours'))
  assert.match((await ok(['preview', '--file', file])).html, /<body title="ours"/)

  const { templates } = await ok(['set', file])
  const [{ id }] = templates
  assert.deepEqual(templates, [{ id, name: 'password.reset.email', active: false, isNew: true }])
  assert.match(
    (await template(['set', file, '--activate'])).stdout,
    new RegExp(`^${id} {2}password\\.reset\\.email {2}changed, active$`, 'm'),
  )
  assert.equal((await ok(['list'])).templates[0].languages[0], 'de')
  assert.match((await template(['list'])).stdout, /password\.reset {2}email {2}password\.reset\.email {2}de {2}active/)

  const shown = (await template(['show', id])).stdout
  const again = join(folder, 'again.json')
  writeFileSync(again, shown)
  assert.equal((await ok(['set', again])).templates[0].isNew, false)

  const preview = await template(['preview', '--id', id, '--language', 'de', '--html', join(folder, 'out.html')])
  assert.match(preview.stdout, /^Subject: .*\n\n/)
  assert.match(readFileSync(join(folder, 'out.html'), 'utf8'), /^<!doctype html>/)
  assert.match((await template(['preview', '--kind', 'email.verify'])).stdout, /^Subject: Confirm/)

  const send = ['template', 'send-test', 'a@example.com', '--id', id, '--data', data]
  const refusedTest = await run(send, { environment: { POSTERN_OUTBOX: 'false' } })
  assert.match(refusedTest.stderr, /Nothing carries messages/)
  assert.equal((await run(send)).stdout, 'queued for a@example.com\n')

  for (const verb of ['deactivate', 'activate', 'delete']) await ok([verb, id])
  assert.equal((await template(['show', id])).code, 3)
  assert.deepEqual(await ok(['list']), { templates: [] })
})

test('files that are no templates are refused, and say why', async () => {
  const data = freshPath()
  const folder = freshPath()
  mkdirSync(folder)
  assert.equal((await run(['init', '--json', '--data', data])).code, 0)
  const file = join(folder, 'one.json')
  for (const [content, message] of [
    ['{', /is not JSON/],
    ['[]', /is no template/],
    ['{"name":"a","kind":"b","channel":"c","versions":{},"colour":1}', /no such member of a template: colour/],
    ['{"name":"a","kind":"b","versions":{}}', /must be texts/],
    [
      '{"name":"a","kind":"password.reset","channel":"email","versions":{"en":{"subject":"x","body":{"file":"none.html"}}}}',
      /none\.html: there is no such file/,
    ],
    ['{"name":"a","kind":"password.reset","channel":"pigeon","versions":{}}', /channel: must be one of email/],
  ] as const) {
    writeFileSync(file, content)
    const { code, stderr } = await run(['template', 'set', file, '--data', data])
    assert.equal(code, 2, stderr)
    assert.match(stderr, message)
  }
})
