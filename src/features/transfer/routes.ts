import { coreErrors } from '../../core/errors.ts'
import { batchLimits } from '../../http/body.ts'
import { route } from '../../http/route.ts'
import { userReply } from '../../http/session-reply.ts'
import { transferErrors } from './errors.ts'
import { exportPage } from './export-users.ts'
import { importBody } from './import-body.ts'
import { ExportBody, ExportReply, ImportBody, ImportReply } from './schemas.ts'

export const routes = [
  route({
    method: 'POST',
    path: '/v1/mgmt/user/import',
    access: 'management',
    right: 'activePasswords',
    summary: 'Take users of another system in, with their password hashes',
    body: ImportBody,
    // A `Buffer` of Node.js is a list of its bytes.
    bodyLimits: { ...batchLimits, maxTextLength: batchLimits.maxBytes, maxEntries: batchLimits.maxBytes },
    reply: ImportReply,
    errors: [coreErrors.InvalidArguments, transferErrors.BrokenTransferFile],
    run: async ({ deps, caller: { project, actor }, body, signal }) => {
      const { report, accounts, rejects } = await importBody(deps, {
        ...{ projectId: project.id, actor, from: body.source, users: body.users, hashes: body.hashes, signal },
        ...{ isDryRun: body.dryrun ?? false, createsMissing: body.createMissing ?? false, dropsBadHashes: body.dropBadHashes ?? false },
      })
      return {
        users: accounts.map(userReply),
        failures: rejects.map(({ line, who, reasons }) => ({ user: who || `line ${line}`, reason: reasons.join('; ') })),
        imported: report.imported,
        existing: report.existing,
      }
    },
  }),
  route({
    method: 'POST',
    path: '/v1/mgmt/user/export',
    access: 'management',
    effect: 'read',
    summary: 'Users as the export has them, page by page; hashes for keys with that right',
    body: ExportBody,
    reply: ExportReply,
    errors: [],
    run: async ({ deps, caller: { project, actor, rights }, body }) => {
      const { after, limit, withHashes = false } = body
      const { users, next } = await exportPage(deps, { projectId: project.id, actor, rights, withHashes, after, limit })
      return { users: [...users], ...(next === undefined ? {} : { next }) }
    },
  }),
]
