import assert from 'node:assert/strict'
import { parseOptions } from '../../src/options.ts'
import { databases } from '../databases.ts'
import { type Answer, type Kit, onEveryDatabase } from '../kit.ts'
import { type Attacker, anyStep, attackerOf, attackerPassword, form, learn, victim, wantedPassword } from './attacker.ts'

const { limits } = parseOptions({ flags: {}, environment: {}, file: undefined })
const off = { max: 0, perSeconds: 1 }

/** The roles in every token of an answer. */
function rolesIn(answer: Answer): readonly string[] {
  const texts = [answer.body?.sessionJwt, ...answer.headers.getSetCookie()]
  const payloads = texts.flatMap((text) => (typeof text === 'string' ? (/(?:^|=)[\w-]+\.([\w-]+)\.[\w-]+/.exec(text)?.[1] ?? []) : []))
  return payloads.flatMap((payload): string[] => JSON.parse(Buffer.from(payload, 'base64url').toString()).roles ?? [])
}

/** A victim who clicks every link in every mail, asked for or not, but types no code and compares no number that they do not see. */
async function click(one: Attacker, clicked: Set<string>): Promise<void> {
  const { kit, choose } = one
  for (const { to, link, kind, projectId } of await kit.auth.deps.outbox.recent(20)) {
    const token = link && new URL(link).searchParams.get('t')
    if (projectId !== kit.projectId || to !== victim || !token || clicked.has(token) || kind.startsWith('password.')) continue
    clicked.add(token)
    if (choose.below(3) > 0) await kit.call('/v1/auth/magiclink/verify', { body: { token } })
    else await form(one, 'signin', { t: token })
  }
}

async function run(kit: Kit, seed: number, sequences: number): Promise<void> {
  await kit.manage('/v1/mgmt/role/create', { body: { name: 'Admin' } })
  await kit.signUp(victim)
  await kit.manage('/v1/mgmt/user/update/role/add', { body: { loginId: victim, roleNames: ['Admin'] } })
  const one = await attackerOf(kit, seed)
  const { choose, jwts, accounts } = one
  const clicked = new Set<string>()
  const where = (sequence: number) => `seed ${seed}, sequence ${sequence}`
  for (let sequence = 0; sequence < sequences; sequence++) {
    for (let i = 0; i < 2 + choose.below(4); i++) {
      const answer = await anyStep(one)(one)
      assert.ok(answer.status < 500, answer.text)
      assert.ok(!rolesIn(answer).includes('Admin'), where(sequence))
      if (choose.below(3) === 0) await learn(one, answer)
      if (choose.below(6) === 0) await click(one, clicked)
    }
    if (choose.below(6) === 0) kit.clock.advance(choose.below(4000))
    if (sequence % 10 > 0) continue
    for (const token of jwts) {
      assert.ok(!rolesIn(await kit.call('/v1/auth/refresh', { token, body: {} })).includes('Admin'), where(sequence))
    }
    // Accounts are lost by merges and sessions by their ends, so that the attacker needs more of them.
    const loginId = `x${sequence}@example.net`
    const own = await kit.signUp(loginId, attackerPassword, { isVerified: choose.below(2) === 0 })
    jwts.splice(0, jwts.length - 10, own.refreshJwt, own.sessionJwt)
    accounts.splice(0, accounts.length - 1, { loginId, refreshJwt: own.refreshJwt })
  }
  const { user } = (await kit.manage(`/v1/mgmt/user?loginId=${victim}`)).body
  assert.ok(user.roleNames.includes('Admin'), 'the victim has what was theirs')
  for (const loginId of user.loginIds) {
    for (const password of [attackerPassword, wantedPassword]) {
      const answer = await kit.call('/v1/auth/password/signin', { ip: '192.0.2.251', body: { loginId, password } })
      assert.notEqual(answer.status, 200)
    }
  }
  assert.ok(clicked.size > sequences / 40, `${clicked.size} clicks`)
}

/** Repeated and made longer as the test of `passwordless-model.test.ts` is. */
const firstSeed = Number(process.env.POSTERN_TEST_SEED ?? 20_261_125)
const sequences = Number(process.env.POSTERN_TEST_SEQUENCES ?? 400)
let runs = 0

onEveryDatabase(
  'RC-08, RC-11: no random passwordless calls give an account away whose owner clicks every link that comes unasked',
  (kit) => run(kit, firstSeed + runs++, Math.ceil(sequences / databases.length)),
  { limits: { ...limits, recipientMessages: off, recipientMessagesDaily: off, sourceMessages: off, sourceSignUps: off } },
)
