/** How options are spelled outside the configuration file: as flags, as environment variables, and as texts. */

/** `limits.accountFailures` is `POSTERN_LIMITS_ACCOUNT_FAILURES`. */
export function variableOf(name: string): string {
  return `POSTERN_${wordsOf(name).join('_').toUpperCase()}`
}

/** `limits.accountFailures` is `--limits-account-failures`. */
export function flagOf(name: string): string {
  return `--${wordsOf(name).join('-')}`
}

function wordsOf(name: string): readonly string[] {
  return name
    .replace(/([a-z])([A-Z])/g, '$1.$2')
    .toLowerCase()
    .split('.')
}

/** What a text stands for: itself, entries between commas, tries in seconds (`10/900`), or a number or truth value as in JSON. */
export type TextForm = 'text' | 'list' | 'limit' | 'json'

/** Reads the text of a flag or a variable. What cannot be read stays a text, which the schema then refuses. */
export function fromText(form: TextForm, text: string): unknown {
  if (form === 'text') return text
  if (form === 'list') return listed(text)
  const limit = form === 'limit' ? /^\s*(\d{1,9})\s*\/\s*(\d{1,9})\s*$/.exec(text) : null
  if (limit) return { max: Number(limit[1]), perSeconds: Number(limit[2]) }
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}

function listed(text: string): readonly string[] {
  const entries = text.split(',').map((entry) => entry.trim())
  return entries.filter((entry) => entry !== '')
}

/** `; did you mean X?` when a known name is near, else nothing. */
export function suggestion(wrong: string, known: readonly string[]): string {
  const target = wrong.slice(0, 100).toLowerCase()
  const near = known.map((name) => ({ name, distance: editDistance(target, name.toLowerCase()) }))
  const best = near.sort((a, b) => a.distance - b.distance)[0]
  return best && best.distance <= Math.max(2, Math.floor(best.name.length / 4)) ? `; did you mean ${best.name}?` : ''
}

/** Insertions, deletions and substitutions between two texts (Wagner and Fischer 1974). */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index)
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    for (let j = 1; j <= b.length; j++) {
      const change = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1)
      next[j] = Math.min(change, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1)
    }
    row = next
  }
  return row[b.length] ?? 0
}
