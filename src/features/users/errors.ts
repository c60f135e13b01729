import { defineErrors } from '../../core/errors.ts'

/** Failures of the administration of users. `E111127` is the contract's; the rest it leaves open, see `docs/errors.md`. */
export const userErrors = defineErrors({
  AddressConflict: { status: 400, wire: 'E111127', text: 'The address is a login ID of another user' },
  LastLoginId: { status: 400, wire: 'E112103', text: 'The only login ID of a user cannot be removed' },
  NotInTenant: { status: 400, wire: 'E112104', text: 'The user is not in the tenant' },
  InviteUrlRefused: { status: 400, wire: 'E112105', text: 'Invite URL is not approved' },
  CredentialNotFound: { status: 404, wire: 'E112106', text: 'The user has no such credential' },
  AttributeExists: { status: 400, wire: 'E112107', text: 'A custom attribute of this name exists' },
})
