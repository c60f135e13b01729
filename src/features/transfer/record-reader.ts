import { type AttributeCheck, attributeCheck } from '../../core/attributes.ts'
import type { Deps } from '../../core/deps.ts'
import { coreErrors } from '../../core/errors.ts'
import { projectById } from '../../core/projects.ts'
import { drawnAhead } from './drawn-ahead.ts'
import { transferErrors } from './errors.ts'
import type { Format, FormatContext, Mapped } from './formats/format.ts'
import { otherFormat } from './formats/likely-format.ts'
import type { Definition } from './formats/postern-lines.ts'
import type { Batch } from './import-batch.ts'
import type { ReportCounter } from './import-report.ts'
import type { ImportInput } from './import-users.ts'
import { type PrepareRules, prepareUser } from './prepare-user.ts'
import { openDirectory, type ProjectDirectory } from './project-directory.ts'
import type { SourceRecord } from './reading/source-record.ts'
import { createTextSet } from './text-set.ts'

/** Reads records one after the other, and keeps the users that are fit for the next batch. */
export interface RecordReader {
  readonly directory: ProjectDirectory
  take(record: SourceRecord): Promise<void>
  /** Records that were taken. */
  position(): number
  /** Throws when a format that has an opening got no record at all. */
  assertBegun(): void
  /** The users since the last time. */
  cut(): Batch
}

export async function openRecordReader(
  deps: Deps,
  parts: {
    readonly input: ImportInput
    readonly format: Format
    readonly counter: ReportCounter
    readonly hashOf: FormatContext['hashOf']
  },
): Promise<RecordReader> {
  const { input, format, counter, hashOf } = parts
  const directory = await openDirectory(deps, input.projectId)
  const context = { hashConfig: input.hashConfig, hashOf, now: deps.clock.nowSeconds() }
  const rules = await rulesOf(deps, { input, format, directory, now: context.now })
  const preparing = { clock: deps.clock, random: drawnAhead(deps.random), hasher: deps.hasher }
  const seen = createTextSet()
  let position = 0
  let isLikely = false
  let items: Batch['items'][number][] = []

  function reject(line: number, reasons: readonly string[], who = ''): void {
    counter.user()
    counter.reject({ line, reasons, who })
  }

  function takeUser(line: number, mapped: Extract<Mapped, { user: unknown }>): void {
    const who = whoIs(mapped)
    const prepared = prepareUser(preparing, rules, mapped.user)
    const problems = 'problems' in prepared ? prepared.problems : repetitions(prepared)
    if (problems.length > 0 || 'problems' in prepared) {
      reject(line, problems, who)
      return
    }
    counter.user()
    for (const note of [...(mapped.notes ?? []), ...prepared.notes]) counter.note(note, line)
    items.push({ line, who, account: prepared.account, keepsId: prepared.keepsId, scheme: prepared.scheme })
  }

  /** Whether the file had one of the names before. */
  function repetitions({ account, keepsId }: Pick<Batch['items'][number], 'account' | 'keepsId'>): readonly string[] {
    const isNew = account.loginIds.map(({ canonical }) => seen.add(`login:${canonical}`))
    if (isNew.includes(false)) return ['a login ID is in an earlier record too']
    return keepsId && !seen.add(`id:${account.user.id}`) ? ['the user ID is in an earlier record too'] : []
  }

  return {
    directory,
    position: () => position,
    async take(record) {
      position++
      if (!isLikely && 'value' in record) {
        assertLikely(format, record)
        isLikely = true
      }
      if (position === 1) assertOpening(format, record)
      const mapped = 'value' in record ? format.map(record.value, context) : { problems: [record.problem] }
      if ('problems' in mapped) reject(record.line, mapped.problems)
      else if ('user' in mapped) takeUser(record.line, mapped)
      else if (mapped.definition) {
        define(directory, mapped.definition)
        if (mapped.definition.kind === 'attribute') rules.checkAttributes = await checkOf(directory)
      }
    },
    assertBegun() {
      if (position === 0) assertOpening(format, { line: 1, problem: 'there is nothing' })
    },
    cut() {
      const batch = { end: position, items }
      items = []
      return batch
    },
  }
}

function whoIs({ user }: Extract<Mapped, { user: unknown }>): string {
  return (user.loginIds?.[0] ?? user.userId ?? '').slice(0, 254)
}

async function rulesOf(
  deps: Deps,
  parts: { readonly input: ImportInput; readonly format: Format; readonly directory: ProjectDirectory; readonly now: number },
): Promise<PrepareRules> {
  const { input, format, directory, now } = parts
  const project = await projectById(deps, input.projectId)
  return {
    ...{ projectId: project.id, now, directory, checkAttributes: await checkOf(directory) },
    defaultAssignments: project.defaultRoles.map(({ id }) => ({ tenantId: '', roleId: id })),
    isExact: format.isExact ?? false,
    createsMissing: input.createsMissing ?? false,
    dropsBadHashes: input.dropsBadHashes ?? false,
    resetRequiresVerifiedEmail: project.settings.password.resetRequiresVerifiedEmail,
  }
}

/** By the first record that can be read, before there is a user: of a wrong format, much of a user would be dropped without a word. */
function assertLikely(format: Format, { line, value }: Extract<SourceRecord, { value: unknown }>): void {
  const other = otherFormat(format.name, value)
  if (other === undefined) return
  throw coreErrors.InvalidArguments({ message: `Line ${line}: this is a record of ${other}, not of ${format.name}; try --from ${other}` })
}

function assertOpening(format: Format, record: SourceRecord): void {
  const problem = format.opening?.('value' in record ? record.value : undefined)
  if (problem !== undefined) throw transferErrors.BrokenTransferFile({ message: `Line ${record.line}: ${problem}` })
}

/** The check of attributes, with those that are still to be stored. */
function checkOf(directory: ProjectDirectory): Promise<AttributeCheck> {
  const list = async () => directory.userAttributes()
  return attributeCheck({ attributes: { list } }, '', 'user')
}

/** Adds what users refer to. A tenant that is here under another ID takes the roles of the one in the file. */
function define(directory: ProjectDirectory, definition: Definition): void {
  if (definition.kind === 'permission') directory.addPermission(withoutKind(definition))
  else if (definition.kind === 'attribute') directory.addAttribute(withoutKind(definition))
  else if (definition.kind === 'tenant') directory.addTenant(withoutKind(definition))
  else {
    const tenantId = definition.tenantId === '' ? '' : (directory.findTenant(definition.tenantId, '')?.id ?? definition.tenantId)
    directory.addRole({ ...withoutKind(definition), tenantId })
  }
}

function withoutKind<T extends Definition>(definition: T): Omit<T, 'kind'> {
  const { kind: _kind, ...facts } = definition
  return facts
}
