import { domainToASCII } from 'node:url'
import { coreErrors } from './errors.ts'
import type { LoginIdRecord, UserRecord } from './storage.ts'

/**
 * Login IDs and addresses. There is one canonicaliser, used by sign-up, sign-in, recovery, management and limits alike (IN-02); uniqueness
 * is a database constraint on its result. The rules, with examples, are in `docs/login-ids.md`.
 */

/** Longest login ID, in UTF-16 units. */
export const maxLoginIdLength = 254

const forbidden = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u
const localPart = /^[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*$/
/** Characters of a domain that a URL parser, which knows punycode, would read as something else: it ends the host at a slash and decodes escapes. */
const foreignToDomains = /[\s\p{Cc}\p{Cf}%/?#\\@:[\]]/u
const domainLabels = /^(?!-)[a-z0-9-]{1,63}(?<!-)(?:\.(?!-)[a-z0-9-]{1,63}(?<!-))*$/

/**
 * The address in the form that is stored and mailed to: domain in lower-case punycode, local part as given. `undefined` when the text is not
 * one plain mailbox (quoted local parts, comments, lists, groups and non-ASCII local parts are not; RFC 5321, 4.1.2; IN-05).
 */
export function parseEmail(text: string): string | undefined {
  const normal = text.normalize('NFC').trim()
  const at = normal.lastIndexOf('@')
  if (at < 1 || normal.length > maxLoginIdLength) return undefined
  const local = normal.slice(0, at)
  const given = normal.slice(at + 1)
  if (foreignToDomains.test(given)) return undefined
  const domain = domainToASCII(given).toLowerCase()
  // A last label of digits is an IP address, in one of its many spellings.
  if (/(?:^|\.)\d+$/.test(domain)) return undefined
  if (local.length > 64 || !localPart.test(local) || domain.length > 253 || !domainLabels.test(domain)) return undefined
  const address = `${local}@${domain}`
  // Measured again: punycode is longer than what it stands for.
  return address.length <= maxLoginIdLength ? address : undefined
}

export function isEmailAddress(text: string): boolean {
  return parseEmail(text) !== undefined
}

/** The phone number in E.164 form, `+15555555555`, or `undefined` when the text is not one: a plus, digits, and separators between them. */
export function parsePhone(text: string): string | undefined {
  if (!/^\+[\d\s().-]{7,30}$/.test(text.trim())) return undefined
  const digits = text.replace(/\D/g, '')
  return digits.length >= 7 && digits.length <= 15 ? `+${digits}` : undefined
}

/**
 * The one form by which a login ID is found: NFC, outer white space removed, lower case; addresses with their domain in punycode, phone numbers
 * as E.164. Never throws: what could not have been stored is simply not found.
 */
export function canonicalLoginId(text: string): string {
  return canonicalForm(text, parsePhone(text), parseEmail(text))
}

function canonicalForm(text: string, phone: string | undefined, email: string | undefined): string {
  return phone ?? (email ?? text.normalize('NFC').trim()).toLowerCase().normalize('NFC')
}

/**
 * Reads a login ID that is to be stored. Throws `InvalidRequest` when it is empty or too long, holds control, format or ill-formed
 * characters, or has an `@` without being one plain address.
 */
export function newLoginId(text: string): LoginIdRecord {
  const shown = text.normalize('NFC').trim()
  const refuse = (message: string) => coreErrors.InvalidRequest({ message })
  if (shown === '') throw refuse('The loginId field is required')
  if (shown.length > maxLoginIdLength) throw refuse(`The loginId field is longer than ${maxLoginIdLength} characters`)
  if (!shown.isWellFormed() || forbidden.test(shown)) throw refuse('The loginId field has characters that are not allowed')
  const [phone, email] = [parsePhone(shown), parseEmail(shown)]
  if (shown.includes('@') && !email) throw refuse('The loginId field is not a valid e-mail address')
  return { canonical: canonicalForm(shown, phone, email), shown: phone ?? email ?? shown }
}

/**
 * Masks the address in a request, `j*****@e*****.com`; `''` when it is not one. Made from the request and never from what is stored, so that
 * it tells nothing (EN-03).
 */
export function maskEmail(requested: string): string {
  const email = parseEmail(requested)
  if (!email) return ''
  const [local = '', domain = ''] = email.split('@')
  const dot = domain.lastIndexOf('.')
  const ending = dot > 0 ? domain.slice(dot) : ''
  return `${local.slice(0, 1)}*****@${domain.slice(0, 1)}*****${ending}`
}

/** Masks the phone number in a request, `+*********55`; `''` when it is not one. Made from the request, as `maskEmail` is. */
export function maskPhone(requested: string): string {
  const phone = parsePhone(requested)
  return phone ? `+${'*'.repeat(phone.length - 3)}${phone.slice(-2)}` : ''
}

/** Whether a login ID is an address of the kind of the given one, and another: whoever has the one could then keep whoever has the other from ever signing up. */
export function isAnotherAddress(loginId: string, address: string): boolean {
  const parse = address.includes('@') ? parseEmail : parsePhone
  const named = parse(loginId)
  return named !== undefined && canonicalLoginId(named) !== canonicalLoginId(address)
}

/** What a caller may say about a user who signs up; everything else is the server's (MG-04). */
export interface NewUserDetails {
  readonly name?: string | undefined
  readonly givenName?: string | undefined
  readonly middleName?: string | undefined
  readonly familyName?: string | undefined
  readonly email?: string | undefined
  readonly phone?: string | undefined
}

/**
 * A user record of a sign-up. A login ID that is an address or a phone number fills that field where the caller gives none. Nothing is
 * verified. Throws `InvalidRequest` for an address or a number that is not one.
 */
export function newUserRecord(input: {
  readonly projectId: string
  readonly id: string
  readonly loginId: LoginIdRecord
  readonly details: NewUserDetails
  readonly now: number
}): UserRecord {
  const { details, loginId, now } = input
  const email = details.email ? parseEmail(details.email) : (parseEmail(loginId.shown) ?? '')
  const phone = details.phone ? parsePhone(details.phone) : (parsePhone(loginId.shown) ?? '')
  if (email === undefined) throw coreErrors.InvalidRequest({ message: 'The email field is not a valid e-mail address' })
  if (phone === undefined) throw coreErrors.InvalidRequest({ message: 'The phone field is not a valid phone number' })
  return {
    projectId: input.projectId,
    id: input.id,
    status: 'enabled',
    email,
    isEmailVerified: false,
    phone,
    isPhoneVerified: false,
    name: details.name ?? '',
    givenName: details.givenName ?? '',
    middleName: details.middleName ?? '',
    familyName: details.familyName ?? '',
    picture: '',
    recoveryEmail: '',
    isRecoveryEmailVerified: false,
    recoveryPhone: '',
    isRecoveryPhoneVerified: false,
    isTest: false,
    isAnonymous: false,
    customAttributes: {},
    createdAt: now,
    modifiedAt: now,
    lastSignInAt: 0,
  }
}
