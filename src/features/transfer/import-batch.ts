import type { Deps } from '../../core/deps.ts'
import { adminEvent, recordEvent } from '../../core/events.ts'
import type { NewAccount } from '../../core/storage.ts'
import { forgetProgress, type Progress, saveProgress } from './import-progress.ts'
import type { ReportCounter } from './import-report.ts'
import type { ImportInput } from './import-users.ts'
import type { ProjectDirectory } from './project-directory.ts'

/** What was read since the batch before. */
export interface Batch {
  /** Records of the file until the end of this batch. */
  readonly end: number
  readonly items: readonly {
    readonly line: number
    readonly who: string
    readonly account: NewAccount
    /** Whether the ID is the one that the file has. */
    readonly keepsId: boolean
    readonly scheme: string
  }[]
}

export interface BatchWriter {
  (batch: Batch): Promise<void>
  /** Ends an import that came to its end. */
  finish(): Promise<void>
}

/** After how many batches the database counts anew: at once, and when there is enough to go by. */
const analyzedAfter = new Set([1, 20])

/** Writes batches: one transaction each. In a dry run, and as far as an earlier run came, it looks and does not write. */
export function createBatchWriter(
  deps: Deps,
  parts: {
    readonly input: ImportInput
    readonly counter: ReportCounter
    readonly directory: ProjectDirectory
    readonly before: Progress
  },
): BatchWriter {
  const { input, counter, directory, before } = parts
  let written = 0

  /** Who is new; whoever is not is counted. */
  async function settle({ end, items }: Batch): Promise<readonly NewAccount[]> {
    const { canonicals, userIds } = await deps.storage.accounts.taken(input.projectId, {
      canonicals: items.flatMap(({ account }) => account.loginIds.map(({ canonical }) => canonical)),
      userIds: items.flatMap(({ keepsId, account }) => (keepsId ? [account.user.id] : [])),
    })
    const fresh: NewAccount[] = []
    let existing = 0
    for (const { line, who, account, keepsId, scheme } of items) {
      const isHere = account.loginIds.some(({ canonical }) => canonicals.has(canonical))
      if (!isHere && keepsId && userIds.has(account.user.id)) {
        counter.reject({ line, who, reasons: ['the user ID belongs to somebody else here'] })
        continue
      }
      counter.hash(scheme)
      if (isHere) existing++
      else fresh.push(account)
    }
    if (end > before.records) counter.existing(existing)
    return fresh
  }

  async function store(batch: Batch, fresh: readonly NewAccount[]): Promise<void> {
    const { imported, existing } = counter.counts()
    const inserted = await deps.storage.transaction(async (tx) => {
      await directory.store(tx)
      const isInserted = await tx.accounts.insertMany(fresh)
      const came = fresh.filter((_, index) => isInserted[index])
      const late = fresh.length - came.length
      const progress = { records: batch.end, imported: imported + came.length, existing: existing + late }
      await saveProgress(tx, input, progress, deps.clock.nowSeconds())
      const data = { from: input.from, imported: came.length, records: batch.end }
      await recordEvent(deps, tx, adminEvent({ projectId: input.projectId, actor: input.actor, type: 'transfer.import', data }))
      return came
    })
    counter.imported(inserted.length)
    counter.existing(fresh.length - inserted.length)
    input.onImported?.(inserted, directory)
    written++
    if (analyzedAfter.has(written)) await deps.storage.analyze()
  }

  async function write(batch: Batch): Promise<void> {
    const fresh = await settle(batch)
    if (input.isDryRun) {
      counter.imported(fresh.length)
      input.onImported?.(fresh, directory)
    } else if (batch.end > before.records && (fresh.length > 0 || directory.hasNews())) {
      await store(batch, fresh)
    }
    const rejects = counter.takeRejects()
    if (rejects.length > 0) await input.onRejects?.(rejects)
    input.onProgress?.(counter.counts())
  }

  return Object.assign(write, {
    async finish() {
      if (!input.isDryRun && written > 3) await deps.storage.analyze()
      await forgetProgress(deps.storage, input)
    },
  })
}
