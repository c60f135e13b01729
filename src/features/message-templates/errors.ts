import { defineErrors } from '../../core/errors.ts'

export const messageTemplateErrors = defineErrors({
  InvalidMessageTemplate: { status: 400, wire: 'E112002', text: 'Message template is invalid' },
  MessageTemplateExists: { status: 400, wire: 'E112003', text: 'A message template of this name exists for this kind and channel' },
  MessageNotCarried: { status: 400, wire: 'E112004', text: 'Nothing carries messages on this channel' },
})
