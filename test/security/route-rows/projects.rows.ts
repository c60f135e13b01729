import type { Rows } from './row.ts'

export const rows: Rows = {
  'GET /v1/mgmt/license': { access: 'management' },
}
