import assert from 'node:assert/strict'
import type { MessageTemplateRecord } from '../../src/core/storage.ts'
import { contract, now, race } from './records.ts'

function template(projectId: string, id: string, given: Partial<MessageTemplateRecord> = {}): MessageTemplateRecord {
  const facts = { kind: 'password.reset', channel: 'email', name: id, isActive: false, isPublic: false }
  const versions = { en: { subject: 'é', body: '<p>{{ link }}</p>' } }
  return { projectId, id, ...facts, options: ['brand'], versions, createdAt: now, modifiedAt: now, ...given }
}

const names = (templates: readonly MessageTemplateRecord[]) => templates.map(({ name }) => name)

contract('message templates: found by ID in their project only, listed by kind, channel and name', async ({ storage, here, there }) => {
  const { messageTemplates } = storage
  const whole = template(here, 'MT1', { name: 'b', isActive: true, isPublic: true, modifiedAt: now + 1 })
  assert.equal(await messageTemplates.insert(whole), true)
  assert.equal(await messageTemplates.insert(template(here, 'MT2', { name: 'a' })), true)
  assert.equal(await messageTemplates.insert(template(here, 'MT3', { name: 'c', kind: 'email.verify' })), true)
  assert.equal(await messageTemplates.insert(template(there, 'MT1', { name: 'other' })), true)
  assert.deepEqual(await messageTemplates.byId(here, 'MT1'), whole)
  assert.equal(await messageTemplates.byId(there, 'MT2'), undefined)
  assert.deepEqual(names(await messageTemplates.list(here)), ['c', 'a', 'b'])
  assert.deepEqual(await messageTemplates.active(here, 'password.reset', 'email'), whole)
  assert.equal(await messageTemplates.active(here, 'password.reset', 'sms'), undefined)
  assert.equal(await messageTemplates.active(there, 'password.reset', 'email'), undefined)
})

contract('message templates: names are told apart within kind and channel, of which one is active', async ({ storage, here }) => {
  const { messageTemplates } = storage
  assert.equal(await messageTemplates.insert(template(here, 'MT1', { name: 'a', isActive: true })), true)
  assert.equal(await messageTemplates.insert(template(here, 'MT2', { name: 'a' })), false)
  assert.equal(await messageTemplates.insert(template(here, 'MT2', { name: 'b', isActive: true })), false)
  assert.equal(await messageTemplates.insert(template(here, 'MT2', { name: 'a', isActive: true, channel: 'sms' })), true)
  assert.equal(await messageTemplates.insert(template(here, 'MT3', { name: 'b' })), true)
  assert.equal(await messageTemplates.update(template(here, 'MT3', { name: 'a' })), false)
  assert.equal(await messageTemplates.update(template(here, 'MT3', { name: 'b', isActive: true })), false)
  // A broken name leaves the transaction usable.
  await storage.transaction(async (tx) => {
    assert.equal(await tx.messageTemplates.insert(template(here, 'MT4', { name: 'a' })), false)
    await tx.messageTemplates.deactivate(here, 'password.reset', 'email')
    assert.equal(await tx.messageTemplates.update(template(here, 'MT3', { name: 'b', isActive: true })), true)
  })
  assert.equal((await messageTemplates.active(here, 'password.reset', 'email'))?.id, 'MT3')
  assert.equal((await messageTemplates.active(here, 'password.reset', 'sms'))?.id, 'MT2')
})

contract('message templates: an update keeps what a template is of, and finds its own project only', async ({ storage, here, there }) => {
  const { messageTemplates } = storage
  for (const project of [here, there]) await messageTemplates.insert(template(project, 'MT1'))
  const changes = { name: 'new', isPublic: true, options: [], versions: { de: { subject: 's', body: 'b' } }, modifiedAt: now + 5 }
  assert.equal(await messageTemplates.update({ ...template(here, 'MT1', changes), kind: 'other.kind', channel: 'sms', createdAt: 1 }), true)
  assert.equal(await messageTemplates.update(template(here, 'MT9', changes)), false)
  assert.deepEqual(await messageTemplates.byId(here, 'MT1'), template(here, 'MT1', changes))
  assert.deepEqual(await messageTemplates.byId(there, 'MT1'), template(there, 'MT1'))
  assert.equal(await messageTemplates.delete(here, 'MT1'), true)
  assert.equal(await messageTemplates.delete(here, 'MT1'), false)
  assert.deepEqual(names(await messageTemplates.list(there)), ['MT1'])
})

contract('message templates: their texts are counted by project', async ({ storage, here, there }) => {
  const { messageTemplates } = storage
  assert.equal(await messageTemplates.countCharacters(here), 0)
  const one = { en: { body: 'é'.repeat(100) } }
  await messageTemplates.insert(template(here, 'MT1', { versions: one }))
  await messageTemplates.insert(template(here, 'MT2', { versions: one }))
  await messageTemplates.insert(template(there, 'MT1', { versions: { en: { body: 'x'.repeat(5000) } } }))
  assert.equal(await messageTemplates.countCharacters(here), 2 * JSON.stringify(one).length)
})

contract('message templates: of several that are made active at the same time one is', async ({ storage, here }) => {
  const made = await race(4, (index) => storage.messageTemplates.insert(template(here, `MT${index}`, { isActive: true })))
  assert.equal(made.filter(Boolean).length, 1)
  assert.equal((await storage.messageTemplates.list(here)).length, 1)
})
