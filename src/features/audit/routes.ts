import { z } from 'zod'
import { coreErrors } from '../../core/errors.ts'
import { route } from '../../http/route.ts'
import { CustomClaims, Empty, LoginId, LooseBoolean, synonyms, Text } from '../../http/schemas.ts'
import { isOwn } from './actions.ts'
import { type AuditLevel, auditLevels, createEvent } from './create.ts'
import { auditErrors } from './errors.ts'
import { type AuditEntry, defaultRangeDays, maxPageSize, maxRangeDays, searchAudit } from './search.ts'

/** Lists and texts that are empty are no filter: Go sends them all. */
const listOf = <S extends z.ZodType>(entry: S) =>
  z
    .array(entry)
    .max(200)
    .optional()
    .transform((given) => (given && given.length > 0 ? given : undefined))

/** Milliseconds since the epoch. Python sends fractions, .NET texts, and Go the year 1 for none. */
const Milliseconds = z
  .union([z.number().min(Number.MIN_SAFE_INTEGER).max(Number.MAX_SAFE_INTEGER), z.string().regex(/^-?\d{1,15}(?:\.\d{1,9})?$/)])
  .transform((given) => (Number(given) > 0 ? Math.floor(Number(given)) : undefined))
  .optional()

/** A filter that we cannot keep to. Whoever gave one would be told too much. */
const Unsupported = z.array(z.unknown()).max(0).optional().meta({ description: 'Not supported: must be empty.' })

const SearchBody = synonyms(
  { loginIds: 'externalIds', excludeActions: 'excludedActions', size: 'limit' },
  z.object({
    from: Milliseconds.meta({ description: `Milliseconds since the epoch; ${defaultRangeDays} days before \`to\` if absent.` }),
    to: Milliseconds.meta({ description: `Now if absent. At most ${maxRangeDays} days after \`from\`.` }),
    userIds: listOf(Text(64)),
    externalIds: listOf(LoginId).meta({ description: 'Login IDs that users have now.' }),
    excludedExternalIds: listOf(LoginId),
    actorIds: listOf(Text(64)).meta({ description: 'Who acted: users, management keys, access keys.' }),
    actions: listOf(Text(128)).meta({ description: "The contract's names, our types of events, or names that applications chose." }),
    excludedActions: listOf(Text(128)),
    devices: listOf(Text(32)).meta({ description: '`Bot`, `Tablet`, `Mobile`, `Desktop`, `Unknown`.' }),
    methods: listOf(Text(32)).meta({
      description: '`password`, `magiclink`, `otp`, `enchantedlink`, `embedded`, `totp`, `webauthn`, `Impersonate`.',
    }),
    geos: listOf(Text(8)).meta({ description: 'Nobody knows where an address is: nothing matches.' }),
    remoteAddresses: listOf(Text(64)),
    tenants: listOf(Text(64)),
    noTenants: LooseBoolean.optional().meta({ description: 'With `tenants`: events about no tenant too.' }),
    text: Text(254).optional().meta({ description: 'Anywhere in an event, in its name, or a whole login ID of its user.' }),
    oldestFirst: LooseBoolean.optional(),
    limit: z
      .int()
      .min(0)
      .max(maxPageSize)
      .optional()
      .meta({ description: `${maxPageSize} if it is 0 or absent.` }),
    page: z.int().min(0).optional().meta({ description: 'From 0.' }),
    searchFields: Unsupported,
    loginIdsContain: Unsupported,
    loginIdsNotContain: Unsupported,
    auditTypes: Unsupported,
    levels: Unsupported,
  }),
)

