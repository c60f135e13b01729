import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isDeepStrictEqual } from 'node:util'
import type { EventRecord } from '../../src/core/storage.ts'
import { databases } from '../databases.ts'
import { createKit, goodPassword, type Json, onEveryDatabase } from '../kit.ts'
import { rowsOf } from './dump.ts'
import { failingStorage } from './failing-storage.ts'
import { newPassword, type Row, type RowRequest, type World } from './route-rows/row.ts'
import { deliver, makeUser, makeWorld, stranger, table, withoutLimits } from './route-world.ts'

/**
 * Every change and every authentication is in the audit trail, with who did it, and without a secret (IN-08, MG-05). Driven by the route table: a route that changes something
 * fails this file until it writes an event.
 */

/** Routes that succeed here without an event, and why. */
const withoutEvent: Readonly<Record<string, string>> = {
  'POST /v1/auth/refresh': 'goes on with a session whose start is in the trail; a reuse is written',
  'POST /v1/auth/try-refresh': 'the same',
  'POST /v1/auth/validate': 'changes nothing',
  'POST /v1/auth/me/tenants': 'changes nothing',
  'POST /verify/{projectId}': 'the row has no link that opens: nothing changes',
  'POST /reset/{projectId}': 'the row has no link that opens: nothing changes',
}

/** What a developer does with the outbox of their own machine is nothing that happened in a project. */
const isMutating = (name: string, { access, effect }: Row) => {
  if (access === 'loopback') return false
  const method = name.split(' ')[0]
  return access === 'management' ? (effect ?? (method === 'GET' ? 'read' : 'write')) === 'write' : method !== 'GET'
}

function bearerOf(world: World, { access }: Row): string {
  const { projectId } = world.kit
  if (access === 'management') return `${projectId}:${world.keys.everyRight}`
  if (access === 'refresh' || access === 'refreshToken') return `${projectId}:${world.user.refreshJwt}`
  if (access === 'session') return `${projectId}:${world.user.sessionJwt}`
  return access === 'accessKey' ? `${projectId}:${world.accessKeys.usable}` : projectId
}

/** Only test users get codes without a message, but what they do is not kept: here they are users like any other from now on. */
async function makeReal({ kit }: World): Promise<void> {
  const { users } = kit.auth.deps.storage
  for (const userId of await users.listTestIds(kit.projectId, 1000)) await users.update(kit.projectId, userId, { isTest: false })
}

/** Events of this moment. */
async function eventsNow({ kit }: World): Promise<readonly EventRecord[]> {
  const now = kit.clock.nowMilliseconds()
  const query = { filter: {}, from: now, to: now, isOldestFirst: true, limit: 200, offset: 0 }
  return (await kit.auth.deps.storage.events.search(kit.projectId, query))?.items ?? []
}

/** Members whose values are secrets, in requests and in answers. */
const secretNames =
  /^(?:password|newPassword|oldPassword|token|jwt|sessionJwt|refreshJwt|cleartext|link|code|hash|salt|secret|managementKey|key|t)$/i

function secretsIn(value: unknown, name = ''): readonly string[] {
  if (typeof value === 'string') return secretNames.test(name) && value.length >= 6 ? [value] : []
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([member, inner]) => secretsIn(inner, Array.isArray(value) ? name : member))
}

function parsed(text: string): Json {
  try {
    return JSON.parse(text)
  } catch {
    return {}
  }
}

/** Whole secrets, and the parts of keys, links and tokens that bear the right. */
function formsOf(secret: string): readonly string[] {
  const parts = secret.split(/[.=]/).filter((part) => part.length >= 20)
  return [secret, ...parts.slice(1)]
}

