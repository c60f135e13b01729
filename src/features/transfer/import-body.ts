import type { Deps } from '../../core/deps.ts'
import { coreErrors } from '../../core/errors.ts'
import type { Actor } from '../../core/events.ts'
import type { UserWithLoginIds } from '../../core/storage.ts'
import { formats } from './formats/index.ts'
import type { ImportReport, Reject } from './import-report.ts'
import { importUsers } from './import-users.ts'
import type { SourceBytes } from './reading/source-record.ts'

/** Users of one call: a body of 5 MiB could hold far more of next to nothing, and all of them are in the answer. */
const maxUsers = 10_000
const chunkBytes = 32_768
/** Other requests have their turn between two. */
const recordsPerBatch = 200

/** A whole import in one call of the API: small, and answered with the users. Throws what `importUsers` throws. */
export async function importBody(
  deps: Deps,
  input: {
    readonly projectId: string
    readonly actor: Actor
    readonly from: string
    readonly users: Uint8Array | undefined
    readonly hashes: Uint8Array | undefined
    readonly isDryRun: boolean
    readonly createsMissing: boolean
    readonly dropsBadHashes: boolean
    readonly signal: AbortSignal
  },
): Promise<{ readonly report: ImportReport; readonly accounts: readonly UserWithLoginIds[]; readonly rejects: readonly Reject[] }> {
  const { users, hashes, ...rest } = input
  const file = users ?? hashes
  if (!file) throw coreErrors.InvalidArguments({ message: 'The users field is missing' })
  await assertNotTooMany(input.from, file)
  const accounts: UserWithLoginIds[] = []
  const rejects: Reject[] = []
  const report = await importUsers(deps, {
    ...rest,
    source: pieces(file),
    recordsPerBatch,
    ...(users && hashes ? besides(input.from, hashes) : {}),
    onRejects: (list) => void rejects.push(...list),
    onImported: (list, directory) => void accounts.push(...list.map((account) => directory.accountOf(account))),
  })
  return { report, accounts, rejects }
}

/** What the second file is, by the format. */
function besides(from: string, hashes: Uint8Array) {
  return from === 'firebase' ? { hashConfig: Buffer.from(hashes).toString() } : { hashes: { source: pieces(hashes) } }
}

async function assertNotTooMany(from: string, file: Uint8Array): Promise<void> {
  const format = formats.get(from)
  if (!format) return
  let count = 0
  for await (const records of format.records(pieces(file))) count += records.length
  if (count > maxUsers)
    throw coreErrors.InvalidArguments({ message: `There are more than ${maxUsers} users; postern import takes any number` })
}

async function* pieces(file: Uint8Array): SourceBytes {
  for (let at = 0; at < file.length; at += chunkBytes) yield file.subarray(at, at + chunkBytes)
}
