import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Options, parseOptions } from '../../src/options.ts'
import { databases } from '../databases.ts'
import { goodPassword, type Kit, onEveryDatabase } from '../kit.ts'
import { bodyFields, withMember } from './fields.ts'

/** Hostile values in every field that a management key may send. What callers without one may send is in `input.test.ts`. */

const { limits } = parseOptions({ flags: {}, environment: {}, file: undefined })
const off = { max: 0, perSeconds: 1 }
const withoutLimits: Partial<Options> = { limits: { ...limits, recipientMessages: off, recipientMessagesDaily: off } }

/** Routes whose success would take the ground away from the rest. */
const fields = bodyFields.filter(({ route: { access, path } }) => access === 'management' && !/\/project\/(?:delete|snapshot)/.test(path))

const values: Readonly<Record<string, unknown>> = {
  null: null,
  number: 1,
  'large number': 1e308,
  array: ['x'],
  'array of objects': [{ $ne: null }],
  'empty array': [],
  object: { $ne: null },
  true: true,
  'text with NUL': 'a\u0000b',
  'lone surrogate': 'a\ud800b',
  'controls and directions': '\u001b[2J\u202e\r\nx',
  '4 KiB of astral characters': '🐎'.repeat(1024),
  injection: "x'; DROP TABLE users;--",
  wildcard: '%_*',
  empty: '',
}

/** A body that passes but for one member: about a user who is there, or one who is not yet. */
function bodyOf(path: string, loginId: string, count: number): object {
  const isMaking = /\/user\/create(?:\/test)?$|\/auth\/signup|\/signup\//.test(path)
  return { loginId: isMaking ? `made${count}@example.com` : loginId, id: `id${count}`, name: `name ${count}` }
}

const verdicts = new Map<string, Map<string, string>>()

async function send(kit: Kit, index: number, loginId: string, note: Map<string, string>): Promise<void> {
  const field = fields[index]
  if (!field) return
  const { route, path } = field
  for (const [name, value] of Object.entries(values)) {
    // A password costs a hash; one kind of each is enough for the machine.
    if (path.at(-1)?.toLowerCase().includes('password') && name === 'injection') continue
    const body = withMember(bodyOf(route.path, loginId, note.size), path, value)
    const answer = await kit.manage(route.path, { method: route.method, body })
    const what = `${route.method} ${route.path} ${path.join('.')} = ${name}`
    note.set(what, `${answer.status} ${answer.body?.errorCode ?? ''}`)
  }
}

onEveryDatabase(
  'WB-05, IN-01, IN-03: no value in any field of any management route is a 500',
  async (kit) => {
    const note = new Map<string, string>()
    verdicts.set(kit.projectId, note)
    await kit.signUp('bystander@example.com')
    for (const index of fields.keys()) {
      const loginId = `subject${index}@example.com`
      await kit.manage('/v1/mgmt/user/create', { body: { loginId } })
      await send(kit, index, loginId, note)
    }
    assert.ok(note.size > 1_000, `${note.size} answers`)
    const broken = [...note].filter(([, verdict]) => verdict.startsWith('5')).map(([what]) => what)
    assert.deepEqual(broken, [])
    assert.deepEqual(
      kit.log.lines.filter(({ level }) => level === 'error'),
      [],
    )
    const signIn = await kit.call('/v1/auth/password/signin', { body: { loginId: 'bystander@example.com', password: goodPassword } })
    assert.equal(signIn.status, 200, 'nobody else was touched')
  },
  withoutLimits,
)

test('WB-05, IN-01: every database gave the same verdict on management fields', () => {
  const [first, ...others] = [...verdicts.values()]
  assert.ok(first)
  assert.equal(others.length, databases.length - 1)
  for (const other of others) {
    assert.equal(other.size, first.size)
    const different: readonly unknown[] = [...first].filter(([what, verdict]) => other.get(what) !== verdict)
    assert.deepEqual(different, [])
  }
})

onEveryDatabase('IN-04: names that would reach into prototypes are refused in every management body', async (kit) => {
  const routes = [...new Set(fields.map(({ route }) => route))]
  assert.ok(routes.length > 30)
  for (const { method, path } of routes) {
    for (const name of ['__proto__', 'constructor', 'prototype']) {
      for (const body of [`{"${name}":{"isAdmin":true}}`, `{"loginId":"x","customAttributes":{"a":{"${name}":1}}}`]) {
        const answer = await kit.manage(path, { method, body })
        assert.equal(answer.status, 400, `${path}: ${answer.text}`)
      }
    }
  }
  assert.equal(Reflect.get({}, 'isAdmin'), undefined)
})
