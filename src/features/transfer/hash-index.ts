import { coreErrors } from '../../core/errors.ts'
import type { Format, FormatContext } from './formats/format.ts'
import type { SourceBytes } from './reading/source-record.ts'

/** Texts by their keys, for one import. Whoever has more than fits in memory brings one of their own. */
export interface TextIndex {
  set(key: string, text: string): void
  get(key: string): string | undefined
}

/** Reads the file with the hashes to its end, and answers how to find them. Throws `InvalidArguments` for a format that has no such file. */
export async function indexHashes(
  format: Format,
  hashes: { readonly source: SourceBytes; readonly index?: TextIndex } | undefined,
): Promise<FormatContext['hashOf']> {
  if (!hashes) return () => undefined
  if (!format.hashes) throw coreErrors.InvalidArguments({ message: `Users of ${format.name} have their hashes in no second file` })
  const index: TextIndex = hashes.index ?? new Map<string, string>()
  for await (const records of format.hashes.records(hashes.source)) {
    for (const record of records) {
      const found = 'value' in record ? format.hashes.read(record.value) : undefined
      for (const key of found?.keys ?? []) index.set(key, found?.hash ?? '')
    }
  }
  return (...keys) => {
    for (const key of keys) {
      const hash = index.get(key)
      if (hash !== undefined) return hash
    }
    return undefined
  }
}
