import { aLink, freshLink, type Rows } from './row.ts'

export const rows: Rows = {
  'POST /v1/auth/magiclink/verify': { access: 'project', request: freshLink },
  'GET /verify/{projectId}': { access: 'open', request: () => ({ path: `?t=${aLink}` }) },
  'POST /verify/{projectId}': { access: 'open', request: () => ({ form: { t: aLink } }) },
}
