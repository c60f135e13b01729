import { z } from 'zod'
import { builtInPermissions, maxRoles } from '../../core/access.ts'
import { AttributeDefinition, AttributeName, maxAttributes } from '../../core/attributes.ts'
import { templateLimits } from '../../core/message-templates.ts'
import { channels } from '../../core/messages.ts'
import { isPlainText } from '../../core/plain-text.ts'
import { mergeSettings } from '../../core/projects.ts'
import { Settings } from '../../core/settings.ts'
import type { AttributeRecord } from '../../core/storage.ts'
import { attributeSubjects, type Configuration } from './configuration.ts'
import { withoutStaticCode } from './static-code.ts'

/** The configuration of a project as a map of JSON files: what snapshots hold. */

/** The files, by name; an import may leave some out. */
export type SnapshotFiles = Readonly<Record<string, unknown>>

const maxFailures = 100

const Name = z.string().min(1).max(128).refine(isPlainText, 'must be plain text')
const Description = z.string().max(1024).refine(isPlainText, 'must be plain text').default('')

/** Each name once, in an order that does not depend on who writes. */
function uniqueByName<Entry extends z.ZodType<{ readonly name: string }>>(entry: Entry, max: number) {
  return z
    .array(entry)
    .max(max)
    .refine((entries) => new Set(entries.map(({ name }) => name)).size === entries.length, 'has a name twice')
}

const PermissionEntry = z.strictObject({
  name: Name.refine((name) => !Object.hasOwn(builtInPermissions, name), 'is the name of a built-in permission'),
  description: Description,
})

const RoleEntry = z.strictObject({
  name: Name,
  description: Description,
  permissionNames: z.array(Name).max(maxRoles).default([]),
  default: z.boolean().default(false),
  private: z.boolean().default(false),
})

const AttributeEntry = z.strictObject({ name: AttributeName, definition: AttributeDefinition })
const AttributeEntries = uniqueByName(AttributeEntry, maxAttributes).optional()

const TemplateEntry = z.strictObject({
  /** Taken where no template of the project has it yet, so that calls which name one work in every environment. */
  id: z
    .string()
    .regex(/^MT[0-9A-Za-z]{1,62}$/, 'is no ID of a template')
    .optional(),
  name: Name,
  kind: z.string().min(1).max(64).refine(isPlainText, 'must be plain text'),
  channel: z.enum(channels),
  active: z.boolean().default(false),
  public: z.boolean().default(false),
  options: z.array(z.string().max(64)).max(templateLimits.options).default([]),
  /** Checked as a whole by whoever writes messages. */
  versions: z.record(z.string(), z.unknown()),
})

const TemplateEntries = z
  .array(TemplateEntry)
  .max(templateLimits.perProject)
  .refine((entries) => areUnique(entries.map(templateKey)), 'has a name twice for one kind and channel')
  .refine((entries) => areUnique(entries.flatMap(({ id }) => id ?? [])), 'has an ID twice')
  .refine(
    (entries) => areUnique(entries.filter(({ active }) => active).map(({ kind, channel }) => `${kind} ${channel}`)),
    'has two active ones of a kind and channel',
  )
  .refine(
    (entries) => entries.reduce((sum, { versions }) => sum + JSON.stringify(versions).length, 0) <= templateLimits.project,
    `holds more than ${templateLimits.project} characters`,
  )

function areUnique(names: readonly string[]): boolean {
  return new Set(names).size === names.length
}

/** What tells templates apart. */
export function templateKey({ kind, channel, name }: { readonly kind: string; readonly channel: string; readonly name: string }): string {
  return `${kind} ${channel} ${name}`
}

const Files = {
  'snapshot.json': z.strictObject({ format: z.literal(1) }),
  'settings.json': z.record(z.string(), z.record(z.string(), z.unknown())),
  'permissions.json': uniqueByName(PermissionEntry, maxRoles),
  'roles.json': uniqueByName(RoleEntry, maxRoles),
  'attributes.json': z.strictObject({ user: AttributeEntries, tenant: AttributeEntries, accessKey: AttributeEntries }),
  'messageTemplates.json': TemplateEntries,
}

export type RoleEntry = z.output<typeof RoleEntry>
export type TemplateEntry = z.output<typeof TemplateEntry>
export type PermissionEntry = z.output<typeof PermissionEntry>
export type AttributeEntry = z.output<typeof AttributeEntry> & { readonly subject: AttributeRecord['subject'] }

/** What a snapshot wants the configuration to be; what it does not hold stays as it is. */
export interface Wanted {
  readonly settings: Settings
  readonly permissions: readonly PermissionEntry[] | undefined
  readonly roles: readonly RoleEntry[] | undefined
  readonly attributes: readonly AttributeEntry[] | undefined
  readonly messageTemplates: readonly TemplateEntry[] | undefined
}

