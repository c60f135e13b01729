import type { Deps } from '../../core/deps.ts'
import { wholeVersions } from '../../core/message-templates.ts'
import { toldProblem } from '../../core/message-writer.ts'
import { newId } from '../../core/secrets.ts'
import type { MessageTemplateRecord, Storage } from '../../core/storage.ts'
import { type SnapshotFiles, type TemplateEntry, templateKey, templatesIn } from './snapshot.ts'

const maxFailures = 100

/** What is wrong with the message templates that files bring. They are written with samples for that: never call it in a transaction. */
export function templateFailures(deps: Deps, files: SnapshotFiles, excludes: readonly string[] | undefined): readonly string[] {
  const failures: string[] = []
  for (const [index, { kind, channel, options, versions }] of templatesIn(files, excludes).entries()) {
    const problems = deps.messageWriter.check({ kind, channel, options, versions })
    failures.push(...problems.map((problem) => `messageTemplates.json.${index}: ${toldProblem(problem)}`))
    if (failures.length >= maxFailures) break
  }
  return failures.slice(0, maxFailures)
}

/** Makes the templates of a project those that are wanted. Of the same name, kind and channel they keep their ID. */
export async function applyTemplates(
  deps: Deps,
  tx: Storage,
  input: {
    readonly projectId: string
    readonly current: readonly MessageTemplateRecord[]
    readonly wanted: readonly TemplateEntry[] | undefined
  },
): Promise<void> {
  const { projectId, current, wanted } = input
  if (!wanted) return
  const before = new Map(current.map((one) => [templateKey(one), one]))
  const after = new Set(wanted.map(templateKey))
  for (const one of current) {
    if (!after.has(templateKey(one))) await tx.messageTemplates.delete(projectId, one.id)
    else if (one.isActive) await tx.messageTemplates.deactivate(projectId, one.kind, one.channel)
  }
  const now = deps.clock.nowSeconds()
  const taken = new Set(current.filter((one) => after.has(templateKey(one))).map(({ id }) => id))
  for (const { id, name, kind, channel, active, public: isPublic, options, versions } of wanted) {
    const texts = { name, kind, channel, isActive: active, isPublic, options, versions: wholeVersions(channel, versions), modifiedAt: now }
    const known = before.get(templateKey(texts))
    const chosen = known?.id ?? (id === undefined || taken.has(id) ? newId(deps, 'MT') : id)
    taken.add(chosen)
    const isStored = known
      ? await tx.messageTemplates.update({ ...known, ...texts })
      : await tx.messageTemplates.insert({ ...texts, projectId, id: chosen, createdAt: now })
    if (!isStored) throw new Error('A message template changed under a lock')
  }
}
