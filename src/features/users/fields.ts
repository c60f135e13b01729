import { coreErrors } from '../../core/errors.ts'
import type { UserChanges, UserRecord, UserStatus } from '../../core/storage.ts'
import { parseEmail, parsePhone } from '../../core/users.ts'

/** What an administrator says about a user. Absent fields stay as they are; texts that are `''` empty theirs. */
export interface UserFields {
  readonly email?: string | undefined
  /** Absent: as it is where the address is the same, else true (`protocol/core.md` 7.1). */
  readonly isEmailVerified?: boolean | undefined
  readonly phone?: string | undefined
  readonly isPhoneVerified?: boolean | undefined
  readonly name?: string | undefined
  readonly givenName?: string | undefined
  readonly middleName?: string | undefined
  readonly familyName?: string | undefined
  readonly picture?: string | undefined
  readonly recoveryEmail?: string | undefined
  /** Absent is false. */
  readonly isRecoveryEmailVerified?: boolean | undefined
  readonly recoveryPhone?: string | undefined
  readonly isRecoveryPhoneVerified?: boolean | undefined
  readonly customAttributes?: Readonly<Record<string, unknown>> | undefined
  /** Never `expired`: that is not a status that can be set. */
  readonly status?: UserStatus | undefined
  /** Login IDs beside the first, or beside the one by which the user was named. */
  readonly additionalLoginIds?: readonly string[] | undefined
  /** Roles of the whole project. */
  readonly roleNames?: readonly string[] | undefined
  readonly tenants?: readonly TenantRoles[] | undefined
}

export interface TenantRoles {
  readonly tenantId: string
  readonly roleNames: readonly string[]
}

/** What `update` writes where the caller sends nothing. Login IDs and the status stay: the contract has calls of their own for them. */
export const emptyFields = Object.freeze({
  ...{ email: '', phone: '', name: '', givenName: '', middleName: '', familyName: '', picture: '' },
  customAttributes: {},
  roleNames: [],
  tenants: [],
}) satisfies UserFields

/** The address in its stored form; `''` is none. Throws `InvalidRequest`. */
export function storedEmail(text: string, field = 'email'): string {
  const email = text === '' ? '' : parseEmail(text)
  if (email === undefined) throw coreErrors.InvalidRequest({ message: `The ${field} field is not a valid e-mail address` })
  return email
}

/** The number in its stored form; `''` is none. Throws `InvalidRequest`. */
export function storedPhone(text: string, field = 'phone'): string {
  const phone = text === '' ? '' : parsePhone(text)
  if (phone === undefined) throw coreErrors.InvalidRequest({ message: `The ${field} field is not a valid phone number` })
  return phone
}

/** What the fields change of the user's own row. Throws `InvalidRequest` for an address or a number that is not one. */
export function changesOf(before: UserRecord, fields: UserFields): UserChanges {
  const { name, givenName, middleName, familyName, picture, status } = fields
  return {
    ...withoutUndefined({ name, givenName, middleName, familyName, picture, status }),
    ...addressChanges(before, fields),
    ...recoveryChanges(before, fields),
  }
}

function addressChanges(before: UserRecord, fields: UserFields): UserChanges {
  const email = fields.email === undefined ? before.email : storedEmail(fields.email)
  const phone = fields.phone === undefined ? before.phone : storedPhone(fields.phone)
  const isEmailVerified = fields.isEmailVerified ?? (email === before.email ? before.isEmailVerified : true)
  const isPhoneVerified = fields.isPhoneVerified ?? (phone === before.phone ? before.isPhoneVerified : true)
  return { email, isEmailVerified: email !== '' && isEmailVerified, phone, isPhoneVerified: phone !== '' && isPhoneVerified }
}

function recoveryChanges(before: UserRecord, fields: UserFields): UserChanges {
  const recoveryEmail = fields.recoveryEmail === undefined ? before.recoveryEmail : storedEmail(fields.recoveryEmail, 'recoveryEmail')
  const recoveryPhone = fields.recoveryPhone === undefined ? before.recoveryPhone : storedPhone(fields.recoveryPhone, 'recoveryPhone')
  const isKept = (now: string, then: string, was: boolean) => now === then && was
  const isRecoveryEmailVerified =
    fields.isRecoveryEmailVerified ?? isKept(recoveryEmail, before.recoveryEmail, before.isRecoveryEmailVerified)
  const isRecoveryPhoneVerified =
    fields.isRecoveryPhoneVerified ?? isKept(recoveryPhone, before.recoveryPhone, before.isRecoveryPhoneVerified)
  return {
    ...{ recoveryEmail, isRecoveryEmailVerified: recoveryEmail !== '' && isRecoveryEmailVerified },
    ...{ recoveryPhone, isRecoveryPhoneVerified: recoveryPhone !== '' && isRecoveryPhoneVerified },
  }
}

function withoutUndefined(fields: UserFields): UserChanges {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined))
}

/** Names of the fields that are there, sorted, for the audit trail. */
export function namesOf(fields: UserFields): readonly string[] {
  const names = Object.entries(fields).flatMap(([name, value]) => (value === undefined ? [] : [name]))
  return names.toSorted()
}
