import { z } from 'zod'
import { isBarred } from './access.ts'
import { type DeliveryMethod, deliveryMethods } from './delivery-methods.ts'
import type { EarlierSession } from './factors.ts'
import type { ChallengeRecord, UserRecord, UserWithLoginIds } from './storage.ts'

/**
 * Signing in with a one-time secret, whatever its form: what a challenge remembers of the call that asked for it, and what all redemptions have in common.
 */

const Claims = z.record(z.string(), z.unknown())

/** Part `signIn` of a challenge's data. Without it, the secret was mailed and nothing was asked for. */
const SignInTerms = z.strictObject({
  method: z.enum(deliveryMethods).default('email'),
  /** Whether it left for the address: only then does redeeming it prove the address. */
  isSent: z.boolean().default(true),
  /** Of a privileged caller, for the top level of tokens. */
  claims: Claims.default({}),
  /** Of anybody else, for `nsec`. */
  customClaims: Claims.default({}),
  isStepUp: z.boolean().default(false),
  revokesOthers: z.boolean().default(false),
  /** The session is only there to set a password. */
  isReset: z.boolean().default(false),
  /** The tenant that was chosen. */
  tenantId: z.string().optional(),
  /** The session to whose factors this one is added. */
  earlier: z.strictObject({ sessionId: z.string(), amr: z.array(z.string()) }).optional(),
})
export type SignInTerms = z.infer<typeof SignInTerms>
const WithTerms = z.object({ signIn: SignInTerms.prefault({}) })

/** What to remember, to be stored as part `signIn` of the data. */
export function signInTerms(
  given: Omit<z.input<typeof SignInTerms>, 'earlier' | 'method' | 'isSent'> & {
    readonly method: DeliveryMethod
    readonly isSent: boolean
    readonly earlier?: EarlierSession | undefined
  },
): { readonly signIn: SignInTerms } {
  const { earlier, tenantId = earlier?.tenantId, ...rest } = given
  const kept = earlier && { earlier: { sessionId: earlier.sessionId, amr: [...earlier.amr] } }
  return { signIn: SignInTerms.parse({ ...rest, ...kept, tenantId }) }
}

export function termsOf(challenge: ChallengeRecord): SignInTerms {
  return WithTerms.parse(challenge.data).signIn
}

/** Where a user gets secrets by a method; `''` where they have no such address. */
export function addressFor(user: UserRecord, method: DeliveryMethod): string {
  if (method === 'embedded') return ''
  return method === 'email' ? user.email : user.phone
}

/** Whether the secret may still be used by this account: nobody is barred from it, and the address that the secret went to is still its own (RC-05). */
export function mayRedeem(challenge: ChallengeRecord, account: UserWithLoginIds): boolean {
  const isOwn = challenge.address === '' || challenge.address === addressFor(account.user, termsOf(challenge).method)
  return !isBarred(account) && isOwn
}
