import { existsSync } from 'node:fs'
import { link, rm } from 'node:fs/promises'
import { type Auth, createAuth, type Ports } from '../auth.ts'
import { hasMasterKey, loadMasterKey, MasterKeyProblem } from '../master-key.ts'
import { type Options, OptionsProblem } from '../options.ts'
import { type Flags, optionsOf } from './context.ts'
import { CommandFailed, exitCodes } from './exit.ts'

/** What a first start made; `undefined` when there was a project already. */
export type FirstProject = { readonly projectId: string; readonly managementKey: string } | undefined

/**
 * Opens what is there, or makes it: data folder, key file, database, a project. Never makes a key over existing data (CR-02): a new key waits under another name until it
 * has opened the database, so that a kill in between loses nothing. Whoever calls closes `auth`.
 */
export async function openOrCreate(
  options: Options,
  input: { readonly isHardened: boolean; readonly ports?: Ports },
): Promise<{ readonly auth: Auth; readonly first: FirstProject }> {
  const file = options.masterKeyFile
  const auth = (await hasMasterKey({ file })) ? await openExisting(options, input.ports) : await openWithNewKey(options, input.ports ?? {})
  try {
    return { auth, first: await auth.api.createFirstProject({ name: 'My application', isHardened: input.isHardened }) }
  } catch (error) {
    await auth.close()
    throw error
  }
}

async function openWithNewKey(options: Options, ports: Ports): Promise<Auth> {
  const file = options.masterKeyFile
  const pending = `${file}.pending`
  try {
    const mayCreate = !databaseExists(options)
    if (!mayCreate && !(await hasMasterKey({ file: pending }))) {
      throw new MasterKeyProblem(
        `masterKeyFile (${file}): there is no such file, but there is a database. Restore the file from where it was kept`,
      )
    }
    const masterKey = await loadMasterKey({ file: pending, mayCreate })
    const auth = await openExisting(options, { ...ports, masterKey }, `. There is no masterKeyFile (${file}), so a new key was tried`)
    await settle(pending, file).catch(async (error: unknown) => {
      await auth.close()
      throw error
    })
    return auth
  } catch (error) {
    // A process that started at the same time may have come first in between; then its key is the one.
    if (!(await hasMasterKey({ file }))) throw error
    await rm(pending, { force: true })
    return openExisting(options, ports)
  }
}

/** Whether an embedded database is there. Of another one only its own check of the key can tell whether it has data. */
function databaseExists({ database }: Options): boolean {
  return database.startsWith('sqlite:') && existsSync(database.slice('sqlite:'.length))
}

/** Gives the key its name, unless a process that started at the same time has: what has that name stays. */
async function settle(pending: string, file: string): Promise<void> {
  await link(pending, file).catch(async (error: unknown) => {
    if (!(await hasMasterKey({ file }))) throw error
  })
  await rm(pending, { force: true })
}

/** Opens the server's parts. What fails here is the database, the key or a damaged file. */
export async function openExisting(options: Options, ports: Ports = {}, hint = ''): Promise<Auth> {
  try {
    return await createAuth(options, ports)
  } catch (error) {
    if (error instanceof OptionsProblem || error instanceof MasterKeyProblem || !(error instanceof Error)) throw error
    throw new CommandFailed(`Cannot start: ${error.message}${hint}`, exitCodes.unavailable, error)
  }
}

/** Runs work on an existing installation and closes it, whatever happens. */
export async function withAuth<T>(flags: Flags, work: (auth: Auth, options: Options) => Promise<T>, ports: Ports = {}): Promise<T> {
  const options = optionsOf(flags, { quiet: true })
  const auth = await openExisting(options, ports)
  try {
    return await work(auth, options)
  } finally {
    await auth.close()
  }
}

/** Runs work on the project that `--project` names, or on the only one. */
export async function withProject(
  flags: Flags,
  work: (on: { readonly auth: Auth; readonly projectId: string }) => Promise<void>,
  ports: Ports = {},
): Promise<void> {
  await withAuth(flags, async (auth) => work({ auth, projectId: await chosenProject(auth, flags) }), ports)
}

const maxShownProjects = 20

async function chosenProject(auth: Auth, flags: Flags): Promise<string> {
  const projects = await auth.api.listProjects()
  if (typeof flags.project === 'string') {
    if (projects.some((project) => project.id === flags.project)) return flags.project
    throw new CommandFailed('There is no such project', exitCodes.notFound)
  }
  const [only, another] = projects
  if (!only) throw new CommandFailed('There is no project yet; run postern init', exitCodes.notFound)
  if (another) {
    const shown = projects.slice(0, maxShownProjects).map(({ id, name }) => `${id}  ${name}`)
    throw new CommandFailed(['There are several projects; name one with --project', ...shown].join('\n'), exitCodes.usage)
  }
  return only.id
}
