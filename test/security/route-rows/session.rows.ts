import { empty, type Rows } from './row.ts'

export const rows: Rows = {
  'POST /v1/auth/refresh': { access: 'refreshToken', request: empty },
  'POST /v1/auth/try-refresh': { access: 'refreshToken', request: empty },
  'POST /v1/auth/logout': { access: 'refreshToken', request: empty },
  'POST /v1/auth/logoutall': { access: 'refreshToken', request: empty },
  'GET /v1/auth/me': { access: 'refresh' },
  'GET /v1/auth/me/history': { access: 'refresh' },
  'POST /v1/auth/validate': { access: 'session', request: empty },
}
