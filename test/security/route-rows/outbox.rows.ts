import type { Rows } from './row.ts'

export const rows: Rows = {
  'GET /outbox': { access: 'loopback' },
  'GET /outbox/{id}': { access: 'loopback' },
  'GET /outbox.json': { access: 'loopback' },
}
