import { readFileSync } from 'node:fs'
import compile from 'mjml'

const source = new URL('../src/mail/layout/layout.mjml', import.meta.url)

/**
 * Makes the template of built-in mails of its source. Throws when the compiler finds fault with it, or would have mail programs load something. Attributes that are filled later are
 * the one fault that is none: the compiler wants to see `left` where we write `{{ start }}`.
 */
export async function mailLayout(): Promise<string> {
  const { html, errors } = await compile(readFileSync(source, 'utf8'), {
    fonts: {},
    validationLevel: 'soft',
    keepComments: false,
    ignoreIncludes: true,
  })
  const faults = errors.filter(({ message }) => !/has invalid value: \{\{ \w+ \}\} for type Enum/.test(message))
  if (faults.length > 0) throw new Error(`The mail layout: ${faults.map(({ line, message }) => `line ${line}: ${message}`).join('; ')}`)
  const tidy = html
    // For XHTML, which this is not.
    .replace(' xmlns="http://www.w3.org/1999/xhtml"', '')
    // By `mj-title` it would be a label of the whole as well, and be read twice.
    .replace('<title></title>', '<title>{{ subject }}</title>')
    .replace(/[ \t]*\n\s*/g, '\n')
    .replace(/<([a-z]+)\s+(?=[a-z])/g, '<$1 ')
    .replace(/"\n>/g, '">')
    .trim()
  if (/https?:|url\(|@import|<(img|link|script)\b/.test(tidy)) throw new Error('The mail layout must load nothing')
  return `${tidy}\n`
}
