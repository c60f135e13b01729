import { freshLoginId, type Rows } from './row.ts'

export const rows: Rows = {
  'POST /v1/mgmt/user/import': {
    access: 'management',
    right: 'activePasswords',
    request: () => ({ body: { source: 'csv', users: `loginId\n${freshLoginId()}\n` } }),
  },
  'POST /v1/mgmt/user/export': { access: 'management', effect: 'read', request: () => ({ body: { limit: 1 } }) },
}
