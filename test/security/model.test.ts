import assert from 'node:assert/strict'
import { databases } from '../databases.ts'
import { type Answer, goodPassword, type Kit, onEveryDatabase } from '../kit.ts'
import { type Choices, seededChoices } from './seeded.ts'

const victim = 'victim@example.com'
const attacker = 'attacker@example.com'
const attackerPassword = 'attacker passphrase 3'
const wantedPassword = 'the attacker wants this 4'

/** What the attacker has: an account and its mailbox, everything that any answer told, and guesses. Never the victim's mailbox. */
interface Attacker {
  readonly kit: Kit
  readonly choose: Choices
  /** Refresh and session tokens of the attacker's own sessions, and broken ones. */
  readonly jwts: string[]
  /** Link tokens from the attacker's own mailbox, and guesses. */
  readonly links: string[]
  /** How many hashes are left: most calls cost none, and a machine is not free. */
  hashes: number
}

type Step = (one: Attacker) => Promise<Answer>

const anyone = ({ choose }: Attacker) =>
  choose.pick([victim, victim, 'VICTIM@example.com', ' victim@example.com', attacker, 'nobody@example.com'])
const anyJwt = ({ choose, jwts }: Attacker) => choose.pick(jwts)
const anyLink = ({ choose, links }: Attacker) => choose.pick(links)
const form = (kit: Kit, path: string, fields: Record<string, string>) =>
  kit.call(path, { body: new URLSearchParams(fields).toString(), headers: { 'content-type': 'application/x-www-form-urlencoded' } })
const withToken = (path: string, body?: (one: Attacker) => object): Step => {
  return (one) => one.kit.call(path, { token: anyJwt(one), ...(body ? { body: body(one) } : {}) })
}

/** Every recovery and session endpoint, in every wrong way that a sequence can use it. */
const cheapSteps: readonly Step[] = [
  (one) => one.kit.call('/v1/auth/password/reset', { body: { loginId: anyone(one) } }),
  (one) =>
    one.kit.call('/v1/auth/password/reset', { body: { loginId: anyone(one), redirectUrl: 'https://evil.example/', email: attacker } }),
  (one) => one.kit.call('/v1/auth/magiclink/verify', { body: { token: anyLink(one), loginId: victim } }),
  (one) => one.kit.call('/v1/auth/magiclink/verify', { token: anyJwt(one), body: { token: anyLink(one) } }),
  (one) => one.kit.call(`/reset/${one.kit.projectId}?t=${encodeURIComponent(anyLink(one))}`),
  (one) => one.kit.call(`/verify/${one.kit.projectId}?t=${encodeURIComponent(anyLink(one))}`),
  (one) => form(one.kit, `/verify/${one.kit.projectId}`, { t: anyLink(one) }),
  withToken('/v1/auth/refresh', () => ({})),
  withToken('/v1/auth/try-refresh', () => ({ externalToken: 'x' })),
  withToken('/v1/auth/logout', () => ({})),
  withToken('/v1/auth/me'),
  withToken('/v1/auth/me/history'),
  withToken('/v1/auth/validate', () => ({})),
  withToken('/v1/mgmt/license'),
  withToken('/v1/auth/password/policy'),
  withToken('/v1/auth/password/update', () => ({ loginId: victim, newPassword: wantedPassword })),
  (one) => one.kit.call('/v1/auth/password/update', { body: { loginId: victim, newPassword: wantedPassword } }),
]

const costlySteps: readonly Step[] = [
  (one) => one.kit.call('/v1/auth/password/signin', { body: { loginId: anyone(one), password: wantedPassword } }),
  (one) =>
    one.kit.call('/v1/auth/password/signin', {
      token: anyJwt(one),
      body: { loginId: victim, password: attackerPassword, loginOptions: { stepup: true } },
    }),
  (one) => one.kit.call('/v1/auth/password/signin', { body: { loginId: attacker, password: attackerPassword } }),
  (one) =>
    one.kit.call('/v1/auth/password/replace', { body: { loginId: victim, oldPassword: attackerPassword, newPassword: wantedPassword } }),
  (one) => one.kit.call('/v1/auth/password/signup', { body: { loginId: victim, password: wantedPassword } }),
  (one) => form(one.kit, `/reset/${one.kit.projectId}`, { t: anyLink(one), password: wantedPassword, loginId: victim }),
  withToken('/v1/auth/password/update', (one) => ({ loginId: one.choose.pick([victim, attacker]), newPassword: attackerPassword })),
]

