import { z } from 'zod'
import type { Deps } from '../../core/deps.ts'
import { digest } from '../../core/secrets.ts'
import type { Storage } from '../../core/storage.ts'
import type { ImportInput } from './import-users.ts'

/** How far an import is: records that were read and taken care of, and what became of the users among them. */
const Progress = z.strictObject({ records: z.int().min(0), imported: z.int().min(0), existing: z.int().min(0) })
export type Progress = z.output<typeof Progress>

export const noProgress: Progress = Object.freeze({ records: 0, imported: 0, existing: 0 })

type Named = Pick<ImportInput, 'projectId' | 'fingerprint' | 'from' | 'hashConfig' | 'createsMissing' | 'dropsBadHashes' | 'isDryRun'>

/** The same for the same file read in the same way, and nothing else; `undefined` for an import that cannot be told from others, or that writes nothing. */
function nameOf(input: Named): string | undefined {
  if (input.fingerprint === undefined || input.isDryRun) return undefined
  const { fingerprint, from, createsMissing = false, dropsBadHashes = false } = input
  return digest(JSON.stringify([fingerprint, from, createsMissing, dropsBadHashes, input.hashConfig ?? '']))
}

/** Where an earlier run of this import stopped. */
export async function findProgress(deps: Pick<Deps, 'storage'>, input: Named): Promise<Progress> {
  const fingerprint = nameOf(input)
  const found = fingerprint && (await deps.storage.imports.get(input.projectId, fingerprint))
  return found ? Progress.parse(found.progress) : noProgress
}

/** Notes how far it is, in the transaction of what was done. */
export async function saveProgress(tx: Storage, input: Named, progress: Progress, now: number): Promise<void> {
  const fingerprint = nameOf(input)
  if (fingerprint) await tx.imports.put({ projectId: input.projectId, fingerprint, progress, modifiedAt: now })
}

export async function forgetProgress(storage: Storage, input: Named): Promise<void> {
  const fingerprint = nameOf(input)
  if (fingerprint) await storage.imports.delete(input.projectId, fingerprint)
}
