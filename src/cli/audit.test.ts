import assert from 'node:assert/strict'
import { before, test } from 'node:test'
import { freshPath, run } from './test-program.ts'

const data = freshPath()
const on = (...words: readonly string[]) => run([...words, '--data', data])

async function events(...words: readonly string[]): Promise<readonly Readonly<Record<string, unknown>>[]> {
  const { code, stdout, stderr } = await on('audit', '--json', ...words)
  assert.equal(code, 0, stderr)
  return JSON.parse(stdout).events
}

before(async () => {
  assert.equal((await on('init')).code, 0)
  for (const loginId of ['ada@example.com', 'bob@example.com']) assert.equal((await on('user', 'create', loginId)).code, 0)
  assert.equal((await on('user', 'delete', 'bob@example.com')).code, 0)
})

test('audit: what happened, newest first, with who did it and no secret', async () => {
  const [last, , made] = await events()
  assert.deepEqual([last?.type, last?.actorKind, last?.outcome, last?.loginIds], ['user.delete', 'commandLine', 'success', []])
  assert.deepEqual([made?.action, made?.loginIds], ['UserCreated', ['ada@example.com']])
  const { stdout } = await on('audit', '--since', '1h', '--limit', '1', '--page', '1')
  assert.match(stdout, /^20\d\d-\d\d-\d\dT\S+Z {2}user\.create {2}success {2}commandLine {2}about U\S+ {2}\{.*\}\n\d more: --page 2\n$/)
})

test('audit: filters', async () => {
  assert.deepEqual(
    (await events('--action', 'UserDeleted', '--action', 'user.none')).map(({ type }) => type),
    ['user.delete'],
  )
  const about = await events('--user', 'ADA@example.com')
  assert.deepEqual(
    about.map(({ type }) => type),
    ['user.create'],
  )
  assert.deepEqual(await events('--user', String(about[0]?.userId)), about)
  assert.deepEqual(await events('--failed'), [])
  assert.deepEqual(await events('--until', '2020-01-31'), [])
  assert.deepEqual(await events('--actor', 'K-none'), [])
  assert.equal((await events('--text', 'USER.DEL')).length, 1)
})

for (const [name, words] of [
  ['an age without a unit', ['--since', '5']],
  ['no date', ['--since', 'yesterday']],
  ['a page that is too long', ['--limit', '201']],
  ['a page before the first', ['--page', '-1']],
] as const) {
  test(`audit: ${name} is a wrong usage`, async () => assert.equal((await on('audit', ...words)).code, 2))
}
