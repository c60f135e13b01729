import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import test from 'node:test'
import { createSealer } from '../core/secrets.ts'
import { openMessage } from './sealed-message.ts'
import { hostileAddresses } from './test-addresses.ts'
import { inWorld, link, newMail, project, projectId } from './test-world.ts'

const projectIdOfNobody = `P${'2'.repeat(27)}`

test(
  'RC-02: a queued mail shows neither link nor token nor address, in no encoding',
  inWorld(async ({ queue, rows }) => {
    await queue()
    const [row] = await rows()
    assert.ok(row)
    const stored = [JSON.stringify(row), Buffer.from(row.sealedContent.split('.')[2] ?? '', 'base64url').toString('latin1')]
    for (const secret of [link, 'canary-secret-0123456789', 'ada@example.com']) {
      for (const form of [secret, Buffer.from(secret).toString('base64url'), Buffer.from(secret).toString('hex')]) {
        for (const text of stored) assert.ok(!text.includes(form), form)
      }
    }
  }),
)

test(
  'CR-01: a message opens in its own row only, and two seals of one mail differ',
  inWorld(async ({ queue, rows, sealer }) => {
    await queue()
    await queue()
    const [one, two] = await rows()
    assert.ok(one && two)
    assert.notEqual(one.sealedContent, two.sealedContent)
    const { to, values, kind } = newMail()
    const user = { name: '', givenName: '', familyName: '', email: '', phone: '' }
    const wishes = { locales: [], templateId: '', isPrivileged: false, isTest: false, options: {} }
    const opened = { projectId, id: one.id, kind, channel: 'email', to, values, user, ...wishes }
    assert.deepEqual(openMessage(sealer, one), opened)
    assert.throws(() => openMessage(sealer, { ...one, sealedContent: two.sealedContent }))
    assert.throws(() => openMessage(sealer, { ...one, projectId: projectIdOfNobody }))
    const other = createSealer(randomBytes(32), { bytes: (length) => randomBytes(length) })
    assert.throws(() => openMessage(other, one))
  }),
)

test(
  'what opens must be a mail to one plain address; the error quotes nothing',
  inWorld(async ({ sealer }) => {
    const user = { name: '', givenName: '', familyName: '', email: '', phone: '' }
    const rest = { values: { link: 'canary' }, user, locales: [], templateId: '', isPrivileged: false, isTest: false, options: {} }
    for (const sealed of [
      'canary',
      '"canary"',
      'null',
      JSON.stringify({ to: 'canary@example.com' }),
      JSON.stringify({ ...rest, to: ['canary@example.com'] }),
      JSON.stringify({ ...rest, to: 'canary@example.com,me@evil.example' }),
      JSON.stringify({ ...rest, to: 'canary@example.com', bcc: 'me@evil.example' }),
      JSON.stringify({ ...rest, to: 'canary@example.com', values: { link: { html: 'canary' } } }),
    ]) {
      const record = {
        projectId,
        id: 'M1',
        kind: 'password.reset',
        channel: 'email',
        sealedContent: sealer.seal(`outbox/${projectId}/M1`, sealed),
      }
      assert.throws(
        () => openMessage(sealer, record),
        (error: Error) => !`${error.message}${error.stack}`.includes('canary@') && !/evil/.test(error.message),
      )
    }
  }),
)

test(
  'RL-01: a mail commits with what it is about',
  inWorld(async ({ storage, outbox, rows }) => {
    const failed = storage.transaction(async (tx) => {
      await outbox.queue(tx, newMail())
      throw new Error('rolled back')
    })
    await assert.rejects(failed, /rolled back/)
    assert.deepEqual(await rows(), [])
  }),
)

test(
  'IN-05: nothing is queued for a hostile address, and the error does not repeat it',
  inWorld(async ({ queue, rows }) => {
    for (const [name, to] of hostileAddresses) {
      await assert.rejects(queue({ to }), (error: Error) => to === '' || !error.message.includes(to), name)
    }
    assert.deepEqual(await rows(), [])
  }),
)

test(
  'with a mail server a message waits and ends; without one it is kept',
  inWorld(async (sending) => {
    await sending.queue()
    const [row] = await sending.rows()
    const { state, attempts, nextAttemptAt, createdAt, expiresAt, finishedAt } = row ?? {}
    const now = sending.now()
    assert.deepEqual([state, attempts, nextAttemptAt, createdAt, expiresAt, finishedAt], ['pending', 0, now, now, now + 1_800, 0])
  }),
)

test(
  'without a mail server a message is kept, and is nothing for a sender',
  inWorld(
    async ({ queue, rows, storage, now }) => {
      await queue()
      const [row] = await rows()
      assert.deepEqual([row?.state, row?.finishedAt], ['kept', now()])
      assert.deepEqual(await storage.outbox.figures(), [])
    },
    { mode: 'keep' },
  ),
)

test(
  'EN-03: a decoy is a row like another, is shown and sent to nobody, and goes with the next purge',
  inWorld(async ({ storage, outbox, queue, rows, sender, now }) => {
    await queue()
    await storage.transaction((tx) => outbox.queueDecoy(tx, { project, kind: 'password.reset', channel: 'email', ttlSeconds: 1_800 }))
    const [real, decoy] = await rows()
    assert.ok(real && decoy)
    const ratio = decoy.sealedContent.length / real.sealedContent.length
    assert.ok(ratio > 0.5 && ratio < 2, `sizes are alike: ${ratio}`)
    assert.equal((await outbox.recent(10)).length, 1)
    assert.equal(await sender({ send: async () => undefined }).runOnce(), 1)
    assert.equal(await storage.purge(now(), 100), 1)
    assert.deepEqual(
      (await rows()).map(({ id }) => id),
      [real.id],
    )
  }),
)

test(
  'recent mails are shown as their recipients see them, newest first also within a second',
  inWorld(async ({ storage, outbox, queue, rows, advance }) => {
    for (const to of ['one@a.example', 'two@a.example', 'three@a.example']) await queue({ to, kind: 'password.changed', values: {} })
    advance(1)
    await queue()
    for (let count = 0; count < 5; count++) {
      await storage.transaction((tx) => outbox.queueDecoy(tx, { project, kind: 'password.reset', channel: 'email', ttlSeconds: 60 }))
    }
    const shown = await outbox.recent(4)
    assert.deepEqual(
      shown.map(({ to }) => to),
      ['ada@example.com', 'three@a.example', 'two@a.example', 'one@a.example'],
    )
    const [newest, second] = shown
    assert.deepEqual([newest?.to, newest?.link, newest?.state, second?.link], ['ada@example.com', link, 'pending', undefined])
    assert.ok(newest?.text.includes(`\n${link}\n`) && newest.html.includes('Acme'))
    assert.equal((await outbox.recent(2)).length, 2)
    const [oldest] = await rows()
    await storage.outbox.insert({ ...oldest, id: 'Mdamaged', sealedContent: 'v1.x.y' } as never)
    assert.equal((await outbox.recent(100)).length, 4, 'a damaged row does not hide the others')
  }),
)