/** Learns what an answer and the attacker's own mailbox tell. */
async function learn(one: Attacker, answer: Answer): Promise<void> {
  for (const member of ['refreshJwt', 'sessionJwt', 'pendingRef', 'linkId']) {
    const value: unknown = answer.body?.[member]
    if (typeof value === 'string' && value !== '') one.jwts.push(value)
  }
  const own = (await one.kit.mails()).find((mail) => mail.to === attacker && mail.link)
  const token = own?.link && new URL(own.link).searchParams.get('t')
  if (token && !one.links.includes(token)) one.links.push(token)
  if (one.jwts.length > 40) one.jwts.splice(5, 10)
  if (one.links.length > 20) one.links.splice(5, 5)
}

function assertUntouched(answer: Answer, victimId: string): void {
  assert.ok(answer.status < 500, answer.text)
  assert.notEqual(answer.body?.user?.userId, victimId, 'a session of the victim')
  for (const member of ['sessionJwt', 'refreshJwt']) {
    const token: unknown = answer.body?.[member]
    if (typeof token !== 'string' || token === '') continue
    const claims = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString())
    assert.notEqual(claims.sub, victimId, 'a token of the victim')
  }
}

async function run(kit: Kit, seed: number, sequences: number): Promise<void> {
  const { user, refreshJwt } = await kit.signUp(victim)
  const own = await kit.signUp(attacker, attackerPassword)
  const choose = seededChoices(seed)
  const [head = '', body = '', signature = ''] = String(own.refreshJwt).split('.')
  const forged = Buffer.from(body, 'base64url').toString().replaceAll(own.user.userId, user.userId)
  const jwts = [
    'a.b.c',
    `${head}.${Buffer.from(forged).toString('base64url')}.${signature}`,
    kit.managementKey,
    own.refreshJwt,
    own.sessionJwt,
  ]
  const links = ['x', `C${'0'.repeat(27)}.${'A'.repeat(43)}`, '', 'null', `${user.userId}.${'A'.repeat(43)}`]
  const one: Attacker = { kit, choose, jwts, links, hashes: sequences / 4 }
  const credentials = kit.auth.deps.storage.credentials
  const before = await credentials.get(kit.projectId, user.userId, 'password', '')
  for (let sequence = 0; sequence < sequences; sequence++) {
    const length = 2 + choose.below(4)
    for (let i = 0; i < length; i++) {
      const isCostly = one.hashes > 0 && choose.below(12) === 0
      if (isCostly) one.hashes--
      const answer = await choose.pick(isCostly ? costlySteps : cheapSteps)(one)
      assertUntouched(answer, user.userId)
      if (sequence % 10 === 0) await learn(one, answer)
    }
    if (choose.below(20) === 0) kit.clock.advance(choose.below(2000))
    if (sequence % 100 === 0)
      assert.deepEqual(await credentials.get(kit.projectId, user.userId, 'password', ''), before, `seed ${seed}, sequence ${sequence}`)
  }
  assert.deepEqual(await credentials.get(kit.projectId, user.userId, 'password', ''), before)
  await kit.auth.api.unlockUser({ projectId: kit.projectId, loginId: victim })
  const signedIn = await kit.call('/v1/auth/password/signin', { ip: '192.0.2.1', body: { loginId: victim, password: goodPassword } })
  assert.equal(signedIn.status, 200)
  assert.ok(!(await kit.mails()).some(({ to, kind }) => to === victim && kind === 'password.changed'))
  assert.equal(
    (await kit.call('/v1/auth/refresh', { token: refreshJwt, body: {} })).status,
    200,
    'nobody ended the sessions of the victim either',
  )
}

/** Repeats a run, or makes a longer one: `POSTERN_TEST_SEED=7 POSTERN_TEST_SEQUENCES=50000 npm test -- test/security/model.test.ts`. */
const firstSeed = Number(process.env.POSTERN_TEST_SEED ?? 20_261_124)
const sequences = Number(process.env.POSTERN_TEST_SEQUENCES ?? 2_000)
let runs = 0

// The databases share the sequences; each has its own.
onEveryDatabase('RC-08: no order of random calls without the mailbox sets the password or yields a token', (kit) =>
  run(kit, firstSeed + runs++, Math.ceil(sequences / databases.length)),
)
