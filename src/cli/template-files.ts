import { readFileSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { Auth } from '../auth.ts'
import { CommandFailed, exitCodes } from './exit.ts'

/** Message templates as files: JSON with the names of the API, in which a text may stand in a file of its own: `"body": { "file": "reset.de.html" }`. */

type TypedTemplate = Parameters<Auth['api']['setMessageTemplate']>[0]['template']
type Template = Awaited<ReturnType<Auth['api']['showMessageTemplate']>>

const maxFileBytes = 3_145_728
const members = ['name', 'kind', 'channel', 'options', 'versions', 'active', 'public']
/** What `show` prints beside them. */
const ignored = ['id', 'languages', 'createdTime', 'modifiedTime']

/** Reads a template. Throws `CommandFailed` when the file is none. */
export function readTemplate(path: string): TypedTemplate {
  const read = parsed(path)
  const refuse = (problem: string) => new CommandFailed(`${path}: ${problem}`, exitCodes.usage)
  if (!isObject(read)) throw refuse('the file is no template')
  const unknown = Object.keys(read).filter((name) => !members.includes(name) && !ignored.includes(name))
  if (unknown.length > 0) throw refuse(`no such member of a template: ${unknown.join(', ')}`)
  const { name, kind, channel, options = [], versions, active = false, public: isPublic = false } = read
  if (typeof name !== 'string' || typeof kind !== 'string' || typeof channel !== 'string')
    throw refuse('name, kind and channel must be texts')
  if (name.trim() === '' || name.length > 128) throw refuse('the name must have 1 to 128 characters')
  if (!Array.isArray(options) || !isObject(versions)) throw refuse('options must be a list and versions an object')
  if (typeof active !== 'boolean' || typeof isPublic !== 'boolean') throw refuse('active and public must be true or false')
  return { name, kind, channel, options: options.map(String), versions: withTexts(versions, dirname(path)), isActive: active, isPublic }
}

function parsed(path: string): unknown {
  const text = textOf(path)
  try {
    return JSON.parse(text)
  } catch {
    throw new CommandFailed(`${path}: the file is not JSON`, exitCodes.usage)
  }
}

function withTexts(versions: Record<string, unknown>, folder: string): Record<string, unknown> {
  const whole = (version: unknown) =>
    isObject(version) ? Object.fromEntries(Object.entries(version).map(([name, value]) => [name, textIn(value, folder)])) : version
  return Object.fromEntries(Object.entries(versions).map(([language, version]) => [language, whole(version)]))
}

function textIn(value: unknown, folder: string): unknown {
  return isObject(value) && typeof value.file === 'string' ? textOf(join(folder, value.file)) : value
}

function textOf(path: string): string {
  try {
    if (statSync(path).size <= maxFileBytes) return readFileSync(path, 'utf8')
  } catch {
    throw new CommandFailed(`${path}: there is no such file`, exitCodes.usage)
  }
  throw new CommandFailed(`${path}: the file is too large`, exitCodes.usage)
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** A template as `readTemplate` takes it. */
export function templateView(template: Template) {
  const { id, name, kind, channel, isActive, isPublic, options, versions } = template
  return { id, name, kind, channel, active: isActive, public: isPublic, options, versions }
}

/** Writes a built-in text into a folder, as a template with its long texts in files of their own, and answers the names. Never writes over a file. */
export function writeBuiltIn(
  folder: string,
  input: {
    readonly kind: string
    readonly channel: string
    readonly language: string
    readonly texts: Readonly<Record<string, string | boolean>>
  },
): readonly string[] {
  const { kind, channel, language, texts } = input
  const stem = `${kind}.${channel}`
  const endings: Readonly<Record<string, string>> = { body: channel === 'email' ? 'html' : 'txt', bodyPlainText: 'txt' }
  const files = new Map<string, string>()
  const version = Object.entries(texts).map(([field, text]): [string, unknown] => {
    const ending = endings[field]
    if (ending === undefined || typeof text !== 'string') return [field, text]
    const file = `${stem}.${language}.${ending}`
    files.set(file, text)
    return [field, { file }]
  })
  const template = { name: stem, kind, channel, active: false, options: [], versions: { [language]: Object.fromEntries(version) } }
  files.set(`${stem}.json`, `${JSON.stringify(template, null, 2)}\n`)
  for (const [name, text] of files) writeNew(join(folder, name), text)
  return [...files.keys()].map((name) => join(folder, name))
}

/** Writes a file that is not there yet. */
export function writeNew(path: string, text: string): void {
  try {
    writeFileSync(path, text, { flag: 'wx' })
  } catch (error) {
    const isThere = error instanceof Error && 'code' in error && error.code === 'EEXIST'
    throw new CommandFailed(`${path}: ${isThere ? 'the file is there already' : 'the file cannot be written'}`, exitCodes.failed)
  }
}
