import { existsSync, readFileSync, statSync } from 'node:fs'
import { Command, Option } from 'commander'
import {
  configVariable,
  flagOf,
  type Options,
  OptionsProblem,
  optionFacts,
  optionNames,
  parseOptions,
  secretFileVariables,
} from '../options.ts'

/** What commander read from a command line, by the names it gives to flags. */
export type Flags = Readonly<Record<string, unknown>>

/** Options that every command takes as flags; `serve` and `doctor` take all. Variables and the file give all of them to all commands. */
const everywhere = [
  'data',
  'database',
  'databaseTlsMode',
  'databaseTlsCaFile',
  'databaseTlsCertFile',
  'databaseTlsKeyFile',
  'databasePooler',
  'allowAsynchronousCommit',
  'masterKeyFile',
  'logLevel',
]

export const allOptionNames = optionNames()

/** The name under which commander keeps the value of a flag. */
function keyOf(name: string): string {
  return new Option(flagOf(name)).attributeName()
}

const isTruthValue = (name: string) => ['allowAsynchronousCommit', 'allowInsecureHttp', 'outbox', 'trustLoopback'].includes(name)

/** A command with `--json`, `--config` and the flags of the options that it takes. */
export function commandWithOptions(name: string, description: string, names: readonly string[] = everywhere): Command {
  const command = new Command(name)
    .description(description)
    .option('--json', 'print JSON')
    .option('--config <file>', 'JSON file with options; postern.config.json if there is one')
  for (const option of names) {
    const value = isTruthValue(option) ? ' [true|false]' : ' <value>'
    const sentence = (optionFacts.get(option)?.description ?? '').replace(/(?<=\.) .*/s, '').replaceAll('`', '')
    command.addOption(new Option(`${flagOf(option)}${value}`, sentence))
  }
  return command
}

/** A command about one project. */
export function commandInProject(name: string, description: string): Command {
  return commandWithOptions(name, description).option('--project <id>', 'project, if there are several')
}

/**
 * Parses the options of a command from its flags, the environment and the file; `quiet` logs from warnings on unless a flag says otherwise. Throws `OptionsProblem` with
 * everything that is wrong.
 */
export function optionsOf(flags: Flags, { quiet = false }: { readonly quiet?: boolean } = {}): Options {
  const given: Record<string, unknown> = quiet ? { logLevel: 'warn' } : {}
  for (const name of allOptionNames) {
    const value = flags[keyOf(name)]
    if (value !== undefined) given[name] = value
  }
  const { file, problem } = configFile(flags)
  const sources = { flags: given, environment: process.env, file, secretFiles: readSecretFiles() }
  if (problem === undefined) return parseOptions(sources)
  try {
    parseOptions(sources)
  } catch (error) {
    if (error instanceof OptionsProblem) throw new OptionsProblem([problem, ...error.problems])
    throw error
  }
  throw new OptionsProblem([problem])
}

const defaultConfigFile = 'postern.config.json'
const maxFileBytes = 1_048_576

function configFile(flags: Flags): { readonly file: unknown; readonly problem?: string } {
  const named = typeof flags.config === 'string' ? flags.config : process.env[configVariable] || undefined
  if (named === undefined && !existsSync(defaultConfigFile)) return { file: undefined }
  const path = named ?? defaultConfigFile
  const text = readSmallFile(path)
  if (text === undefined) return { file: undefined, problem: `config (${path}): the file cannot be read.` }
  try {
    return { file: JSON.parse(text) }
  } catch {
    // What the parser says quotes the text, in which secrets may be.
    return { file: undefined, problem: `config (${path}): the file is not JSON.` }
  }
}

function readSecretFiles(): Record<string, string | undefined> {
  const contents: Record<string, string | undefined> = {}
  for (const variable of secretFileVariables.keys()) {
    const path = process.env[variable]
    if (path) contents[variable] = readSmallFile(path)
  }
  return contents
}

function readSmallFile(path: string): string | undefined {
  try {
    return statSync(path).size > maxFileBytes ? undefined : readFileSync(path, 'utf8')
  } catch {
    return undefined
  }
}

/** Characters that act on a terminal, in what users have chosen. */
const acting = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu
const escaped = (character: string) => `\\u${(character.codePointAt(0) ?? 0).toString(16).padStart(4, '0')}`

/** Prints a result: JSON on one line with `--json`, else the given lines. */
export function print(flags: Flags, result: unknown, lines: readonly string[]): void {
  const shown = flags.json ? [JSON.stringify(result)] : lines
  process.stdout.write(shown.map((line) => `${line.replace(acting, escaped)}\n`).join(''))
}
