import type { Deps } from '../../core/deps.ts'
import { adminEvent, recordEvent } from '../../core/events.ts'
import type { NewAccount, Storage } from '../../core/storage.ts'
import { forgetProgress, type Progress, saveProgress } from './import-progress.ts'
import type { ReportCounter } from './import-report.ts'
import type { ImportInput } from './import-users.ts'
import type { ProjectDirectory } from './project-directory.ts'

/** What was read since the batch before. */
export interface Batch {
  /** Records of the file until the end of this batch. */
  readonly end: number
  readonly items: Items
}

interface Item {
  readonly line: number
  readonly who: string
  readonly account: NewAccount
  /** Whether the ID is the one that the file has. */
  readonly keepsId: boolean
  readonly scheme: string
}
type Items = readonly Item[]

/** Users of a batch: those that are new, those of whom a login ID is here, and those whose ID belongs to somebody else. */
interface Sorted {
  readonly fresh: Items
  readonly existing: Items
  readonly rejected: Items
}

const nobody: Sorted = { fresh: [], existing: [], rejected: [] }

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
  // Asking takes as long as a fifth of the writing, and in most imports nobody is here: after a batch without anybody it is asked only about whom the database refuses.
  let expectsSomebody = true

  /** Asks who is here. */
  async function sort(storage: Pick<Storage, 'accounts'>, items: Items): Promise<Sorted> {
    const { canonicals, userIds } = await storage.accounts.taken(input.projectId, {
      canonicals: items.flatMap(({ account }) => account.loginIds.map(({ canonical }) => canonical)),
      userIds: items.flatMap(({ keepsId, account }) => (keepsId ? [account.user.id] : [])),
    })
    const isHere = ({ account }: Item) => account.loginIds.some(({ canonical }) => canonicals.has(canonical))
    const away = items.filter((item) => !isHere(item))
    const hasOthersId = ({ keepsId, account }: Item) => keepsId && userIds.has(account.user.id)
    return { fresh: away.filter((item) => !hasOthersId(item)), existing: items.filter(isHere), rejected: away.filter(hasOthersId) }
  }

  /** Inserts who is fresh, and answers what became of them. */
  async function store(batch: Batch, { fresh, existing }: Sorted): Promise<Sorted> {
    const counts = counter.counts()
    const storeNews = directory.takeNews()
    return deps.storage.transaction(async (tx) => {
      await storeNews(tx)
      const isInserted = await tx.accounts.insertMany(fresh.map(({ account }) => account))
      const refused = fresh.filter((_, index) => !isInserted[index])
      const late = refused.length > 0 ? await sort(tx, refused) : nobody
      const came = {
        fresh: fresh.filter((_, index) => isInserted[index]),
        existing: [...late.existing, ...late.fresh],
        rejected: late.rejected,
      }
      const progress = {
        records: batch.end,
        imported: counts.imported + came.fresh.length,
        existing: counts.existing + existing.length + came.existing.length,
      }
      await saveProgress(tx, input, progress, deps.clock.nowSeconds())
      const data = { from: input.from, imported: came.fresh.length, records: batch.end }
      await recordEvent(deps, tx, adminEvent({ projectId: input.projectId, actor: input.actor, type: 'transfer.import', data }))
      return came
    })
  }

  /** Whether an earlier run took care of the batch. */
  const isDone = ({ end }: Batch) => end <= before.records

  function count(batch: Batch, { fresh, existing, rejected }: Sorted): void {
    for (const { line, who } of rejected) counter.reject({ line, who, reasons: ['the user ID belongs to somebody else here'] })
    for (const { scheme } of [...fresh, ...existing]) counter.hash(scheme)
    if (isDone(batch)) return
    counter.existing(existing.length)
    counter.imported(fresh.length)
    input.onImported?.(
      fresh.map(({ account }) => account),
      directory,
    )
  }

  async function write(batch: Batch): Promise<void> {
    const isAsked = expectsSomebody || input.isDryRun || isDone(batch)
    let sorted = isAsked ? await sort(deps.storage, batch.items) : { ...nobody, fresh: batch.items }
    if (!input.isDryRun && !isDone(batch) && (sorted.fresh.length > 0 || directory.hasNews())) {
      const { existing, rejected } = sorted
      const stored = await store(batch, sorted)
      sorted = { ...stored, existing: [...existing, ...stored.existing], rejected: [...rejected, ...stored.rejected] }
      written++
      if (analyzedAfter.has(written)) await deps.storage.analyze()
    }
    expectsSomebody = sorted.fresh.length < batch.items.length
    count(batch, sorted)
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
