import { empty, freshName, type Rows } from './row.ts'

const reading = { access: 'management', effect: 'read' } as const
const writing = { access: 'management', right: 'projects' } as const

const snapshot = () => ({ body: { files: { 'settings.json': {} } } })
const named =
  (more: object = {}) =>
  () => ({ body: { name: freshName('project'), ...more } })

export const rows: Rows = {
  'GET /v1/mgmt/license': { access: 'management' },
  'POST /v1/mgmt/project/update/name': { ...writing, request: named() },
  'POST /v1/mgmt/project/update/tags': { ...writing, request: () => ({ body: { tags: ['a'] } }) },
  'POST /v1/mgmt/project/update/environment': { ...writing, request: () => ({ body: { environment: '' } }) },
  'POST /v1/mgmt/projects/list': { ...reading, request: empty },
  'POST /v1/mgmt/project/create': { ...writing, request: named() },
  'POST /v1/mgmt/project/clone': { ...writing, request: named({ environment: 'production' }) },
  'POST /v1/mgmt/project/delete': { ...writing, isDestructive: true },
  'GET /v1/mgmt/project/settings': { access: 'management' },
  'PATCH /v1/mgmt/project/settings': { ...writing, request: () => ({ body: { project: { appUrl: 'https://app.example' } } }) },
  'POST /v1/mgmt/project/snapshot/export': reading,
  'POST /v1/mgmt/project/export': reading,
  'POST /v1/mgmt/project/snapshot/import': { ...writing, request: snapshot },
  'POST /v1/mgmt/project/import': { ...writing, request: snapshot },
  'POST /v1/mgmt/project/snapshot/validate': { ...reading, request: snapshot },
}
