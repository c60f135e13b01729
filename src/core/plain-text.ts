/** C0, DEL and C1: nothing that is stored or logged may hold them (IN-03). */
// biome-ignore lint/suspicious/noControlCharactersInRegex: finding control characters is what it is for
const controlCharacters = /[\u0000-\u001f\u007f-\u009f]/

/** True when a text can be stored on every database and shown in a log: well-formed Unicode without control characters (IN-03). */
export function isPlainText(text: string): boolean {
  return text.isWellFormed() && !controlCharacters.test(text)
}

/** True when every text in a JSON value is plain, names of members too. Walks without recursion (WB-06). */
export function holdsPlainTextOnly(value: unknown): boolean {
  const open: unknown[] = [value]
  while (open.length > 0) {
    const next = open.pop()
    if (typeof next === 'string' && !isPlainText(next)) return false
    if (typeof next !== 'object' || next === null) continue
    for (const [name, member] of Object.entries(next)) {
      if (!isPlainText(name)) return false
      open.push(member)
    }
  }
  return true
}
