import type { Feature } from '../../http/route.ts'
import { projectErrors } from './errors.ts'
import { projectRoutes } from './project-routes.ts'
import { settingsRoutes } from './settings-routes.ts'
import { snapshotRoutes } from './snapshot-routes.ts'

/** Projects, their settings and their signing keys (`protocol/core.md` 1.8, 7.9; `protocol/settings.md`). */
export const projects: Feature = {
  name: 'projects',
  routes: [...projectRoutes, ...settingsRoutes, ...snapshotRoutes],
  errors: projectErrors,
  messages: {},
  events: {
    'project.create':
      'A project was made, new or as a clone; `createdProjectId` is its ID. Noted in the new one and in the one whose key asked.',
    'project.update': 'Name, tags or environment of the project were changed; `fields` names them.',
    'project.import': 'A snapshot was imported; `files` names what was in it.',
    'project.delete': 'The project was deleted. Its audit trail goes with it.',
    'database.restore':
      'The database was restored from a backup: what happened after `createdAt` is gone; `endSessions` says whether all sessions were ended.',
    'signingKey.rotate': 'A signing key was added; `isEmergency` says whether the others were revoked.',
    'settings.change': 'Settings were changed; `fields` names them.',
  },
}
