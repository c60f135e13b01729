import type { Rows } from './row.ts'

const reading = { access: 'management', isTenantAware: true, effect: 'read' } as const

export const rows: Rows = {
  'POST /v1/mgmt/user/search': { ...reading, request: ({ user }) => ({ body: { loginIds: [user.loginId] } }) },
  'POST /v2/mgmt/user/search': { ...reading, request: ({ user }) => ({ body: { userIds: [user.userId], limit: 0 } }) },
  'POST /v2/mgmt/user/search/test': { ...reading, request: () => ({ body: {} }) },
  'POST /v1/mgmt/user/history': { ...reading, request: ({ user }) => ({ body: [user.userId] }) },
}
