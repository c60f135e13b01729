import { defineErrors } from '../../core/errors.ts'

export const managementKeyErrors = defineErrors({
  ManagementKeyNotFound: { status: 404, wire: 'E111601', text: 'Management key not found' },
})
