import { defineErrors } from '../../core/errors.ts'

export const projectErrors = defineErrors({
  InvalidSnapshot: { status: 400, wire: 'E111701', text: 'Snapshot cannot be imported' },
})
