import type { Rows } from './row.ts'

export const rows: Rows = {
  'GET /outbox': { access: 'loopback' },
  'GET /outbox/{id}': { access: 'loopback' },
  'GET /v1/test/outbox': { access: 'loopback' },
  'DELETE /v1/test/outbox': { access: 'loopback' },
}
