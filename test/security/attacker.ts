import type { Answer, Kit } from '../kit.ts'
import { type Choices, seededChoices } from './seeded.ts'

/** Somebody who makes random passwordless calls, repeatably, and has no mailbox but their own. */

export const victim = 'victim@example.com'
const attacker = 'attacker@example.com'
const attackerPhone = '+15555550166'
export const attackerPassword = 'attacker passphrase 3'
export const wantedPassword = 'the attacker wants this 4'

/** What the attacker has: an account with its mailbox and phone, everything that any answer told, and guesses. Never the victim's mailbox. */
export interface Attacker {
  readonly kit: Kit
  readonly choose: Choices
  /** Of the attacker's own: a session each. */
  readonly accounts: { readonly loginId: string; readonly refreshJwt: string }[]
  /** Refresh and session tokens of the attacker's own sessions. */
  readonly jwts: string[]
  /** Link tokens from the attacker's own mailbox, with pending references, and guesses. */
  readonly links: string[]
  /** Codes from the attacker's own mailbox and phone, and guesses. */
  readonly codes: string[]
}

type Step = (one: Attacker) => Promise<Answer>

const anyone = ({ choose, accounts }: Attacker) =>
  choose.pick([victim, victim, ' VICTIM@example.com', choose.pick(accounts).loginId, 'nobody@example.com', 'attacker name'])
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
  () => 'magiclink/update/email',
  () => 'otp/update/email',
  () => 'enchantedlink/update/email',
  ({ choose }: Attacker) => `otp/update/phone/${choose.pick(['sms', 'voice', 'whatsapp', 'im'])}`,
  () => 'magiclink/update/phone',
].map((pathFor) => (one: Attacker) => {
  const { choose, kit } = one
  const flag = () => choose.below(2) === 0
  const merge = { addToLoginIDs: flag(), onMergeUseExisting: flag(), mfa: flag() }
  const body = { email: choose.pick([victim, 'other@example.com']), phone: attackerPhone, ...merge }
  const path = `/v1/auth/${pathFor(one)}`
  const { loginId, refreshJwt: token } = choose.pick(one.accounts)
  // Most of the time a call that can work.
  if (choose.below(3) > 0) return kit.call(path, { token, body: { ...body, loginId } })
  return call(one, path, { ...body, loginId: choose.pick([loginId, victim]) })
})

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

export function form({ kit }: Attacker, page: string, fields: Readonly<Record<string, string>>): Promise<Answer> {
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
export function anyStep({ choose }: Attacker): Step {
  const group = choose.pick([starts, starts, updates, redemptions, redemptions, redemptions, rest])
  return choose.pick(group)
}

/** Learns what an answer and the attacker's own mailbox and phone tell. */
export async function learn(one: Attacker, { body }: Answer): Promise<void> {
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

export async function attackerOf(kit: Kit, seed: number): Promise<Attacker> {
  const own = await kit.signUp(attacker, attackerPassword)
  await kit.manage('/v1/mgmt/user/update/phone', { body: { loginId: attacker, phone: attackerPhone, verified: true } })
  const links = ['x', `C${'0'.repeat(27)}.${'A'.repeat(43)}`]
  const accounts = [{ loginId: attacker, refreshJwt: own.refreshJwt }]
  return { kit, choose: seededChoices(seed), accounts, jwts: [own.refreshJwt, own.sessionJwt], links, codes: ['000000', '123456'] }
}
