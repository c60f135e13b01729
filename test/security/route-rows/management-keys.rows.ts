import { freshName, type Rows, type World } from './row.ts'

const shared = { access: 'management', right: 'managementKeys' } as const

async function freshKey({ kit }: World): Promise<string> {
  const answer = await kit.manage('/v1/mgmt/managementkey', { method: 'PUT', body: { name: freshName('key') } })
  return answer.body.key.id
}

export const rows: Rows = {
  'PUT /v1/mgmt/managementkey': { ...shared, request: () => ({ body: { name: freshName('key') } }) },
  'PATCH /v1/mgmt/managementkey': {
    ...shared,
    request: async (world) => ({ body: { id: await freshKey(world), name: freshName('key') } }),
  },
  'GET /v1/mgmt/managementkey': { ...shared, request: async (world) => ({ path: `?id=${await freshKey(world)}` }) },
  'GET /v1/mgmt/managementkey/search': shared,
  'POST /v1/mgmt/managementkey/delete': { ...shared, request: async (world) => ({ body: { ids: [await freshKey(world)] } }) },
}
