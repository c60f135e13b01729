import assert from 'node:assert/strict'
import { before, test } from 'node:test'
import { Settings } from '../core/settings.ts'
import { openStorage } from '../storage/open.ts'
import { freshPath, run } from './test-program.ts'
import { unreachable } from './unreachable.ts'

const data = freshPath()
const on = (...words: readonly string[]) => run([...words, '--data', data])
const json = async (...words: readonly string[]) => {
  const { code, stdout, stderr } = await on(...words, '--json')
  assert.equal(code, 0, stderr)
  return JSON.parse(stdout)
}
const now = Math.floor(Date.now() / 1000)

before(async () => {
  const { projectId } = await json('init')
  const storage = await openStorage({ database: `sqlite:${data}/postern.db` })
  const about = {
    projectId,
    kind: 'password.reset',
    channel: 'email',
    userId: '',
    recipientDigest: 'digest',
    sealedContent: 'sealed',
    isUnanswered: false,
  }
  const usual = { ...about, attempts: 3, reason: 'The peer answered 550', nextAttemptAt: now, createdAt: now - 60, finishedAt: now }
  await storage.outbox.insert({ ...usual, id: 'Mfailed', state: 'failed', expiresAt: now + 600 })
  await storage.outbox.insert({ ...usual, id: 'Mdead', state: 'failed', expiresAt: now - 1, createdAt: now - 90 })
  await storage.outbox.insert({ ...usual, id: 'Msent', state: 'sent', expiresAt: now + 600, createdAt: now - 120, reason: '' })
  await storage.close()
})

test('message: list, show and counts', async () => {
  const ids = async (...words: readonly string[]) => (await json('message', 'list', ...words)).messages.map(({ id }: { id: string }) => id)
  assert.deepEqual(await ids(), ['Mfailed', 'Mdead', 'Msent'])
  assert.deepEqual(await ids('--state', 'sent', '--kind', 'password.reset', '--channel', 'email'), ['Msent'])
  assert.deepEqual(await ids('--since', '80s'), ['Mfailed'])
  assert.deepEqual(await ids('--recipient', 'ada@example.com'), [])
  assert.deepEqual(await ids('--user', 'ada@example.com'), [])
  const { stdout } = await on('message', 'list', '--limit', '1')
  assert.match(stdout, /^20\S+Z {2}Mfailed {2}password\.reset {2}email {2}failed {2}3 attempts {2}The peer answered 550\nmore: --page 1\n$/)
  const shown = await json('message', 'show', 'Mfailed')
  assert.deepEqual([shown.state, shown.attempts, shown.nextAttempt], ['failed', 3, ''])
  assert.equal((await on('message', 'show', 'Mnone')).code, 3)
  assert.equal((await on('message', 'counts')).stdout, 'email  failed  2\nemail  sent  1\n')
})

test('RL-12: message retry', async () => {
  assert.equal((await on('message', 'retry')).code, 2, 'not everything by mistake')
  assert.equal((await on('message', 'retry', 'Mdead', 'Mfailed')).stdout, '1 wait again\nMdead  expired\n')
  assert.deepEqual(await json('message', 'retry', '--all'), { retried: [], refused: [{ id: 'Mdead', reason: 'expired' }], hasMore: false })
  const [event] = (await json('audit', '--action', 'message.retry')).events
  assert.deepEqual([event.actorKind, event.data], ['commandLine', { count: 1, ids: ['Mfailed'] }])
})

for (const words of [
  ['list', '--limit', '201'],
  ['list', '--state', 'lost'],
  ['list', '--since', 'yesterday'],
]) {
  test(`message: ${words.join(' ')} is a wrong usage`, async () => assert.equal((await on('message', ...words)).code, 2))
}

test('doctor: tells which ways to sign in reach nobody', () => {
  const settings = Settings.parse({ enchantedLink: { enabled: false } })
  const end = ': nothing takes such messages, and calls are refused with E061002.'
  assert.deepEqual(
    unreachable(settings, (channel) => channel === 'email'),
    [`magicLink reaches nobody by sms, whatsapp${end}`, `otp reaches nobody by sms, voice, whatsapp, im${end}`],
  )
  assert.deepEqual(
    unreachable(settings, () => false),
    [`magicLink reaches nobody${end}`, `otp reaches nobody${end}`],
  )
  assert.deepEqual(
    unreachable(settings, () => true),
    [],
  )
})
