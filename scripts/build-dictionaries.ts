import { writeFileSync } from 'node:fs'
import { type Dictionaries, dictionariesFile, packDictionaries } from '../src/core/password/dictionaries.ts'

/** The words and keyboards of the strength meter, as its packages have them. See NOTICE. */
export async function meterDictionaries(): Promise<Dictionaries> {
  const [common, english] = await Promise.all([import('@zxcvbn-ts/language-common'), import('@zxcvbn-ts/language-en')])
  return { dictionary: { ...common.dictionary, ...english.dictionary }, graphs: common.adjacencyGraphs }
}

if (import.meta.main) writeFileSync(dictionariesFile, packDictionaries(await meterDictionaries()))
