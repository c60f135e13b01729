import { defineErrors } from '../../core/errors.ts'

export const auditErrors = defineErrors({
  TooManyEvents: {
    status: 400,
    wire: 'E111901',
    text: 'Too many events to search',
    message: 'There are too many events in this time; narrow it, or name users',
  },
})
