import { existsSync, readFileSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { Command, Option } from 'commander'
import { type Auth, createAuth } from '../auth.ts'
import { createMasterKey, hasMasterKey, MasterKeyProblem } from '../master-key.ts'
import { type Options, OptionsProblem, optionNames, parseOptions } from '../options.ts'
import { CommandFailed, exitCodes } from './exit.ts'

/** Options that every command takes; `serve` takes all. */
const everywhere = ['data', 'database', 'masterKeyFile', 'logLevel']

/** `trustedProxyHops` is `--trusted-proxy-hops`; `limits.accountFailures` is `--limits-account-failures`. */
function flagOf(name: string): string {
  return `--${name
    .replaceAll('.', '-')
    .replace(/([a-z])([A-Z])/g, '$1-$2')
    .toLowerCase()}`
}

/** The name under which commander keeps the value of a flag. */
function keyOf(name: string): string {
  return flagOf(name)
    .slice(2)
    .replace(/-(.)/g, (_, letter: string) => letter.toUpperCase())
}

const booleans = new Set(['allowInsecureHttp', 'outbox'])

/** A command with `--json`, `--config` and the flags of the options that it takes. */
export function commandWithOptions(name: string, description: string, names: readonly string[] = everywhere): Command {
  const command = new Command(name)
    .description(description)
    .option('--json', 'print JSON')
    .option('--config <file>', 'JSON file with options')
  for (const option of names) {
    const value = booleans.has(option) ? ' [boolean]' : ' <value>'
    command.addOption(new Option(`${flagOf(option)}${value}`, `option ${option} (docs/options.md)`))
  }
  return command
}

export const allOptionNames = optionNames()

/** Parses the options of a command from its flags, the environment and the file. Throws `OptionsProblem`. */
export function optionsOf(flags: Readonly<Record<string, unknown>>, defaults: Readonly<Record<string, unknown>> = {}): Options {
  const given: Record<string, unknown> = { ...defaults }
  for (const name of allOptionNames) if (flags[keyOf(name)] !== undefined) given[name] = flags[keyOf(name)]
  const path =
    typeof flags.config === 'string'
      ? flags.config
      : (process.env.POSTERN_CONFIG ?? (existsSync('postern.config.json') ? 'postern.config.json' : undefined))
  return parseOptions({ flags: given, environment: environmentWithFiles(), file: path === undefined ? undefined : configFile(path) })
}

function configFile(path: string): unknown {
  try {
    return JSON.parse(readFileSync(path, 'utf8'))
  } catch (error) {
    throw new OptionsProblem([`config (${path}): ${error instanceof SyntaxError ? 'it is not JSON' : 'it cannot be read'}`])
  }
}

const secretFiles = { POSTERN_SMTP_URL_FILE: 'POSTERN_SMTP_URL', POSTERN_DATABASE_FILE: 'POSTERN_DATABASE' } as const

/** The environment, where a secret may be given as a file (`POSTERN_SMTP_URL_FILE`). */
function environmentWithFiles(): Record<string, string | undefined> {
  const environment = { ...process.env }
  for (const [variable, target] of Object.entries(secretFiles)) {
    const path = environment[variable]
    delete environment[variable]
    if (path === undefined) continue
    try {
      environment[target] = readFileSync(path, 'utf8').trim()
    } catch {
      throw new OptionsProblem([`${variable}: the file cannot be read`])
    }
  }
  return environment
}

/** What a first start made; `undefined` when there was a project already. */
export type FirstProject = { readonly projectId: string; readonly managementKey: string } | undefined

/**
 * Opens what is there, or makes it: data folder, key file, database, a project. Never makes a key over an existing database (CR-02). Whoever calls closes `auth`.
 */
export async function openOrCreate(
  options: Options,
  input: { readonly isHardened: boolean },
): Promise<{ auth: Auth; first: FirstProject }> {
  const file = options.masterKeyFile
  const isNewKey = !(await hasMasterKey({ file }))
  if (isNewKey) {
    const database = /^sqlite:(.+)$/.exec(options.database)?.[1]
    if (database && existsSync(database)) {
      throw new MasterKeyProblem(
        `masterKeyFile (${file}): there is no such file, but there is a database. Restore the file from where it was kept`,
      )
    }
    await createMasterKey({ file })
  }
  const auth = await createAuth(options).catch(async (error: unknown) => {
    if (isNewKey) await rm(file, { force: true })
    throw error
  })
  const isEmpty = (await auth.api.listProjects()).length === 0
  const first = isEmpty ? await auth.api.createProject({ name: 'My application', isHardened: input.isHardened }) : undefined
  return { auth, first }
}

/** Runs work on an existing installation and closes it, whatever happens. */
export async function withAuth<T>(
  flags: Readonly<Record<string, unknown>>,
  work: (auth: Auth, options: Options) => Promise<T>,
): Promise<T> {
  const options = optionsOf(flags, { logLevel: 'warn' })
  const auth = await createAuth(options)
  try {
    return await work(auth, options)
  } finally {
    await auth.close()
  }
}

/** The project that `--project` names, or the only one. */
export async function chosenProject(auth: Auth, flags: Readonly<Record<string, unknown>>): Promise<string> {
  const projects = await auth.api.listProjects()
  if (typeof flags.project === 'string') {
    if (projects.some((project) => project.id === flags.project)) return flags.project
    throw new CommandFailed('There is no such project', exitCodes.notFound)
  }
  const [only, another] = projects
  if (!only) throw new CommandFailed('There is no project yet; run postern init', exitCodes.notFound)
  if (another) throw new CommandFailed('There are several projects; name one with --project', exitCodes.usage)
  return only.id
}

/** Prints a result: JSON with `--json`, else the given lines. */
export function print(flags: Readonly<Record<string, unknown>>, result: unknown, lines: readonly string[]): void {
  process.stdout.write(flags.json ? `${JSON.stringify(result)}\n` : lines.map((line) => `${line}\n`).join(''))
}
