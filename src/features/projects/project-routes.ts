import { z } from 'zod'
import { coreErrors } from '../../core/errors.ts'
import { type Callers, route } from '../../http/route.ts'
import { Empty, synonyms, Text } from '../../http/schemas.ts'
import { deleteProject, listProjects, type ProjectCaller, updateProject } from './change.ts'
import { type CreatedProject, cloneProject, createProject } from './create.ts'

const { InvalidArguments, InvalidProject } = coreErrors

const Name = Text(256).min(1)
const Tags = z.array(Text(64).min(1)).max(100)
const Environment = z.enum(['', 'production']).meta({ description: '`production` marks a project whose users are real.' })

const Facts = { name: Name, tags: Tags.optional(), environment: Environment.optional() }
/** Ruby calls the environment `tag`. */
const CloneBody = synonyms({ tag: 'environment' }, z.object(Facts))
const CreateBody = z.object({
  ...Facts,
  hardened: z.boolean().optional().meta({ description: 'Start with every safer choice made.' }),
})

const maxPage = 200
const ListBody = z.object({
  limit: z.int().min(0).max(maxPage).optional().meta({ description: 'Ours: size of a page; 200 if absent or 0.' }),
  page: z.int().min(0).max(1_000_000).optional().meta({ description: 'Ours: number of the page, from 0.' }),
})

const ProjectView = z.object({ id: z.string(), name: z.string(), environment: z.string(), tags: z.array(z.string()) })

const CreatedReply = z.object({
  projectId: z.string(),
  projectName: z.string(),
  environment: z.string(),
  tag: z.string().meta({ description: 'The environment by its older name, which Java and .NET read.' }),
  tags: z.array(z.string()),
  managementKey: z
    .string()
    .meta({ description: 'Ours: a management key of the new project, told this once. Not wider than the one that asked.' }),
})

function created({ project, managementKey }: CreatedProject): z.input<typeof CreatedReply> {
  const { id, name, environment, tags } = project
  return { projectId: id, projectName: name, environment, tag: environment, tags: [...tags], managementKey }
}

function from({ project, actor }: Callers['management']): ProjectCaller {
  return { projectId: project.id, actor }
}

const writing = { method: 'POST', access: 'management', right: 'projects' } as const

export const projectRoutes = [
  route({
    method: 'GET',
    path: '/v1/mgmt/license',
    access: 'management',
    summary: 'The rate-limit tier, asked for when a management client starts',
    reply: z.object({ rateLimitTier: z.string() }),
    errors: [],
    run: async () => ({ rateLimitTier: 'tier4' }),
  }),
  route({
    ...writing,
    path: '/v1/mgmt/project/update/name',
    summary: 'Rename the project',
    body: z.object({ name: Name }),
    reply: Empty,
    errors: [InvalidProject],
    run: async ({ deps, caller, body: { name } }) => {
      await updateProject(deps, { ...from(caller), changes: { name } })
      return {}
    },
  }),
  route({
    ...writing,
    path: '/v1/mgmt/project/update/tags',
    summary: 'Set the tags of the project',
    body: z.object({ tags: Tags.default([]) }),
    reply: Empty,
    errors: [InvalidProject],
    run: async ({ deps, caller, body: { tags } }) => {
      await updateProject(deps, { ...from(caller), changes: { tags } })
      return {}
    },
  }),
  route({
    ...writing,
    path: '/v1/mgmt/project/update/environment',
    summary: 'Ours: mark the project as one whose users are real, or not',
    body: z.object({ environment: Environment }),
    reply: Empty,
    errors: [InvalidProject],
    run: async ({ deps, caller, body: { environment } }) => {
      await updateProject(deps, { ...from(caller), changes: { environment } })
      return {}
    },
  }),
  route({
    method: 'POST',
    path: '/v1/mgmt/projects/list',
    access: 'management',
    effect: 'read',
    summary: 'The project of the key, or with the right `allProjects` all of them, oldest first',
    body: ListBody,
    reply: z.object({ projects: z.array(ProjectView) }),
    errors: [],
    run: async ({ deps, caller, body: { limit, page = 0 } }) => {
      const size = limit || maxPage
      const found = await listProjects(deps, { projectId: caller.project.id, rights: caller.rights, limit: size, offset: page * size })
      return { projects: found.map(({ id, name, environment, tags }) => ({ id, name, environment, tags: [...tags] })) }
    },
  }),
  route({
    ...writing,
    path: '/v1/mgmt/project/create',
    summary: 'Ours: make another project, with a signing key and a management key of its own',
    body: CreateBody,
    reply: CreatedReply,
    errors: [InvalidArguments],
    run: async ({ deps, caller, body: { hardened, ...facts } }) => {
      const { project, actor, rights } = caller
      return created(await createProject(deps, { ...facts, isHardened: hardened, createdFrom: project.id, actor, rights }))
    },
  }),
  route({
    ...writing,
    path: '/v1/mgmt/project/clone',
    summary: 'Make another project with the settings, roles, permissions, attributes and message templates of this one',
    body: CloneBody,
    reply: CreatedReply,
    errors: [InvalidArguments, InvalidProject],
    run: async ({ deps, caller: { project, actor, rights }, body }) =>
      created(await cloneProject(deps, { ...body, createdFrom: project.id, actor, rights })),
  }),
  route({
    ...writing,
    path: '/v1/mgmt/project/delete',
    summary: 'Delete the project and everything in it, for good',
    reply: Empty,
    errors: [InvalidProject],
    run: async ({ deps, caller }) => {
      await deleteProject(deps, from(caller))
      return {}
    },
  }),
]