/** Writes a configuration as files. The same configuration gives the same files, whichever project it is of. */
export function writeFiles({ settings, permissions, roles, attributes, messageTemplates }: Configuration): SnapshotFiles {
  const byName = <Entry extends { readonly name: string }>(entries: readonly Entry[]) =>
    entries.toSorted((a, b) => (a.name < b.name ? -1 : 1))
  return {
    'snapshot.json': { format: 1 },
    'settings.json': withoutStaticCode(Settings.parse(settings)),
    'permissions.json': byName(permissions).map(({ name, description }) => ({ name, description })),
    'roles.json': byName(roles).map(({ name, description, permissionNames, isDefault, isPrivate }) => {
      return { name, description, permissionNames: permissionNames.toSorted(), default: isDefault, private: isPrivate }
    }),
    'attributes.json': Object.fromEntries(
      attributeSubjects.map((subject) => {
        const own = byName(attributes.filter((one) => one.subject === subject))
        return [subject, own.map(({ name, definition }) => ({ name, definition }))]
      }),
    ),
    'messageTemplates.json': messageTemplates
      .toSorted((a, b) => (templateKey(a) < templateKey(b) ? -1 : 1))
      .map(({ id, name, kind, channel, isActive, isPublic, options, versions }) => {
        return { id, name, kind, channel, active: isActive, public: isPublic, options, versions }
      }),
  }
}

/** The files that are looked at, by name. */
export function withoutExcluded(
  files: SnapshotFiles,
  excludes: readonly string[] = [],
): readonly (readonly [name: string, content: unknown])[] {
  const isExcluded = (name: string) => excludes.includes(name) || excludes.includes(name.replace(/\.json$/, ''))
  return Object.entries(files).filter(([name]) => !isExcluded(name))
}

/** Reads files onto a configuration that is there; the static code of test users stays what it is, since files hold none. Answers what is wanted, or every reason why it cannot be; `excludes` names files that are not looked at. */
export function readFiles(
  files: SnapshotFiles,
  current: Configuration,
  excludes: readonly string[] = [],
): { readonly wanted: Wanted } | { readonly failures: readonly string[] } {
  const failures: string[] = []
  const kept = withoutExcluded(files, excludes)
  for (const [name] of kept)
    if (!Object.hasOwn(Files, name)) failures.push(`${shownName(name)}: there is no such file in a snapshot of this server`)
  const given = Object.fromEntries(kept)
  const read = <Name extends keyof typeof Files>(name: Name): z.output<(typeof Files)[Name]> | undefined => {
    if (!Object.hasOwn(given, name)) return undefined
    const parsed = Files[name].safeParse(given[name])
    if (!parsed.success) failures.push(...problemsOf(name, parsed.error))
    return parsed.data as z.output<(typeof Files)[Name]> | undefined
  }
  read('snapshot.json')
  const [settings, permissions, roles, attributes, messageTemplates] = [
    read('settings.json'),
    read('permissions.json'),
    read('roles.json'),
    read('attributes.json'),
    read('messageTemplates.json'),
  ]
  const merged = mergeSettings(Settings.parse(current.settings), settings ?? {})
  if (!merged.success) failures.push(...problemsOf('settings.json', merged.error))
  failures.push(...unknownPermissions(roles ?? [], permissions ?? current.permissions))
  if (!merged.success || failures.length > 0) return { failures: failures.slice(0, maxFailures) }
  const entries = attributes && attributeSubjects.flatMap((subject) => (attributes[subject] ?? []).map((entry) => ({ ...entry, subject })))
  const { testUserFixedAuthToken } = Settings.parse(current.settings).project
  const wanted = { ...merged.data, project: { ...merged.data.project, testUserFixedAuthToken } }
  return { wanted: { settings: wanted, permissions, roles, attributes: entries, messageTemplates } }
}

function problemsOf(file: string, { issues }: z.ZodError): readonly string[] {
  return issues.map(({ path, message }) => `${[file, ...path].join('.')}: ${message}`)
}

function unknownPermissions(roles: readonly RoleEntry[], permissions: readonly { readonly name: string }[]): readonly string[] {
  const known = new Set([...Object.keys(builtInPermissions), ...permissions.map(({ name }) => name)])
  return roles.flatMap(({ permissionNames }, index) =>
    permissionNames.every((name) => known.has(name)) ? [] : [`roles.json.${index}.permissionNames: names a permission that is not there`],
  )
}

function shownName(name: string): string {
  return /^[\w./ -]{1,100}$/.test(name) ? name : 'a file with an odd name'
}

function named(template: { readonly kind: string; readonly channel: string; readonly name: string }): { readonly name: string } {
  return { name: templateKey(template) }
}

/** The templates that files bring, as far as they can be read. */
export function templatesIn(files: SnapshotFiles, excludes: readonly string[] = []): readonly TemplateEntry[] {
  const given = withoutExcluded(files, excludes).find(([name]) => name === 'messageTemplates.json')
  return TemplateEntries.safeParse(given?.[1]).data ?? []
}

/** What an import would take away, in words: what is there and the snapshot does not hold. */
export function deletionsOf({ permissions, roles, attributes, messageTemplates }: Wanted, current: Configuration): readonly string[] {
  const missing = (kind: string, before: readonly { readonly name: string }[], after: readonly { readonly name: string }[] | undefined) => {
    const names = new Set(after?.map(({ name }) => name))
    return after === undefined ? [] : before.filter(({ name }) => !names.has(name)).map(({ name }) => `${kind} ${name}`)
  }
  return [
    ...missing('permission', current.permissions, permissions),
    ...missing('role', current.roles, roles),
    ...attributeSubjects.flatMap((subject) => {
      const of = <One extends { readonly subject: string }>(all: readonly One[]) => all.filter((one) => one.subject === subject)
      return missing(`${subject} attribute`, of(current.attributes), attributes && of(attributes))
    }),
    ...missing('message template', current.messageTemplates.map(named), messageTemplates?.map(named)),
  ]
}
