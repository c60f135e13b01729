import { defineErrors } from '../../core/errors.ts'

/** Failures of the management calls about tokens; the contract leaves their codes open, see `docs/errors.md`. */
export const jwtErrors = defineErrors({
  ImpersonationRefused: {
    status: 403,
    wire: 'E111801',
    text: 'Impersonation refused',
    message: 'The impersonator does not have the permission to act as this user',
  },
  NoConsent: { status: 403, wire: 'E111802', text: 'No consent', message: 'The user has not consented to be impersonated' },
})
