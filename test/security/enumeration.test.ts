import assert from 'node:assert/strict'
import { type Answer, goodPassword, type Kit, onEveryDatabase } from '../kit.ts'
import { hashesOf } from './figures.ts'

const wrongPassword = 'wrong password 1'
const newPassword = 'another good passphrase 2'
const stranger = '203.0.113.50'

const signIn = (kit: Kit, loginId: string, ip: string, password = wrongPassword) =>
  kit.call('/v1/auth/password/signin', { ip, body: { loginId, password } })

/** Everything of an answer that a client can see and that may not differ. */
function shown({ status, text, headers }: Answer): string {
  const kept = [...headers].filter(([name]) => name !== 'x-request-id' && name !== 'date')
  return JSON.stringify([status, kept, text])
}

/** One account of every state, each with an address as login ID. */
async function makeAccounts(kit: Kit): Promise<readonly string[]> {
  const { projectId, auth } = kit
  for (const name of ['known', 'disabled', 'locked', 'temporary']) await kit.signUp(`${name}@example.com`)
  await kit.signUp('unverified@example.com', goodPassword, { isVerified: false })
  await auth.api.createUser({ projectId, loginId: 'passwordless@example.com' })
  await auth.api.setUserStatus({ projectId, loginId: 'disabled@example.com', status: 'disabled' })
  await auth.api.setPassword({ projectId, loginId: 'temporary@example.com', password: goodPassword, isTemporary: true })
  await kit.set({ password: { lock: true, lockAttempts: 8 } })
  for (let i = 0; i < 8; i++) await signIn(kit, 'locked@example.com', `198.51.100.${i}`)
  const names = ['unknown', 'known', 'disabled', 'locked', 'temporary', 'unverified', 'passwordless']
  return names.map((name) => `${name}@example.com`)
}

onEveryDatabase('EN-01: 20 wrong sign-ins and replaces answer alike for every state of an account, byte for byte', async (kit) => {
  const accounts = await makeAccounts(kit)
  const calls = {
    signin: (loginId: string) => ({ loginId, password: wrongPassword }),
    replace: (loginId: string) => ({ loginId, oldPassword: wrongPassword, newPassword: 'x' }),
  }
  for (const [operation, body] of Object.entries(calls)) {
    const sequences = new Map<string, string[]>()
    for (const [index, loginId] of accounts.entries()) {
      const answers: string[] = []
      for (let i = 0; i < 20; i++) {
        const ip = `203.0.${operation.length}.${index}`
        answers.push(shown(await kit.call(`/v1/auth/password/${operation}`, { ip, body: body(loginId) })))
      }
      sequences.set(loginId, answers)
    }
    const unknown = sequences.get('unknown@example.com')
    for (const [loginId, sequence] of sequences) assert.deepEqual(sequence, unknown, `${operation} of ${loginId}`)
  }
})

onEveryDatabase('EN-02: a wrong sign-in and a wrong replace cost one hash for every state of an account', async (kit) => {
  const accounts = await makeAccounts(kit)
  for (const [index, loginId] of accounts.entries()) {
    const ip = `203.0.113.${index}`
    const signedIn = await hashesOf(kit, () => signIn(kit, loginId, ip))
    const body = { loginId, oldPassword: wrongPassword, newPassword }
    const replaced = await hashesOf(kit, () => kit.call('/v1/auth/password/replace', { ip, body }))
    assert.deepEqual([signedIn, replaced], [once, once], loginId)
  }
})
const once = { evaluated: 1, hashed: 0, right: 0 }

onEveryDatabase('EN-03: reset answers alike, and writes alike, for every state of an account', async (kit) => {
  const accounts = await makeAccounts(kit)
  const rows = async () => (await kit.auth.deps.storage.outbox.list({ limit: 200 })).length
  const answers: string[] = []
  for (const [index, loginId] of accounts.entries()) {
    const before = await rows()
    const answer = await kit.call('/v1/auth/password/reset', { ip: `203.0.113.${index}`, body: { loginId } })
    answers.push(
      shown(answer)
        .replace(/\w\*{5}@/, '?@')
        .replace(/"content-length","\d+"/, ''),
    )
    assert.equal((await rows()) - before, 1, loginId)
  }
  assert.deepEqual(new Set(answers).size, 1, answers.join('\n'))
  const to = (await kit.mails()).filter(({ kind }) => kind === 'password.reset').map((mail) => mail.to)
  assert.deepEqual(to.toSorted(), ['known@example.com', 'locked@example.com', 'temporary@example.com'])
})

