import assert from 'node:assert/strict'
import { databases } from '../databases.ts'
import { type Answer, goodPassword, type Json, type Kit, onEveryDatabase } from '../kit.ts'
import { anyStep, attackerOf, learn, victim } from './attacker.ts'

function assertNotVictim(answer: Answer, victimId: string): void {
  assert.ok(answer.status < 500, answer.text)
  assert.notEqual(answer.body?.user?.userId, victimId, 'a session of the victim')
  for (const token of [answer.body?.sessionJwt, answer.body?.refreshJwt, ...answer.headers.getSetCookie()]) {
    const payload = typeof token === 'string' ? /(?:^|=)[\w-]+\.([\w-]+)\.[\w-]+/.exec(token)?.[1] : undefined
    if (payload) assert.notEqual(JSON.parse(Buffer.from(payload, 'base64url').toString()).sub, victimId, 'a token of the victim')
  }
}

const changing = ['modifiedTime'] as const
async function load(kit: Kit): Promise<Json> {
  const { user } = (await kit.manage(`/v1/mgmt/user?loginId=${victim}`)).body
  return Object.fromEntries(Object.entries(user).filter(([name]) => !changing.some((one) => one === name)))
}

async function run(kit: Kit, seed: number, sequences: number): Promise<void> {
  await kit.manage('/v1/mgmt/role/create', { body: { name: 'Admin' } })
  const { user, refreshJwt } = await kit.signUp(victim)
  await kit.manage('/v1/mgmt/user/update/role/add', { body: { loginId: victim, roleNames: ['Admin'] } })
  const before = await load(kit)
  const one = await attackerOf(kit, seed)
  const { choose } = one
  for (let sequence = 0; sequence < sequences; sequence++) {
    if (sequence % 20 === 0) {
      const resetMethod = choose.pick(['magiclink', 'enchantedlink', 'otp'] as const)
      const [resetTypedCode, strictSignUp] = [choose.below(2) === 0, choose.below(4) === 0]
      await kit.set({ password: { resetMethod, resetTypedCode }, project: { strictSignUp } })
    }
    for (let i = 0; i < 2 + choose.below(4); i++) {
      const answer = await anyStep(one)(one)
      assertNotVictim(answer, user.userId)
      if (choose.below(4) === 0) await learn(one, answer)
    }
    // Past the limits on messages, so that something leaves again.
    if (choose.below(8) === 0) kit.clock.advance(choose.below(4000))
    if (sequence % 50 === 0) assert.deepEqual(await load(kit), before, `seed ${seed}, sequence ${sequence}`)
  }
  assert.deepEqual(await load(kit), before)
  await kit.auth.api.unlockUser({ projectId: kit.projectId, loginId: victim })
  const signedIn = await kit.call('/v1/auth/password/signin', { ip: '192.0.2.1', body: { loginId: victim, password: goodPassword } })
  assert.equal(signedIn.status, 200, signedIn.text)
  assert.equal((await kit.call('/v1/auth/refresh', { token: refreshJwt, body: {} })).status, 200, 'the sessions of the victim live on')
}

/** Repeats a run, or makes a longer one: `POSTERN_TEST_SEED=7 POSTERN_TEST_SEQUENCES=5000 npm test -- test/security/passwordless-model.test.ts`. */
const firstSeed = Number(process.env.POSTERN_TEST_SEED ?? 20_261_125)
const sequences = Number(process.env.POSTERN_TEST_SEQUENCES ?? 400)
let runs = 0

onEveryDatabase('RC-08: no order of random passwordless calls without the mailbox takes the account or changes it', (kit) =>
  run(kit, firstSeed + runs++, Math.ceil(sequences / databases.length)),
)
