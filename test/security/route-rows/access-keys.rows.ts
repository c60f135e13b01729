import { empty, freshName, type Rows, type World } from './row.ts'

async function freshKey({ kit }: World): Promise<string> {
  const answer = await kit.manage('/v1/mgmt/accesskey/create', { body: { name: freshName('key') } })
  return answer.body.key.id
}

const id = async (world: World) => ({ body: { id: await freshKey(world) } })
const ids = async (world: World) => ({ body: { ids: [await freshKey(world)] } })

export const rows: Rows = {
  'POST /v1/auth/accesskey/exchange': { access: 'accessKey', request: empty },
  'POST /v1/mgmt/accesskey/create': { access: 'management', request: () => ({ body: { name: freshName('key') } }) },
  'GET /v1/mgmt/accesskey': { access: 'management', request: async (world) => ({ path: `?id=${await freshKey(world)}` }) },
  'POST /v1/mgmt/accesskey/search': { access: 'management', effect: 'read', request: empty },
  'POST /v1/mgmt/accesskey/update': {
    access: 'management',
    request: async (world) => ({ body: { id: await freshKey(world), name: freshName('key') } }),
  },
  'POST /v1/mgmt/accesskey/activate': { access: 'management', request: id },
  'POST /v1/mgmt/accesskey/activate/batch': { access: 'management', request: ids },
  'POST /v1/mgmt/accesskey/deactivate': { access: 'management', request: id },
  'POST /v1/mgmt/accesskey/deactivate/batch': { access: 'management', request: ids },
  'POST /v1/mgmt/accesskey/delete': { access: 'management', request: id },
  'POST /v1/mgmt/accesskey/delete/batch': { access: 'management', request: ids },
  'POST /v1/mgmt/accesskey/rotate': { access: 'management', request: id },
}
