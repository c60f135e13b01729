import assert from 'node:assert/strict'
import type { EventFilter, EventQuery, EventRecord, Storage } from '../../src/core/storage.ts'
import { contract, event, loginId, now, tenant, user } from './records.ts'

const start = now * 1000
const always: Omit<EventQuery, 'filter'> = { from: 0, to: start * 2, isOldestFirst: true, limit: 200, offset: 0 }

const search = async (storage: Storage, projectId: string, filter: EventFilter, query: Partial<EventQuery> = {}) => {
  const found = await storage.events.search(projectId, { ...always, filter, ...query })
  assert.ok(found)
  return { ids: found.items.map(({ id }) => id), total: found.total }
}

const agents = {
  desktop: 'Mozilla/5.0 (Windows NT 10.0)',
  phone: 'Mozilla/5.0 (iPhone) Mobile',
  bot: 'GoogleBot/2.1 (Windows)',
  unknown: '',
}

/** Events a millisecond apart, by what is special about each. */
const given: Readonly<Record<string, Partial<EventRecord>>> = {
  a: { type: 'session.start', userId: 'U1', actorId: 'U1', ip: '192.0.2.7', userAgent: agents.phone, data: { amr: 'pwd' } },
  b: { type: 'session.start', userId: 'U2', actorId: 'U2', data: { amr: 'pwdx mfa', tenantId: 'T1' }, userAgent: agents.bot },
  c: {
    type: 'session.startle',
    userId: '',
    actorId: '',
    actorKind: 'anonymous',
    outcome: 'failure',
    userAgent: agents.unknown,
    data: { tenantId: '' },
  },
  d: { type: 'user.create', userId: 'U3', actorId: 'K1', actorKind: 'managementKey', data: { note: '100%_"Ünï', tenantId: 'T2' } },
  e: {
    type: 'user.create',
    userId: 'U9',
    actorId: 'K1',
    actorKind: 'managementKey',
    userAgent: agents.desktop,
    data: { x: '"tenantId":"T1"' },
  },
}

async function writeAll(storage: Storage, projectId: string): Promise<void> {
  await storage.tenants.insert(tenant(projectId, 'T1'))
  for (const id of ['U1', 'U2', 'U3']) await storage.users.insert(user(projectId, id), [loginId(id.toLowerCase())])
  await storage.grants.join(projectId, 'U1', 'T1')
  for (const [index, [id, fields]] of Object.entries(given).entries()) {
    await storage.events.insert(event(projectId, 'U1', id, { userAgent: agents.desktop, occurredAtMilliseconds: start + index, ...fields }))
  }
}

contract('events: every filter by itself, and what matches none', async ({ storage, here, there }) => {
  await writeAll(storage, here)
  await storage.events.insert(event(there, 'U1', 'z', { occurredAtMilliseconds: start }))
  const type = 'session.start'
  const none = { patterns: [], userIds: [] }
  const cases: readonly (readonly [filter: EventFilter, expected: string])[] = [
    [{}, 'abcde'],
    [{ userIds: ['U1', 'U3', 'U-none'] }, 'ad'],
    [{ userIds: [] }, ''],
    [{ excludedUserIds: ['U1', 'U3'] }, 'bce'],
    [{ actorIds: ['K1', 'U2'] }, 'bde'],
    [{ outcome: 'failure' }, 'c'],
    [{ ips: ['192.0.2.7'] }, 'a'],
    [{ devices: ['Mobile'] }, 'a'],
    [{ devices: ['Bot'] }, 'b'],
    [{ devices: ['Desktop', 'Unknown'] }, 'cde'],
    [{ devices: [] }, ''],
    [{ anyOf: [[{ type }]] }, 'ab'],
    [{ anyOf: [[{ type, isPrefix: true }]] }, 'abc'],
    [{ anyOf: [[{ type, isPrefix: true, outcome: 'success' }]] }, 'ab'],
    [{ anyOf: [[{ type, dataHolds: ['"amr":"pwd"', '"amr":"pwd '] }]] }, 'a'],
    [{ anyOf: [[{ type }, { type: 'user.create' }], [{ type: 'user.', isPrefix: true }]] }, 'de'],
    [{ anyOf: [[]] }, ''],
    [{ noneOf: [{ type }, { type: 'session.startle', outcome: 'success' }] }, 'cde'],
    [{ tenantIds: ['T1'] }, 'ab'],
    [{ tenantIds: ['T2', 'T-none'] }, 'd'],
    [{ tenantIds: [], withoutTenant: true }, 'ce'],
    [{ tenantIds: ['T2'], withoutTenant: true }, 'cde'],
    [{ text: { ...none, lower: 'startle' } }, 'c'],
    [{ text: { ...none, lower: '100%_' } }, 'd'],
    [{ text: { ...none, lower: 'nï' } }, 'd'],
    [{ text: { ...none, lower: 'iphone' } }, 'a'],
    [{ text: { ...none, lower: '%' } }, 'd'],
    [{ text: { lower: 'nowhere', patterns: [{ type, outcome: 'success' }], userIds: ['U3'] } }, 'abd'],
    [{ text: { ...none, lower: "' or '1'='1" } }, ''],
    [{ actorIds: ["' or '1'='1"], tenantIds: ["')--"] }, ''],
  ]
  for (const [filter, expected] of cases) {
    const ids = expected === '' ? [] : expected.split('')
    assert.deepEqual(await search(storage, here, filter), { ids, total: ids.length }, JSON.stringify(filter))
    assert.deepEqual((await search(storage, here, filter, { isOldestFirst: false })).ids, ids.toReversed(), JSON.stringify(filter))
  }
})

