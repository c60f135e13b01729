import { defineErrors } from '../../core/errors.ts'

export const userErrors = defineErrors({
  ManagedUserNotFound: { status: 404, wire: 'E112102', text: 'User not found', message: 'Cannot find user' },
})
