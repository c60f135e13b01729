import { isBarred } from '../../core/access.ts'
import { newChallenge, storeChallenge } from '../../core/challenges.ts'
import type { Deps } from '../../core/deps.ts'
import { newEnchantedLink, numberedUrls } from '../../core/enchanted-links.ts'
import { type Source, userEvent } from '../../core/events.ts'
import { isTrustedAddress } from '../../core/first-proof.ts'
import { takeMail } from '../../core/message-limits.ts'
import type { MessageWishes } from '../../core/messages.ts'
import { newOneTimeCode, storeOneTimeCode } from '../../core/one-time-codes.ts'
import { type Start, type StartTarget, sendStart } from '../../core/passwordless.ts'
import type { Project } from '../../core/projects.ts'
import { landingPage, withToken } from '../../core/redirect.ts'
import type { PasswordSettings } from '../../core/settings.ts'
import { signInTerms } from '../../core/sign-in-challenges.ts'
import type { UserWithLoginIds } from '../../core/storage.ts'
import { passwordSettingsFor } from '../../core/tenant-settings.ts'
import { newTypedCode } from '../../core/typed-codes.ts'
import { canonicalLoginId, maskEmail } from '../../core/users.ts'
import { passwordErrors } from './errors.ts'

export interface SendReset {
  readonly project: Project
  readonly loginId: string
  readonly redirectUrl?: string | undefined
  readonly source: Source
  readonly wishes?: MessageWishes | undefined
}

/** What the caller is told, which is the same whoever is named. */
export interface SentReset {
  readonly resetMethod: PasswordSettings['resetMethod']
  readonly maskedEmail: string
  /** With `enchantedlink`: what to poll with, and the number to show. */
  readonly pendingRef: string
  readonly linkId: string
}

/**
 * Sends a way to set a new password, as the settings choose it, to the address that is stored for the account, if there is one and it is verified (RC-09). The answer is the same whatever
 * the account is, and the work is alike, down to the durable commit (EN-03). Throws `RedirectRefused` before anything is looked up.
 */
export async function sendReset(deps: Deps, input: SendReset): Promise<SentReset> {
  const { project, source, wishes } = input
  const { enabled, resetMethod } = project.settings.password
  if (!enabled) throw passwordErrors.MethodDisabled()
  const page = landingPageOf(deps, project, input.redirectUrl)
  const canonical = canonicalLoginId(input.loginId)
  const found = await deps.storage.users.byLoginId(project.id, canonical)
  const sourceIp = source.isTrusted ? undefined : source.ip
  const isForNobody = !found || !mayReset(project, found)
  const recipient = found?.user.email || canonical
  const mail = { projectId: project.id, kind: 'password.reset', channel: 'email', recipient, sourceIp, isForNobody } as const
  const place = await takeMail(deps, mail)
  const account = place.isTaken && !isForNobody ? found : undefined
  const target: StartTarget = {
    ...{ account, newcomer: undefined, canonicalLoginId: canonical, address: account?.user.email ?? '', masked: maskEmail(input.loginId) },
    terms: signInTerms({ method: 'email', isSent: true, isReset: true }),
    isSourceRefused: place.isSourceRefused,
    isRecipientRefused: !place.isTaken,
  }
  const userId = account?.user.id ?? ''
  const { pendingRef, linkId, ...secret } = secretMakers[resetMethod](deps, { project, target, page, userId })
  // Whoever asks has not shown to be the user; whether something was sent is told by the outcome, which comes later.
  const event = userEvent({ projectId: project.id, type: 'password.sendReset', outcome: 'failure', userId, source, data: { resetMethod } })
  await sendStart(deps, { ...{ project, target, channel: 'email', event, wishes }, ...secret })
  return { resetMethod, maskedEmail: target.masked, pendingRef, linkId }
}

type Secret = Pick<Start, 'challenge' | 'kind' | 'ttlSeconds' | 'values' | 'store'> & Pick<SentReset, 'pendingRef' | 'linkId'>

interface Making {
  readonly project: Project
  readonly target: StartTarget
  readonly page: URL
  readonly userId: string
}

/** How long a code that signs in lives at most (RC-04). */
const maxCodeSeconds = 600

/** Makes the secret of a reset, by the method of the settings. */
const secretMakers: Readonly<Record<PasswordSettings['resetMethod'], (deps: Deps, making: Making) => Secret>> = {
  magiclink(deps, { project, target, page, userId }) {
    const { resetExpirationTime, resetTypedCode } = project.settings.password
    const ttlSeconds = resetExpirationTime * 60
    const { address, terms: data } = target
    const made = newChallenge(deps, { projectId: project.id, userId, purpose: 'passwordReset', address, ttlSeconds, data })
    const typed = resetTypedCode ? newTypedCode(deps, made.record) : undefined
    const values = { link: withToken(page, made.token), lifetime: ttlSeconds, ...(typed ? { code: typed.code } : {}) }
    const challenge = typed?.challenge ?? made.record
    return { challenge, kind: 'password.reset', ttlSeconds, values, store: storeChallenge, pendingRef: '', linkId: '' }
  },
  enchantedlink(deps, { project, target, page, userId }) {
    const ttlSeconds = project.settings.password.resetExpirationTime * 60
    const { address, terms: data } = target
    const made = newEnchantedLink(deps, { projectId: project.id, userId, address, ttlSeconds, data })
    const values = { links: numberedUrls(made, page), lifetime: ttlSeconds }
    const { pendingRef, link, record: challenge } = made
    return { challenge, kind: 'password.resetEnchanted', ttlSeconds, values, store: storeChallenge, pendingRef, linkId: link.linkId }
  },
  otp(deps, { project, target, userId }) {
    const ttlSeconds = Math.min(project.settings.password.resetExpirationTime * 60, maxCodeSeconds)
    const { record, code } = newOneTimeCode(deps, {
      ...{ projectId: project.id, userId, address: target.address, ttlSeconds, data: target.terms },
      namedLoginId: target.canonicalLoginId,
    })
    const values = { code, lifetime: ttlSeconds }
    return { challenge: record, kind: 'password.resetCode', ttlSeconds, values, store: storeOneTimeCode, pendingRef: '', linkId: '' }
  },
}

/** Links of resets lead to a page that sets a password; numbered ones to a page that only confirms. */
function landingPageOf(deps: Deps, project: Project, redirectUrl: string | undefined): URL {
  const { password, magicLink, enchantedLink } = project.settings
  const isEnchanted = password.resetMethod === 'enchantedlink'
  const wanted = redirectUrl || (isEnchanted ? enchantedLink : magicLink).redirectUrl
  return landingPage(deps, project, { wanted, own: `/${isEnchanted ? 'confirm' : 'reset'}/${project.id}`, field: 'redirectUrl' })
}

/** A secret may go to the address when the account is usable, real and has passwords at all and, unless the settings say otherwise, the address is proven. One that stands unproven beside a proven one is never enough (RC-11). */
function mayReset(project: Project, account: UserWithLoginIds): boolean {
  const { user } = account
  const { enabled, resetRequiresVerifiedEmail } = passwordSettingsFor(project, account)
  const isProven = user.isEmailVerified || (!resetRequiresVerifiedEmail && isTrustedAddress(account, 'email'))
  return !isBarred(account) && enabled && !user.isTest && user.email !== '' && isProven
}
