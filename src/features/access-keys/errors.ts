import { defineErrors } from '../../core/errors.ts'

/** Codes of the exchange are those of the vendor's clients (`protocol/core.md` 5.2). */
export const accessKeyErrors = defineErrors({
  MissingAccessKey: { status: 401, wire: 'E062802', text: 'Access key is missing' },
  InvalidAccessKey: { status: 401, wire: 'E062803', text: 'Access key is invalid' },
  AccessKeyNotFound: { status: 404, wire: 'E111501', text: 'Access key not found' },
})
