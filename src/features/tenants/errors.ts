import { defineErrors } from '../../core/errors.ts'

export const tenantErrors = defineErrors({
  TenantAlreadyExists: {
    status: 400,
    wire: 'E111402',
    text: 'Tenant already exists',
    message: 'The ID or the name of the tenant is taken',
  },
})
