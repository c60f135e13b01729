import assert from 'node:assert/strict'
import { databases } from '../databases.ts'
import { type Answer, goodPassword, type Json, type Kit, onEveryDatabase } from '../kit.ts'
import { type Choices, seededChoices } from './seeded.ts'

const victim = 'victim@example.com'
const attacker = 'attacker@example.com'
const attackerPhone = '+15555550166'
const attackerPassword = 'attacker passphrase 3'
const wantedPassword = 'the attacker wants this 4'

/** What the attacker has: an account with its mailbox and phone, everything that any answer told, and guesses. Never the victim's mailbox. */
interface Attacker {
  readonly kit: Kit
  readonly choose: Choices
  /** Refresh and session tokens of the attacker's own sessions. */
  readonly jwts: string[]
  /** Link tokens from the attacker's own mailbox, with pending references, and guesses. */
  readonly links: string[]
  /** Codes from the attacker's own mailbox and phone, and guesses. */
  readonly codes: string[]
}

type Step = (one: Attacker) => Promise<Answer>

const anyone = ({ choose }: Attacker) =>
  choose.pick([victim, victim, ' VICTIM@example.com', attacker, 'nobody@example.com', 'attacker name'])
const anyAddress = ({ choose }: Attacker) => choose.pick([victim, attacker, 'other@example.com', attackerPhone])
const anyJwt = ({ choose, jwts }: Attacker) => choose.pick(jwts)
const anyLink = ({ choose, links }: Attacker) => choose.pick(links)
const anyCode = ({ choose, codes }: Attacker) => choose.pick(codes)
const aWay = ({ choose }: Attacker) => choose.pick(['email', 'email', 'sms', 'voice', 'whatsapp', 'im'])

/** A call with the attacker's token or without one. */
function call(one: Attacker, path: string, body: object): Promise<Answer> {
  const token = one.choose.below(3) > 0 ? { token: anyJwt(one) } : {}
  return one.kit.call(path, { ...token, body })
}

function options(one: Attacker): object {
  const { choose } = one
  const loginOptions = {
    ...(choose.below(4) === 0 ? { stepup: true } : {}),
    ...(choose.below(4) === 0 ? { mfa: true } : {}),
    ...(choose.below(4) === 0 ? { customClaims: { sub: 'victim', roles: ['Admin'] } } : {}),
    ...(choose.below(6) === 0 ? { revokeOtherSessions: true } : {}),
  }
  return { loginOptions }
}

/** Addresses of the attacker's, wherever a sign-up takes one. */
function details(one: Attacker): object {
  const address = anyAddress(one)
  const isPhone = address.startsWith('+')
  const user = isPhone ? { phone: address } : { email: address }
  return one.choose.below(2) === 0 ? { user } : { ...user, user, whatsapp: attackerPhone, voice: attackerPhone }
}

const starts: readonly Step[] = ['magiclink', 'otp', 'enchantedlink'].flatMap((kind): readonly Step[] =>
  ['signin', 'signup', 'signup-in'].map((mode) => (one) => {
    const way = kind === 'enchantedlink' ? 'email' : kind === 'magiclink' ? one.choose.pick(['email', 'sms', 'whatsapp']) : aWay(one)
    return call(one, `/v1/auth/${kind}/${mode}/${way}`, { loginId: anyone(one), ...options(one), ...details(one) })
  }),
)

const updates: readonly Step[] = [
  (one: Attacker) => call(one, '/v1/auth/magiclink/update/email', update(one)),
  (one: Attacker) => call(one, '/v1/auth/otp/update/email', update(one)),
  (one: Attacker) => call(one, '/v1/auth/enchantedlink/update/email', update(one)),
  (one: Attacker) => call(one, `/v1/auth/otp/update/phone/${one.choose.pick(['sms', 'voice', 'whatsapp', 'im'])}`, update(one)),
  (one: Attacker) => call(one, '/v1/auth/magiclink/update/phone', update(one)),
]

function update(one: Attacker): object {
  const flag = () => one.choose.below(2) === 0
  const merge = { addToLoginIDs: flag(), onMergeUseExisting: flag(), mfa: flag() }
  return {
    loginId: one.choose.pick([attacker, victim]),
    email: one.choose.pick([victim, 'other@example.com']),
    phone: attackerPhone,
    ...merge,
  }
}

