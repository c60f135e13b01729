import { Command, InvalidArgumentError } from 'commander'
import type { Auth } from '../auth.ts'
import { commandInProject, type Flags, print } from './context.ts'
import { CommandFailed, exitCodes } from './exit.ts'
import { withProject } from './installation.ts'

type ManagementKey = Awaited<ReturnType<Auth['api']['listManagementKeys']>>[number]
type TypedRights = Parameters<Auth['api']['limitManagementKey']>[0]['rights']

const daySeconds = 86_400

/** `postern keys management create | list | limit | revoke`: what opens the management API. */
export function managementKeysCommand(): Command {
  const management = new Command('management').description('management keys, which open the management API')
  for (const make of [createCommand, listCommand, limitCommand, revokeCommand]) management.addCommand(make())
  return management
}

function createCommand(): Command {
  const create = commandInProject('create', 'make a management key and print it once; without flags it can do all that the API says')
    .argument('<name>', 'what it is for')
    .option('--description <text>', 'more about it')
    .option('--expires-in-days <n>', 'days until it ends; without the flag it never does', days)
    .action((name: string, flags: Flags) =>
      withProject(flags, async ({ auth, projectId }) => {
        const made = await auth.api.createManagementKey({
          ...{ projectId, name, rights: rightsOf(flags) },
          ...(typeof flags.description === 'string' ? { description: flags.description } : {}),
          ...(typeof flags.expiresInDays === 'number' ? { expiresInSeconds: flags.expiresInDays * daySeconds } : {}),
        })
        print(flags, made, [`DESCOPE_MANAGEMENT_KEY=${made.cleartext}`, '', `It is shown this once. ${lineOf(made.key)}`])
      }),
    )
  return limiting(create)
}

function listCommand(): Command {
  return commandInProject('list', 'management keys that are not revoked, oldest first').action((flags: Flags) =>
    withProject(flags, async ({ auth, projectId }) => {
      const keys = await auth.api.listManagementKeys({ projectId })
      print(flags, { keys }, keys.map(lineOf))
    }),
  )
}

function limitCommand(): Command {
  const limit = commandInProject('limit', 'change what a management key may do; a running server follows at once')
    .argument('<id>', 'ID of the key, which is its part before the dot')
    .option('--active <true|false>', 'switch it off, or on again', truth)
    .action((id: string, flags: Flags) =>
      withProject(flags, async ({ auth, projectId }) => {
        const rights = rightsOf(flags)
        const isActive = typeof flags.active === 'boolean' ? { isActive: flags.active } : {}
        if (Object.keys({ ...rights, ...isActive }).length === 0) throw new CommandFailed('Name what to change', exitCodes.usage)
        const key = await auth.api.limitManagementKey({ projectId, id, ...isActive, rights })
        print(flags, key, [lineOf(key)])
      }),
    )
  return limiting(limit)
}

function revokeCommand(): Command {
  return commandInProject('revoke', 'end management keys at once and for good, all of them or none')
    .argument('<id...>', 'IDs of the keys')
    .action((ids: readonly string[], flags: Flags) =>
      withProject(flags, async ({ auth, projectId }) => {
        await auth.api.revokeManagementKeys({ projectId, ids })
        print(
          flags,
          { revoked: ids },
          ids.map((id) => `${id} is revoked`),
        )
      }),
    )
}

/** Adds the flags that say what a key may do. */
function limiting(command: Command): Command {
  return command
    .option('--read-only [true|false]', 'it may not change anything', truth)
    .option(
      '--deny <rights>',
      'take away: impersonation, embeddedLinks, activePasswords, testCodes, managementKeys, projects; or none',
      list,
    )
    .option('--allow <rights>', 'give what no key has by itself: hashExport, allProjects; or none', list)
    .option('--tenants <ids>', 'only these tenants, or none for no such limit', list)
    .option('--networks <addresses>', 'only from these addresses and CIDR ranges, or none for no such limit', list)
}

function rightsOf(flags: Flags): TypedRights {
  const given = {
    isReadOnly: flags.readOnly,
    denied: flags.deny,
    extra: flags.allow,
    tenantIds: flags.tenants,
    networks: flags.networks,
  }
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined))
}

function list(given: string): readonly string[] {
  return given === 'none' ? [] : given.split(',').map((entry) => entry.trim())
}

function truth(given: string): boolean {
  if (given !== 'true' && given !== 'false') throw new InvalidArgumentError('Give true or false.')
  return given === 'true'
}

function days(given: string): number {
  if (!/^[1-9]\d{0,3}$/.test(given) || Number(given) > 3650) throw new InvalidArgumentError('Give a whole number of days, from 1 to 3650.')
  return Number(given)
}

function lineOf({ id, name, isActive, expiresAt, rights }: ManagementKey): string {
  const { isReadOnly, denied, extra, tenantIds, networks } = rights
  const facts = [
    ...(isActive ? [] : ['switched off']),
    ...(expiresAt > 0 ? [`until ${new Date(expiresAt * 1000).toISOString()}`] : []),
    ...(isReadOnly ? ['read only'] : []),
    ...(denied.length > 0 ? [`denied ${denied.join(', ')}`] : []),
    ...(extra.length > 0 ? [`given ${extra.join(', ')}`] : []),
    ...(tenantIds.length > 0 ? [`only in tenants ${tenantIds.join(', ')}`] : []),
    ...(networks.length > 0 ? [`only from ${networks.join(', ')}`] : []),
  ]
  return `${id}  ${name}  ${facts.length > 0 ? facts.join('; ') : 'no limits'}`
}
