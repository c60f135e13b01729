/** Readable text of HTML, for programs that show none: blocks become lines, and the addresses of links stand behind their words. Takes time by the length of the HTML, whatever is in it. */
export function plainTextOf(html: string): string {
  const pieces: string[] = []
  let link: { readonly url: string; readonly from: number } | undefined
  let at = 0
  while (at < html.length) {
    const open = html.indexOf('<', at)
    if (open < 0) break
    pieces.push(html.slice(at, open).replace(/\s+/g, ' '))
    if (html.startsWith('<!--', open)) {
      at = after(html, '-->', open + 4)
      continue
    }
    const name = /^\/?[a-z][a-z0-9:-]*/.exec(html.slice(open + 1, open + 64).toLowerCase())?.[0]
    if (name === undefined) {
      const isDeclaration = /^[!?]/.test(html.slice(open + 1, open + 2))
      if (!isDeclaration) pieces.push('&lt;')
      at = isDeclaration ? after(html, '>', open) : open + 1
      continue
    }
    const close = endOfTag(html, open)
    if (name === 'a') {
      const url = hrefOf(html.slice(open, close))
      link = url === undefined ? undefined : { url, from: pieces.length }
    } else if (name === '/a' && link) {
      if (!pieces.slice(link.from).join('').includes(link.url)) pieces.push(` ${link.url} `)
      link = undefined
    } else if (breaks.has(name)) pieces.push('\n')
    else if (name === '/td' || name === '/th') pieces.push(' ')
    at = hidden.has(name) ? endOfElement(html, name, close) : close
  }
  if (at < html.length) pieces.push(html.slice(at).replace(/\s+/g, ' '))
  return tidied(pieces.join(''))
}

const breaks = new Set([
  'br',
  'hr',
  '/p',
  '/div',
  '/h1',
  '/h2',
  '/h3',
  '/h4',
  '/h5',
  '/h6',
  '/tr',
  '/li',
  '/ul',
  '/ol',
  '/table',
  '/blockquote',
])
const hidden = new Set(['head', 'style', 'script', 'title'])
const entities: Readonly<Record<string, string>> = {
  lt: '<',
  gt: '>',
  quot: '"',
  '#39': "'",
  nbsp: ' ',
  amp: '&',
  copy: '©',
  mdash: '—',
  ndash: '–',
}

function after(html: string, mark: string, from: number): number {
  const found = html.indexOf(mark, from)
  return found < 0 ? html.length : found + mark.length
}

/** Behind the tag that begins at `open`; a `>` in quotes does not end it. */
function endOfTag(html: string, open: number): number {
  let quote = ''
  for (let at = open + 1; at < html.length; at++) {
    const character = html.charAt(at)
    if (quote !== '') {
      if (character === quote) quote = ''
    } else if (character === '"' || character === "'") quote = character
    else if (character === '>') return at + 1
  }
  return html.length
}

function endOfElement(html: string, name: string, from: number): number {
  for (let at = html.indexOf('</', from); at >= 0; at = html.indexOf('</', at + 2)) {
    if (html.slice(at + 2, at + 2 + name.length).toLowerCase() === name) return after(html, '>', at)
  }
  return html.length
}

function hrefOf(tag: string): string | undefined {
  const found = /\shref\s{0,9}=\s{0,9}(?:"([^"]*)"|'([^']*)')/i.exec(tag)
  return found?.[1] ?? found?.[2]
}

function tidied(text: string): string {
  const lines = text.split('\n').map((line) => line.replace(/\s+/g, ' ').trim())
  const kept = lines.filter((line, index) => line !== '' || (lines[index - 1] !== '' && index > 0))
  return kept
    .join('\n')
    .replace(/&(lt|gt|quot|#39|nbsp|amp|copy|mdash|ndash);/g, (_, name: string) => entities[name] ?? '')
    .trim()
}
