import { empty, freshName, type Rows, type World } from './row.ts'

const writing = { access: 'management', right: 'projects' } as const
const reading = { access: 'management', effect: 'read' } as const

const texts = { kind: 'password.reset', channel: 'email', versions: { en: { subject: 'Reset', body: '<a href="{{ link }}">Reset</a>' } } }

async function id({ kit }: World) {
  const { body } = await kit.manage('/v1/mgmt/message/template/create', { body: { ...texts, name: freshName('template') } })
  return { body: { id: body.template.id } }
}

export const rows: Rows = {
  'POST /v1/mgmt/message/template/create': { ...writing, request: () => ({ body: { ...texts, name: freshName('template') } }) },
  'POST /v1/mgmt/message/template/update': { ...writing, request: id },
  'POST /v1/mgmt/message/template/activate': { ...writing, request: id },
  'POST /v1/mgmt/message/template/deactivate': { ...writing, request: id },
  'POST /v1/mgmt/message/template/delete': { ...writing, request: id },
  'POST /v1/mgmt/message/template/load': { ...reading, request: id },
  'POST /v1/mgmt/message/template/list': { ...reading, request: empty },
  'POST /v1/mgmt/message/template/kinds': { ...reading, request: empty },
  'POST /v1/mgmt/message/template/builtin': { ...reading, request: () => ({ body: texts }) },
  'POST /v1/mgmt/message/template/preview': { ...reading, request: () => ({ body: texts }) },
  'POST /v1/mgmt/message/template/test': { ...writing, request: () => ({ body: { ...texts, to: `${freshName('to')}@example.com` } }) },
}
