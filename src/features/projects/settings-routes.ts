import { z } from 'zod'
import { coreErrors } from '../../core/errors.ts'
import { changeSettings, type SettingsChanges } from '../../core/projects.ts'
import { Settings } from '../../core/settings.ts'
import { route } from '../../http/route.ts'
import { maySeeCodes, shownSettings } from './static-code.ts'

const { InvalidArguments, InvalidProject } = coreErrors

/** The sections, for the documentation; what is in them is checked as a whole where it is merged, so that every problem is told at once. */
const Changes = z
  .looseObject(
    Object.fromEntries(Object.keys(Settings.parse({})).map((section) => [section, z.record(z.string(), z.unknown()).optional()])),
  )
  .meta({ description: 'Sections and fields to change, as in the answer of GET; what is not named stays.' })

const path = '/v1/mgmt/project/settings'

export const settingsRoutes = [
  route({
    method: 'GET',
    path,
    access: 'management',
    summary: 'Ours: the settings in force',
    reply: Settings,
    errors: [],
    run: async ({ caller: { project, rights } }) => shownSettings(project.settings, rights),
  }),
  route({
    method: 'PATCH',
    path,
    access: 'management',
    right: 'projects',
    summary: 'Ours: change settings; running processes follow within a second',
    body: Changes,
    reply: Settings,
    errors: [InvalidArguments, InvalidProject],
    run: async ({ deps, caller: { project, actor, rights }, body }) => {
      const changes = body as SettingsChanges
      if (changes.project?.testUserFixedAuthToken && !maySeeCodes(rights)) throw coreErrors.ManagementForbidden()
      if (Object.values(changes).every((fields) => Object.keys(fields ?? {}).length === 0))
        throw InvalidArguments({ message: 'No settings were named' })
      return shownSettings(await changeSettings(deps, { projectId: project.id, changes, actor }), rights)
    },
  }),
]
