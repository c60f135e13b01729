import type { Rows } from './row.ts'

export const rows: Rows = {
  'POST /v1/mgmt/audit/search': { access: 'management', effect: 'read', request: ({ user }) => ({ body: { userIds: [user.userId] } }) },
  'POST /v1/mgmt/audit/event': {
    access: 'management',
    request: () => ({ body: { action: 'pencil.create', type: 'info', actorId: 'somebody', tenantId: 'T', data: { color: 'red' } } }),
  },
}
