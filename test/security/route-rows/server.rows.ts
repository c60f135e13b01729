import type { Rows } from './row.ts'

export const rows: Rows = {
  'GET /healthz': { access: 'open' },
  'GET /readyz': { access: 'open' },
  'GET /metrics': { access: 'local' },
  'GET /v2/keys/{projectId}': { access: 'open' },
  'GET /v1/keys/{projectId}': { access: 'open' },
  'GET /openapi.json': { access: 'open' },
  'GET /docs': { access: 'open' },
  'GET /docs/start.js': { access: 'open' },
  'GET /docs/swagger-ui.css': { access: 'open' },
  'GET /docs/swagger-ui-bundle.js': { access: 'open' },
}
