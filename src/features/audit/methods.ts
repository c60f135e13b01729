import type { EventPattern, EventRecord } from '../../core/storage.ts'

/** By which method an event came about, in the words of the contract. */
interface Method {
  readonly name: string
  /** What the types of its own events begin with. */
  readonly prefixes: readonly string[]
  /** First of the methods in `amr` of a sign-in by it. */
  readonly amr: readonly string[]
}

const methods: readonly Method[] = [
  { name: 'password', prefixes: ['password.'], amr: ['pwd'] },
  // A code that came by mail is not told from a link in `amr`; the event beside it, `otp.verify`, does.
  { name: 'magiclink', prefixes: ['magicLink.'], amr: ['email'] },
  { name: 'otp', prefixes: ['otp.'], amr: ['sms', 'voice', 'whatsapp', 'im'] },
  { name: 'enchantedlink', prefixes: ['enchantedLink.'], amr: [] },
  { name: 'embedded', prefixes: ['embeddedLink.'], amr: [] },
  { name: 'totp', prefixes: ['totp.'], amr: ['totp'] },
  { name: 'webauthn', prefixes: ['passkey.'], amr: ['webauthn'] },
  { name: 'Impersonate', prefixes: ['jwt.impersonate', 'jwt.stopImpersonation'], amr: [] },
]

/** `''` where no method has to do with it. */
export function methodOf({ type, data }: Pick<EventRecord, 'type' | 'data'>): string {
  const first = type === 'session.start' && typeof data.amr === 'string' ? data.amr.split(' ')[0] : undefined
  const isIt = ({ prefixes, amr }: Method) =>
    prefixes.some((prefix) => type.startsWith(prefix)) || (first !== undefined && amr.includes(first))
  return methods.find(isIt)?.name ?? ''
}

/** The events for which `methodOf` says one of these names, without regard to case. */
export function eventsByMethod(names: readonly string[]): readonly EventPattern[] {
  const wanted = names.map((name) => name.toLowerCase())
  return methods
    .filter(({ name }) => wanted.includes(name.toLowerCase()))
    .flatMap(({ prefixes, amr }) => [
      ...prefixes.map((type) => ({ type, isPrefix: true })),
      ...(amr.length > 0 ? [{ type: 'session.start', dataHolds: amr.flatMap((word) => [`"amr":"${word}"`, `"amr":"${word} `]) }] : []),
    ])
}