const AuditReply = z
  .object({
    ID: z.string(),
    projectId: z.string(),
    userId: z.string(),
    action: z.string(),
    occurred: z.string().meta({ description: 'Milliseconds since the epoch.' }),
    device: z.string(),
    method: z.string(),
    geo: z.string(),
    remoteAddress: z.string(),
    externalIds: z.array(z.string()),
    tenants: z.array(z.string()),
    data: z.record(z.string(), z.unknown()),
    type: z.enum(auditLevels),
    actorId: z.string(),
    actorKind: z.string().meta({ description: 'What the actor is: a user, a management key, an access key, the command line.' }),
    event: z.string().meta({ description: 'Our type of the event, by which events of applications are told from ours.' }),
    claimedActorId: z.string().meta({ description: 'Who acted by what an application says.' }),
  })
  .meta({ id: 'Audit', description: 'One event of the audit trail.' })

function auditReply({ event, action, device, method, loginIds, tenantIds }: AuditEntry): z.input<typeof AuditReply> {
  const { data, level, claimedActorId } = contentOf(event)
  return {
    ID: event.id,
    projectId: event.projectId,
    userId: event.userId,
    action,
    occurred: String(event.occurredAtMilliseconds),
    device,
    method,
    geo: '',
    remoteAddress: event.ip,
    externalIds: [...loginIds],
    tenants: [...tenantIds],
    data,
    type: level,
    actorId: event.actorId,
    actorKind: event.actorKind,
    event: event.type,
    claimedActorId,
  }
}

const OwnData = z.object({ level: z.enum(auditLevels), claimedActorId: z.string(), data: z.record(z.string(), z.unknown()) })

/** Of an application's event what it wrote, of ours what we know and whether it went well. */
function contentOf({ type, outcome, data }: AuditEntry['event']): {
  readonly data: Record<string, unknown>
  readonly level: AuditLevel
  readonly claimedActorId: string
} {
  if (isOwn(type)) return OwnData.parse(data)
  return { data: { ...data, outcome }, level: outcome === 'failure' ? 'warn' : 'info', claimedActorId: '' }
}

export const auditRoutes = [
  route({
    method: 'POST',
    path: '/v1/mgmt/audit/search',
    access: 'management',
    effect: 'read',
    summary: 'Search the audit trail',
    body: SearchBody,
    reply: z.object({ audits: z.array(AuditReply), total: z.int() }),
    errors: [coreErrors.InvalidRequest, auditErrors.TooManyEvents],
    run: async ({ deps, caller: { project }, body }) => {
      const limit = body.limit || maxPageSize
      const { items, total } = await searchAudit(deps, {
        ...{ projectId: project.id, from: body.from, to: body.to, actorIds: body.actorIds, text: body.text },
        userIds: body.geos ? [] : body.userIds,
        ...{ loginIds: body.externalIds, excludedLoginIds: body.excludedExternalIds, actions: body.actions },
        ...{ excludedActions: body.excludedActions, devices: body.devices, methods: body.methods, ips: body.remoteAddresses },
        ...{ tenantIds: body.tenants, withoutTenant: body.noTenants, isOldestFirst: body.oldestFirst },
        ...{ limit, offset: (body.page ?? 0) * limit },
      })
      return { audits: items.map(auditReply), total }
    },
  }),
  route({
    method: 'POST',
    path: '/v1/mgmt/audit/event',
    access: 'management',
    summary: 'Write an event of an application; who acts is the management key',
    body: z.object({
      action: Text(128).min(1),
      type: z.enum(auditLevels),
      actorId: Text(64).optional().meta({ description: 'Noted as what the application says; the actor is the key.' }),
      tenantId: Text(64).optional(),
      userId: Text(64).optional(),
      data: CustomClaims.optional().meta({ description: 'At most 2 KiB.' }),
    }),
    reply: Empty,
    errors: [coreErrors.InvalidArguments],
    run: async ({ deps, caller: { project, actor }, body }) => {
      const { action, type: level, actorId: claimedActorId = '', tenantId = '', userId = '', data = {} } = body
      await createEvent(deps, { projectId: project.id, actor, event: { action, level, claimedActorId, tenantId, userId, data } })
      return {}
    },
  }),
]
