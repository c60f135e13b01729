import { z } from 'zod'
import { coreErrors } from '../../core/errors.ts'
import { assertRights } from '../../core/management-keys.ts'
import { PasswordSettings } from '../../core/settings.ts'
import { route } from '../../http/route.ts'
import { Empty, LooseBoolean, Text } from '../../http/schemas.ts'
import { changePasswordSettings, type PasswordSettingsChanges, readSettings } from './settings.ts'

const { InvalidArguments, ManagementForbidden, TenantNotFound } = coreErrors

const TenantId = Text(64).meta({ description: 'The tenant whose settings are meant; empty or absent for those of the project.' })
const Flag = LooseBoolean.optional()
/** Go sends 0 for what is not set; ranges are checked where all settings are. */
const Count = z.int().min(0).optional()

/** The members that the SDKs know, and those that Ruby sends for what is not here: its mails and reset method are dropped like everything unknown. */
const SettingsBody = z.object({
  tenantId: TenantId.optional(),
  enabled: Flag,
  minLength: Count,
  lowercase: Flag,
  uppercase: Flag,
  number: Flag,
  nonAlphanumeric: Flag,
  nonAlphaNumeric: Flag.meta({ description: 'Another name of `nonAlphanumeric`; of the two, the one that says something new counts.' }),
  anyLetter: Flag,
  disallowedCharacters: Text(256).optional(),
  disallowEmailMatch: Flag,
  blocklist: Flag,
  enablePasswordStrength: Flag,
  passwordStrengthScore: Count,
  expiration: Flag,
  expirationWeeks: Count,
  reuse: Flag,
  reuseAmount: Count,
  lock: Flag,
  lockAttempts: Count,
  tempLock: Flag,
  tempLockAttempts: Count,
  tempLockDuration: Count,
  maskError: Flag,
  updateMaxAgeSeconds: Count,
  resetRequiresVerifiedEmail: Flag,
  resetExpirationTime: Count,
})

const SettingsReply = z
  .object({
    ...PasswordSettings.unwrap().shape,
    nonAlphaNumeric: z.boolean().meta({ description: 'The same as `nonAlphanumeric`, under the name that the Node SDK has for it.' }),
    tenantId: z.string(),
  })
  .meta({ id: 'PasswordSettings', description: 'Password settings of the project or of a tenant.' })

function changesOf(body: z.output<typeof SettingsBody>, now: PasswordSettings): PasswordSettingsChanges {
  const { tenantId: _, nonAlphaNumeric, nonAlphanumeric, ...fields } = body
  const said = [nonAlphanumeric, nonAlphaNumeric].filter((value) => value !== undefined)
  return {
    ...fields,
    nonAlphanumeric: said.find((value) => value !== now.nonAlphanumeric) ?? said[0],
    minLength: fields.minLength || undefined,
    expirationWeeks: fields.expirationWeeks || undefined,
    reuseAmount: fields.reuseAmount || undefined,
    lockAttempts: fields.lockAttempts || undefined,
    tempLockAttempts: fields.tempLockAttempts || undefined,
    tempLockDuration: fields.tempLockDuration || undefined,
    resetExpirationTime: fields.resetExpirationTime || undefined,
  }
}

const shared = { access: 'management', isTenantAware: true, path: '/v1/mgmt/password/settings' } as const

/** Password settings of the project and of tenants (`protocol/core.md` 7.3). */
export const passwordSettingsRoutes = [
  route({
    ...shared,
    method: 'GET',
    summary: 'Password settings of the project or of a tenant',
    query: z.object({ tenantId: TenantId.optional() }),
    reply: SettingsReply,
    errors: [TenantNotFound, ManagementForbidden],
    run: async ({ deps, caller: { project, rights }, query: { tenantId = '' } }) => {
      const settings = await readSettings(deps, { project, rights, tenantId })
      return { ...settings, nonAlphaNumeric: settings.nonAlphanumeric, tenantId }
    },
  }),
  route({
    ...shared,
    method: 'POST',
    summary: 'Change password settings of the project or of a tenant: what is not sent stays',
    body: SettingsBody,
    reply: Empty,
    errors: [InvalidArguments, TenantNotFound, ManagementForbidden],
    run: async ({ deps, caller: { project, rights, actor }, body }) => {
      const { tenantId = '' } = body
      // Those of the project are its settings, for which there is a right (MG-05).
      if (tenantId === '') assertRights(rights, { effect: 'write', right: 'projects', isTenantAware: true })
      await changePasswordSettings(deps, { project, rights, actor, tenantId, changesFrom: (now) => changesOf(body, now) })
      return {}
    },
  }),
]
