import assert from 'node:assert/strict'
import { copyFile, mkdir, readFile, stat, truncate } from 'node:fs/promises'
import { join } from 'node:path'
import { before, test } from 'node:test'
import { freshPath, run } from './test-program.ts'

const data = freshPath()
let projectId: string

before(async () => {
  const { code, stdout, stderr } = await run(['init', '--data', data, '--json'])
  assert.equal(code, 0, stderr)
  projectId = JSON.parse(stdout).projectId
  const made = await run(['user', 'create', 'ada@example.com', '--data', data])
  assert.equal(made.code, 0, made.stderr)
})

const file = () => join(data, 'postern.backup')

test('RL-09: backup: a private file that is never replaced unasked, and restore puts it into another place with the key file', async () => {
  const done = await run(['backup', file(), '--data', data, '--json'])
  assert.equal(done.code, 0, done.stderr)
  const facts = JSON.parse(done.stdout)
  assert.deepEqual([facts.file, facts.users, typeof facts.bytes, typeof facts.seconds], [file(), 1, 'number', 'number'])
  assert.equal((await stat(file())).mode & 0o777, 0o600)
  const before = await readFile(file())
  assert.deepEqual((({ code, stderr }) => [code, /--force/.test(stderr)])(await run(['backup', file(), '--data', data])), [2, true])
  assert.deepEqual(await readFile(file()), before)
  assert.match((await run(['backup', file(), '--verify', '--data', data])).stdout, /is whole: 1 users/)

  const target = freshPath()
  const restore = (...words: string[]) => run(['restore', file(), '--data', target, ...words])
  const unsaid = await restore()
  assert.deepEqual([unsaid.code, /--end-sessions or --keep-sessions/.test(unsaid.stderr)], [2, true])
  const keyless = await restore('--end-sessions')
  assert.deepEqual([keyless.code, /masterKeyFile/.test(keyless.stderr)], [2, true])
  await mkdir(target, { mode: 0o700 })
  await copyFile(join(data, 'master.key'), join(target, 'master.key'))
  const restored = await restore('--end-sessions')
  assert.equal(restored.code, 0, restored.stderr)
  assert.match(restored.stdout, /1 users.* are restored, as of .*All sessions are ended/s)
  assert.match((await run(['user', 'show', 'ada@example.com', '--data', target])).stdout, /ada@example\.com/)
  assert.match((await run(['audit', '--data', target])).stdout, /database\.restore.*"endSessions":true/)
  const again = await restore('--end-sessions')
  assert.deepEqual([again.code, /not empty/.test(again.stderr)], [1, true])
  assert.match((await run(['project', 'list', '--data', target])).stdout, new RegExp(projectId))
})

test('RL-09: backup: a file that is cut is told from a whole one, and a pipe takes one too', async () => {
  const piped = await run(['backup', '-', '--data', data])
  assert.deepEqual([piped.code, piped.stderr], [0, ''])
  const cut = join(data, 'cut.backup')
  await run(['backup', cut, '--data', data])
  await truncate(cut, 100)
  const { code, stderr } = await run(['backup', cut, '--verify', '--data', data])
  assert.deepEqual([code, /backup|damaged/.test(stderr), /at .*\.ts/.test(stderr)], [1, true, false])
  const nothing = await run(['backup', join(data, 'other'), '--data', freshPath()])
  assert.deepEqual([nothing.code, /no database/.test(nothing.stderr)], [1, true])
})
