import { defineErrors } from '../../core/errors.ts'

export const sessionErrors = defineErrors({
  TenantRefused: {
    status: 403,
    wire: 'E064005',
    text: 'Tenant cannot be selected',
    message: 'The user is not in this tenant, or it is closed',
  },
})
