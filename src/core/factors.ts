import type { Deps } from './deps.ts'
import { coreErrors } from './errors.ts'
import { impersonatorOf } from './impersonation.ts'
import type { Project } from './projects.ts'
import { liveSession } from './sessions.ts'

/** Methods by which users prove who they are, as tokens say in `amr` (`protocol/core.md` 3.2), and what makes several of them two factors. */

/** The session that a step-up or a further factor builds on. */
export interface EarlierSession {
  readonly userId: string
  readonly sessionId: string
  readonly amr: readonly string[]
  /** The tenant that was chosen in it. */
  readonly tenantId: string | undefined
}

/**
 * The session that a call with `stepup` or `mfa` builds on; `undefined` when it has neither. Throws `InvalidSession` without the refresh token of a live
 * session, for one in which somebody else acts as the user, and for one that is only there to set a password.
 */
export async function earlierSession(
  deps: Deps,
  input: {
    readonly project: Project
    readonly stepUp?: boolean | undefined
    readonly mfa?: boolean | undefined
    readonly refreshToken?: string | undefined
  },
): Promise<EarlierSession | undefined> {
  if (!input.stepUp && !input.mfa) return undefined
  if (!input.refreshToken) throw coreErrors.InvalidSession({ message: 'Step-up and MFA need the refresh token of a session' })
  const { session, user } = await liveSession(deps, { project: input.project, token: input.refreshToken, kind: 'DSR' })
  if (impersonatorOf(session) !== undefined) throw coreErrors.InvalidSession({ log: 'step-up while impersonating' })
  if (session.passwordDueAt > 0) throw coreErrors.InvalidSession({ log: 'step-up in the session of a reset' })
  const { dct } = session.claims
  return { userId: user.id, sessionId: session.id, amr: session.amr, tenantId: typeof dct === 'string' ? dct : undefined }
}

const phoneMethods: readonly string[] = ['sms', 'voice', 'whatsapp', 'im']
const factorOf = (method: string) => (phoneMethods.includes(method) ? 'phone' : method)

/**
 * The methods of a session after one more was proven. Two factors add `mfa`; a mailbox is none beside a password that the mailbox can reset (section 4 of the
 * security bar), and a phone is one, however messages come to it.
 */
export function mergedMethods(before: readonly string[], proven: readonly string[]): readonly string[] {
  const amr = [...new Set([...before, ...proven])]
  const factors = new Set(amr.filter((method) => method !== 'mfa' && !(method === 'email' && amr.includes('pwd'))).map(factorOf))
  return factors.size > 1 && !amr.includes('mfa') ? [...amr, 'mfa'] : amr
}