function problemsOf(world: World, name: string, events: readonly EventRecord[], secrets: readonly string[]): readonly string[] {
  const keyId = world.keys.everyRight.split('.')[0]
  const isByKey = table[name]?.access === 'management'
  const hasActor = events.some(({ actorKind, actorId }) =>
    isByKey ? actorKind === 'managementKey' && actorId === keyId : actorKind !== 'system',
  )
  const isTold = isByKey && events.some(({ actorKind }) => actorKind === 'commandLine' || actorKind === 'anonymous')
  const trail = JSON.stringify(events)
  const leaks = secrets.filter((secret) => formsOf(secret).some((form) => trail.includes(JSON.stringify(form).slice(1, -1))))
  const isElsewhere = events.some((event) => event.projectId !== world.kit.projectId)
  return [
    ...(events.length === 0 && !withoutEvent[name] ? ['writes no event'] : []),
    ...(events.length > 0 && withoutEvent[name] ? ['writes an event after all: take it off the list'] : []),
    ...(events.length > 0 && !hasActor ? ['has no event by whoever called'] : []),
    ...(isTold ? ['has an event by somebody else'] : []),
    ...(isElsewhere ? ['has an event of another project'] : []),
    ...(events.some(({ ip }) => ip === '') ? ['has an event without the address it came from'] : []),
    ...leaks.map(() => 'has a secret in an event'),
  ].map((problem) => `${name} ${problem}`)
}

onEveryDatabase(
  'IN-08: every route that changes something or authenticates somebody writes who did it, and no secret',
  async (kit) => {
    const world = await makeWorld(kit)
    const problems: string[] = []
    let count = 0
    for (const [name, row] of Object.entries(table).filter(([name, row]) => isMutating(name, row))) {
      const own = row.isDestructive ? await makeWorld(await createKit(kit.auth.deps.storage, withoutLimits)) : world
      own.user = await makeUser(own.kit)
      const request: RowRequest = (await row.request?.(own)) ?? {}
      if (row.access !== 'management') await makeReal(own)
      // Whatever the request needed was written before this moment.
      own.kit.clock.advance(1)
      const { status, text } = await deliver(own, name, request, { bearer: bearerOf(own, row), ip: stranger })
      if (status !== 200) problems.push(`${name} was refused: ${status} ${text.slice(0, 200)}`)
      const used = [goodPassword, newPassword, own.keys.everyRight, own.user.refreshJwt, own.user.sessionJwt, own.accessKeys.usable]
      const secrets = [...used, ...secretsIn(request.body), ...secretsIn(request.form), ...secretsIn(parsed(text))]
      problems.push(...problemsOf(own, name, await eventsNow(own), secrets))
      count++
    }
    assert.deepEqual(problems, [])
    assert.ok(count > 80, 'the routes are there')
  },
  withoutLimits,
)

/** Tables that may change although the call fails: counters must count what was tried (BF-06). */
const mayChange = ['attempts']

for (const kind of databases) {
  test(`RL-11, IN-08: what cannot be written to the trail does not happen [${kind.name}]`, async () => {
    const opened = await kind.open()
    const failing = failingStorage(opened.storage)
    try {
      const kit = await createKit(failing.storage, withoutLimits)
      const world = await makeWorld(kit)
      const problems: string[] = []
      for (const [name, row] of Object.entries(table)) {
        if (!isMutating(name, row) || withoutEvent[name]) continue
        world.user = await makeUser(kit)
        const request: RowRequest = (await row.request?.(world)) ?? {}
        if (row.access !== 'management') await makeReal(world)
        kit.clock.advance(1)
        const before = await rowsOf(opened)
        failing.fail('events.insert', 'events.insertUnlessOfTestUser')
        const { status } = await deliver(world, name, request, { bearer: bearerOf(world, row), ip: stranger })
        failing.fail()
        const after = await rowsOf(opened)
        const changed = Object.keys(after).filter((one) => !mayChange.includes(one) && !isDeepStrictEqual(after[one], before[one]))
        if (status < 500) problems.push(`${name} answers ${status}`)
        if (changed.length > 0) problems.push(`${name} changes ${changed.join(', ')}`)
      }
      assert.deepEqual(problems, [])
    } finally {
      await opened.close()
    }
  })
}

onEveryDatabase('every exception is a route', async () => {
  assert.deepEqual(
    Object.keys(withoutEvent).filter((name) => !table[name] || !isMutating(name, table[name])),
    [],
  )
})
