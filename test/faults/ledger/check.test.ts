import assert from 'node:assert/strict'
import { test } from 'node:test'
import { settle } from './check.ts'
import type { Client } from './client.ts'
import type { Account, Entry } from './ledger.ts'

/** The checker against a server that lost something: a checker that finds nothing proves nothing. */

interface World {
  /** The password that signs in; absent when nobody has this login ID, empty when the user has none. */
  readonly password?: string
  /** Refresh tokens that live. */
  readonly sessions?: readonly string[]
}

const answer = (status: number, errorCode = '', refreshJwt = '') => ({ status, errorCode, refreshJwt })

function serverOf({ password, sessions = [] }: World): Client {
  return {
    async call(path, body, token = '') {
      if (path === 'refresh') return sessions.includes(token) ? answer(200, '', `${token}+`) : answer(401, 'E064001')
      if (path === 'password/signup') return password === undefined ? answer(200, '', 'first') : answer(400, 'E062107')
      return password && body.password === password ? answer(200, '', 'another') : answer(401, 'E062903')
    },
  }
}

const known: Account = { loginId: 'a', password: 'old', refreshJwt: 'r1' }
const trying = (what: 'signUp' | 'update' | 'replace' | 'refresh', password?: string) => ({
  what,
  ...(password === undefined ? {} : { password }),
})
const nothing = { lost: 0, halves: 0, phantoms: 0 }

const cases: readonly (readonly [name: string, account: Account, world: World, expected: typeof nothing])[] = [
  ['all is there', known, { password: 'old', sessions: ['r1'] }, nothing],
  ['the password is gone', known, { password: 'older', sessions: ['r1'] }, { ...nothing, lost: 1 }],
  ['the user is gone', known, {}, { ...nothing, lost: 1 }],
  ['the session is gone', known, { password: 'old' }, { ...nothing, lost: 1 }],
  ['an update did not happen', { ...known, trying: trying('update', 'new') }, { password: 'old', sessions: ['r1'] }, nothing],
  ['an update happened', { ...known, trying: trying('update', 'new') }, { password: 'new', sessions: ['r1'] }, { ...nothing, phantoms: 1 }],
  [
    'an update ended its own session',
    { ...known, trying: trying('update', 'new') },
    { password: 'new' },
    { lost: 1, halves: 0, phantoms: 1 },
  ],
  ['a replace happened', { ...known, trying: trying('replace', 'new') }, { password: 'new' }, { ...nothing, phantoms: 1 }],
  [
    'a replace happened by half',
    { ...known, trying: trying('replace', 'new') },
    { password: 'new', sessions: ['r1'] },
    { lost: 0, halves: 1, phantoms: 1 },
  ],
  [
    'a replace that did not happen ended the session',
    { ...known, trying: trying('replace', 'new') },
    { password: 'old' },
    { ...nothing, lost: 1 },
  ],
  ['neither password signs in', { ...known, trying: trying('replace', 'new') }, { password: 'third' }, { ...nothing, lost: 1 }],
  ['a refresh may have happened', { ...known, trying: trying('refresh') }, { password: 'old', sessions: ['r1'] }, nothing],
  ['a sign-up did not happen', { loginId: 'a', trying: trying('signUp', 'p') }, {}, nothing],
  ['a sign-up happened', { loginId: 'a', trying: trying('signUp', 'p') }, { password: 'p' }, { ...nothing, phantoms: 1 }],
  ['a sign-up happened by half', { loginId: 'a', trying: trying('signUp', 'p') }, { password: '' }, { ...nothing, halves: 1 }],
]

for (const [name, account, world, expected] of cases) {
  test(`ledger: ${name}`, async () => {
    const entries: Entry[] = []
    const { lost, halves, phantoms } = await settle(serverOf(world), (entry) => entries.push(entry), [account])
    assert.deepEqual({ lost: lost.length, halves: halves.length, phantoms }, expected)
    if (lost.length + halves.length === 0) assert.ok(entries.length === 1 && entries[0]?.kind !== 'trying', 'the account is settled')
  })
}
