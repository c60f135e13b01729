import { defineErrors } from '../../core/errors.ts'

export const transferErrors = defineErrors({
  UnknownTransferFormat: { status: 400, wire: 'E112150', text: 'No such format of users' },
  BrokenTransferFile: { status: 400, wire: 'E112151', text: 'The file cannot be read' },
  HashConfigNeeded: { status: 400, wire: 'E112152', text: 'The hash parameters are missing or wrong' },
})