contract('events: time and pages', async ({ storage, here }) => {
  await writeAll(storage, here)
  for (const filter of [{}, { excludedUserIds: ['U-none'] }, { userIds: ['U1', 'U2', '', 'U3', 'U9'] }]) {
    assert.deepEqual(await search(storage, here, filter, { from: start + 1, to: start + 3 }), { ids: ['b', 'c', 'd'], total: 3 })
    assert.deepEqual(await search(storage, here, filter, { limit: 2, offset: 1 }), { ids: ['b', 'c'], total: 5 })
    assert.deepEqual(await search(storage, here, filter, { limit: 2, offset: 4, isOldestFirst: false }), { ids: ['a'], total: 5 })
    assert.deepEqual(await search(storage, here, filter, { offset: 9 }), { ids: [], total: 5 })
    assert.deepEqual(await search(storage, here, filter, { from: start + 9 }), { ids: [], total: 0 })
  }
})

contract('events: more than one part of them, many in one millisecond', async ({ storage, here }) => {
  const count = 20_100
  const batch = 300
  const idOf = (index: number) => `E${String(index).padStart(5, '0')}`
  const write = (first: number) =>
    storage.transaction(async (tx) => {
      for (let index = first; index < first + batch; index++) {
        const at = { occurredAtMilliseconds: start + Math.floor(index / 1000), outcome: index % 2 === 0 ? 'success' : 'failure' } as const
        await tx.events.insert(event(here, 'U1', idOf(index), at))
      }
    })
  for (let first = 0; first < count; first += batch * 4) {
    const firsts = [0, 1, 2, 3].map((one) => first + one * batch).filter((one) => one < count)
    await Promise.all(firsts.map(write))
  }
  assert.deepEqual(await search(storage, here, {}, { limit: 3, offset: 19_998 }), { ids: [19_998, 19_999, 20_000].map(idOf), total: count })
  const newest = await search(storage, here, { outcome: 'success' }, { isOldestFirst: false, limit: 4, offset: 9_998 })
  assert.deepEqual(newest, { ids: [102, 100, 98, 96].map(idOf), total: count / 2 })
})

contract('events of test users are not kept, but for those that say so', async ({ storage, here, there }) => {
  await storage.users.insert(user(here, 'U1', { isTest: true }), [loginId('a')])
  await storage.users.insert(user(there, 'U1'), [loginId('a')])
  await storage.events.insertUnlessOfTestUser(event(here, 'U1', 'a'))
  await storage.events.insertUnlessOfTestUser(event(here, 'U2', 'b', { data: { whole: ['ü', 1] } }))
  await storage.events.insertUnlessOfTestUser(event(there, 'U1', 'c'))
  await storage.events.insert(event(here, 'U1', 'd'))
  assert.deepEqual((await search(storage, here, {})).ids, ['b', 'd'])
  assert.deepEqual((await search(storage, there, {})).ids, ['c'])
  const found = await storage.events.search(here, { ...always, filter: { userIds: ['U2'] } })
  assert.deepEqual(found?.items, [event(here, 'U2', 'b', { data: { whole: ['ü', 1] } })])
})
