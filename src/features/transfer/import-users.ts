import type { Deps } from '../../core/deps.ts'
import { coreErrors } from '../../core/errors.ts'
import type { Actor } from '../../core/events.ts'
import type { NewAccount } from '../../core/storage.ts'
import { readFirebaseHashConfig } from './formats/hash-config.ts'
import { formats } from './formats/index.ts'
import { indexHashes, type TextIndex } from './hash-index.ts'
import { createBatchWriter } from './import-batch.ts'
import { findProgress } from './import-progress.ts'
import { createReportCounter, type ImportReport, type ReportCounter } from './import-report.ts'
import type { ProjectDirectory } from './project-directory.ts'
import type { SourceBytes } from './reading/source-record.ts'
import { openRecordReader } from './record-reader.ts'

export interface ImportInput {
  readonly projectId: string
  readonly actor: Actor
  /** Name of the format that the file is in. */
  readonly from: string
  readonly source: SourceBytes
  /** Parameters of Firebase's hashes, as text or as an object. */
  readonly hashConfig?: unknown
  /** A second file with the hashes, for formats that have them apart, and where to keep them while the first is read; memory, if absent. */
  readonly hashes?: { readonly source: SourceBytes; readonly index?: TextIndex }
  /** Reads, checks and counts everything, and writes nothing. */
  readonly isDryRun?: boolean
  /** Makes roles and tenants that users name and that are not there. */
  readonly createsMissing?: boolean
  /** Takes users whose hash cannot be read or is out of bounds, without it. */
  readonly dropsBadHashes?: boolean
  /** Tells this file from every other. With it an import that was broken off goes on where it stopped when it is run again. */
  readonly fingerprint?: string
  /** Records of one transaction; 2000, if absent. Fewer hold others up for less. */
  readonly recordsPerBatch?: number
  readonly signal?: AbortSignal
  /** Told after every batch. */
  onProgress?(counts: ReturnType<ReportCounter['counts']>): void
  /** Given every reject, some at a time. */
  onRejects?(rejects: ImportReport['rejects']): void | Promise<void>
  /** Given the accounts that came in, or would have in a dry reader. */
  onImported?(accounts: readonly NewAccount[], directory: ProjectDirectory): void
}

/** Few enough that others who write wait for about a tenth of a second; of half as many each takes a tenth more to write. */
const usualBatch = 2000

/** Records between two turns of the event loop, in which the database gets its next statement: it would wait for the end of a whole chunk of the file otherwise. */
const recordsPerTurn = 10
const turn = () => new Promise((resolve) => setImmediate(resolve))

/**
 * Takes users of another system in. Reads as a stream, in bounded memory; a batch is one transaction with its line in the audit trail and with how far the import is, so that
 * after a kill it goes on with the next one. Whoever has a login ID that is here already is counted and left alone, so that running it again changes nothing. Nobody
 * is told by mail. Throws `InvalidArguments` and `BrokenTransferFile`; what is wrong with single users is in the report.
 */
export async function importUsers(deps: Deps, input: ImportInput): Promise<ImportReport> {
  const format = formats.get(input.from)
  if (!format) throw coreErrors.InvalidArguments({ message: `Users come from ${[...formats.keys()].join(', ')}` })
  assertHashConfig(input)
  const hashOf = await indexHashes(format, input.hashes)
  const { recordsPerBatch = usualBatch } = input
  const before = await findProgress(deps, input)
  const counter = createReportCounter(before)
  const reader = await openRecordReader(deps, { input, format, counter, hashOf })
  const write = createBatchWriter(deps, { input, counter, directory: reader.directory, before })
  // The next batch is read while the database works on this one.
  let writing: Promise<void> = Promise.resolve()
  try {
    for await (const records of format.records(input.source)) {
      input.signal?.throwIfAborted()
      for (const record of records) {
        await reader.take(record)
        if (reader.position() % recordsPerTurn === 0) await turn()
        if (reader.position() % recordsPerBatch > 0) continue
        const batch = reader.cut()
        await writing
        writing = write(batch)
        // Told when it is waited for, which is before anything else is written.
        writing.catch(() => undefined)
      }
    }
  } finally {
    await writing
  }
  reader.assertBegun()
  await write(reader.cut())
  await write.finish()
  return counter.report({ isDryRun: input.isDryRun ?? false, added: reader.directory.added(), resumedAfter: before.records })
}

/** Asked for before anything is written: users taken in without their hashes would not get them by a second reader. */
function assertHashConfig(input: ImportInput): void {
  if (input.from !== 'firebase' || input.dropsBadHashes) return
  if (readFirebaseHashConfig(input.hashConfig)) return
  throw coreErrors.InvalidArguments({ message: 'The hash parameters of the Firebase project are needed, as its console shows them' })
}