onEveryDatabase('EN-04: tries at taken login IDs end after ten an hour and source, with the hash paid in both branches', async (kit) => {
  await kit.signUp('taken@example.com')
  const signUp = (loginId: string, ip = stranger) => kit.call('/v1/auth/password/signup', { ip, body: { loginId, password: goodPassword } })
  const taken = await hashesOf(kit, () => signUp('taken@example.com'))
  const fresh = await hashesOf(kit, () => signUp('fresh@example.com'))
  assert.deepEqual(
    [taken, fresh],
    [
      { evaluated: 0, hashed: 1, right: 0 },
      { evaluated: 0, hashed: 1, right: 0 },
    ],
  )
  for (let i = 1; i < 10; i++) assert.equal((await signUp('TAKEN@example.com')).body.errorCode, 'E062107', `try ${i + 1}`)
  for (const loginId of ['taken@example.com', 'unused@example.com']) {
    const { status, headers } = await signUp(loginId)
    assert.equal(status, 429, 'the eleventh try says nothing about the login ID')
    assert.match(headers.get('retry-after') ?? '', /^[1-9]\d*$/)
  }
  assert.equal((await signUp('unused@example.com', '203.0.113.51')).status, 200, 'other sources are not affected')
  kit.clock.advance(3600)
  assert.equal((await signUp('unused2@example.com')).status, 200)
})

onEveryDatabase('EN-04: sign-ups that fail for another reason do not count', async (kit) => {
  const signUp = (loginId: string, password: string) => kit.call('/v1/auth/password/signup', { ip: stranger, body: { loginId, password } })
  for (let i = 0; i < 12; i++) assert.equal((await signUp(`new${i}@example.com`, 'q!x')).body.errorCode, 'E062904')
  for (let i = 0; i < 12; i++) {
    const request = new Request('http://127.0.0.1:8787/v1/auth/password/signup', {
      method: 'POST',
      headers: { authorization: `Bearer ${kit.projectId}`, 'content-type': 'application/json' },
      body: JSON.stringify({ loginId: `new${i}@example.com`, password: goodPassword }),
    })
    Object.defineProperty(request, 'signal', { value: AbortSignal.abort() })
    await kit.auth.handler(request, { remoteAddress: stranger })
  }
  for (let i = 0; i < 12; i++) assert.equal((await signUp(`new${i}@example.com`, goodPassword)).status, 200)
})

const policies = {
  'the default policy': {},
  'a lock': { lock: true, lockAttempts: 4 },
  'a temporary lock': { tempLock: true, tempLockAttempts: 3, tempLockDuration: 5 },
  'errors that are not masked': { maskError: false },
} as const

for (const [name, password] of Object.entries(policies)) {
  onEveryDatabase(`EN-05: 15 wrong tries are limited alike for a known and an unknown login ID, with ${name}`, async (kit) => {
    await kit.set({ password })
    await kit.signUp('known@example.com')
    const sequenceOf = async (loginId: string, network: number) => {
      const sequence: string[] = []
      for (let i = 0; i < 15; i++) {
        const answer = await signIn(kit, loginId, `203.0.${network}.1`)
        const isLimited = answer.status === 429
        sequence.push(isLimited || !('maskError' in password) ? `${answer.status} ${answer.headers.get('retry-after')}` : 'refused')
        kit.clock.advance(7)
      }
      return sequence
    }
    const known = await sequenceOf('known@example.com', 1)
    assert.deepEqual(await sequenceOf('unknown@example.com', 2), known)
    assert.ok(known.some((one) => one.startsWith('429')))
  })
}

onEveryDatabase('EN-05: eight resets of a known and an unknown address answer alike', async (kit) => {
  await kit.signUp('known@example.com')
  const sequenceOf = async (loginId: string, ip: string) => {
    const sequence: string[] = []
    for (let i = 0; i < 8; i++) {
      const { status, text, headers } = await kit.call('/v1/auth/password/reset', { ip, body: { loginId } })
      sequence.push(`${status} ${headers.get('retry-after')} ${text.replace(/\w\*{5}@/, '?@')}`)
    }
    return sequence
  }
  assert.deepEqual(await sequenceOf('known@example.com', '203.0.113.1'), await sequenceOf('unknown@example.com', '203.0.113.2'))
})