const redemptions: readonly Step[] = [
  (one) => call(one, '/v1/auth/magiclink/verify', { token: anyLink(one) }),
  (one) => call(one, '/v1/auth/magiclink/verify', { token: `${anyLink(one)}.${anyCode(one)}` }),
  (one) => call(one, '/v1/auth/enchantedlink/verify', { token: anyLink(one) }),
  (one) => call(one, '/v1/auth/enchantedlink/pending-session', { pendingRef: anyLink(one) }),
  (one) => call(one, `/v1/auth/otp/verify/${aWay(one)}`, { loginId: anyone(one), code: anyCode(one) }),
  (one) => call(one, `/v1/auth/otp/verify/${aWay(one)}`, { loginId: victim, code: anyCode(one) }),
  (one) => form(one, 'signin', { t: anyLink(one) }),
  (one) => form(one, 'confirm', { t: anyLink(one) }),
  (one) => form(one, 'verify', { t: anyLink(one) }),
  (one) => form(one, 'reset', { t: anyLink(one), code: anyCode(one), password: wantedPassword }),
]

function form({ kit }: Attacker, page: string, fields: Readonly<Record<string, string>>): Promise<Answer> {
  const headers = { 'content-type': 'application/x-www-form-urlencoded' }
  return kit.call(`/${page}/${kit.projectId}`, { body: new URLSearchParams(fields).toString(), headers })
}

const rest: readonly Step[] = [
  (one) => call(one, '/v1/auth/password/reset', { loginId: anyone(one) }),
  (one) => call(one, '/v1/auth/password/update', { loginId: one.choose.pick([victim, attacker]), newPassword: wantedPassword }),
  (one) => call(one, '/v1/auth/refresh', {}),
  (one) => one.kit.call('/v1/auth/me', { token: anyJwt(one) }),
]

/** Often what leads on; seldom what costs a hash. */
function anyStep({ choose }: Attacker): Step {
  const group = choose.pick([starts, starts, updates, redemptions, redemptions, redemptions, rest])
  return choose.pick(group)
}

/** Learns what an answer and the attacker's own mailbox and phone tell. */
async function learn(one: Attacker, { body }: Answer): Promise<void> {
  const { kit, jwts, links, codes } = one
  for (const member of ['refreshJwt', 'sessionJwt']) if (typeof body?.[member] === 'string' && body[member] !== '') jwts.push(body[member])
  if (typeof body?.pendingRef === 'string' && body.pendingRef !== '') links.push(body.pendingRef)
  const newest = await kit.auth.deps.outbox.recent(10)
  const own = newest.filter(({ to, projectId }) => to !== victim && projectId === kit.projectId)
  for (const { link, links: numbered, code } of own) {
    for (const url of [link, ...numbered.map((each) => each.url)]) {
      const token = url && new URL(url).searchParams.get('t')
      if (token && !links.includes(token)) links.push(token)
    }
    if (code && !codes.includes(code)) codes.push(code)
  }
  for (const [list, most] of [
    [jwts, 30],
    [links, 30],
    [codes, 12],
  ] as const)
    while (list.length > most) list.splice(2, 1)
}

function assertNotVictim(answer: Answer, victimId: string): void {
  assert.ok(answer.status < 500, answer.text)
  assert.notEqual(answer.body?.user?.userId, victimId, 'a session of the victim')
  for (const token of [answer.body?.sessionJwt, answer.body?.refreshJwt, ...answer.headers.getSetCookie()]) {
    const payload = typeof token === 'string' ? /(?:^|=)[\w-]+\.([\w-]+)\.[\w-]+/.exec(token)?.[1] : undefined
    if (payload) assert.notEqual(JSON.parse(Buffer.from(payload, 'base64url').toString()).sub, victimId, 'a token of the victim')
  }
}

async function attackerOf(kit: Kit, seed: number): Promise<Attacker> {
  const own = await kit.signUp(attacker, attackerPassword)
  await kit.manage('/v1/mgmt/user/update/phone', { body: { loginId: attacker, phone: attackerPhone, verified: true } })
  const links = ['x', `C${'0'.repeat(27)}.${'A'.repeat(43)}`]
  return { kit, choose: seededChoices(seed), jwts: [own.refreshJwt, own.sessionJwt], links, codes: ['000000', '123456'] }
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
