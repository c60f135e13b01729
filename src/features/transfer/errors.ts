import { defineErrors } from '../../core/errors.ts'

export const transferErrors = defineErrors({
  BrokenTransferFile: { status: 400, wire: 'E112150', text: 'The file with the users cannot be read' },
})
