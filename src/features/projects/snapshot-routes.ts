import { z } from 'zod'
import { coreErrors } from '../../core/errors.ts'
import { templateLimits } from '../../core/message-templates.ts'
import { batchLimits } from '../../http/body.ts'
import { route } from '../../http/route.ts'
import { Empty, Text } from '../../http/schemas.ts'
import { projectErrors } from './errors.ts'
import { exportSnapshot, importSnapshot, validateSnapshot } from './import.ts'

const { InvalidProject } = coreErrors
const { InvalidSnapshot } = projectErrors

const Files = z.record(z.string(), z.unknown()).meta({
  description:
    'JSON files by name: `settings.json`, `permissions.json`, `roles.json`, `attributes.json`, `messageTemplates.json`, `snapshot.json`.',
})

/** Secrets that the vendor's snapshots leave blank (`inputSecrets`) are of things that are not here; they are dropped. */
const SnapshotBody = z.object({
  files: Files,
  excludes: z.array(Text(128)).max(100).optional().meta({ description: 'Files to leave alone, with or without `.json`.' }),
})

const NoSecrets = z.object({ connectors: z.array(z.unknown()), oauthProviders: z.array(z.unknown()) })

/** Texts of message templates are long. */
const snapshotLimits = { ...batchLimits, maxTextLength: templateLimits.body + 1 }

const shared = { method: 'POST', access: 'management' } as const

/** The newer and the older name of the same call. */
const exportPaths = ['/v1/mgmt/project/snapshot/export', '/v1/mgmt/project/export'] as const
const importPaths = ['/v1/mgmt/project/snapshot/import', '/v1/mgmt/project/import'] as const

export const snapshotRoutes = [
  ...exportPaths.map((path) =>
    route({
      ...shared,
      path,
      effect: 'read',
      summary: 'Settings, roles, permissions, attributes and message templates of the project as files; no users, no keys',
      reply: z.object({ files: Files }),
      errors: [InvalidProject],
      run: async ({ deps, caller }) => ({ files: await exportSnapshot(deps, { projectId: caller.project.id }) }),
    }),
  ),
  ...importPaths.map((path) =>
    route({
      ...shared,
      path,
      right: 'projects',
      summary: 'Make settings, roles, permissions, attributes and message templates what the files say, all or nothing',
      body: SnapshotBody,
      bodyLimits: snapshotLimits,
      reply: Empty,
      errors: [InvalidProject, InvalidSnapshot],
      run: async ({ deps, caller, body }) => {
        await importSnapshot(deps, { projectId: caller.project.id, actor: caller.actor, ...body })
        return {}
      },
    }),
  ),
  route({
    ...shared,
    path: '/v1/mgmt/project/snapshot/validate',
    effect: 'read',
    summary: 'What an import of these files would do; changes nothing',
    body: SnapshotBody,
    bodyLimits: snapshotLimits,
    reply: z.object({
      ok: z.boolean(),
      failures: z.array(z.string()),
      missingSecrets: NoSecrets,
      deletions: z.array(z.string()).meta({ description: 'Ours: what the import would take away.' }),
    }),
    errors: [InvalidProject],
    run: async ({ deps, caller, body }) => {
      const { failures, deletions } = await validateSnapshot(deps, { projectId: caller.project.id, ...body })
      const missingSecrets = { connectors: [], oauthProviders: [] }
      return { ok: failures.length === 0, failures: [...failures], missingSecrets, deletions: [...deletions] }
    },
  }),
]
