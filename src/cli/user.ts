import { Command, InvalidArgumentError } from 'commander'
import type { Auth } from '../auth.ts'
import type { UserWithLoginIds } from '../core/storage.ts'
import { commandInProject, type Flags, print } from './context.ts'
import { withProject } from './installation.ts'
import { readPassword, requirePassword } from './password-input.ts'

interface OneUser {
  readonly auth: Auth
  readonly projectId: string
  readonly loginId: string
  readonly flags: Flags
}

/** A user as the command line shows one: no secret is known to it. */
function view({ user, loginIds, credentialKinds, roles, tenants }: UserWithLoginIds) {
  const { id, status, email, isEmailVerified, phone, name, createdAt, lastSignInAt } = user
  const shown = loginIds.map((one) => one.shown)
  const roleNames = roles.map((role) => (role.tenantId === '' ? role.name : `${role.name} (in ${role.tenantId})`))
  const tenantIds = tenants.map((tenant) => tenant.tenantId)
  const grants = { roles: roleNames, tenants: tenantIds }
  return { userId: id, loginIds: shown, status, name, email, isEmailVerified, phone, ...grants, credentialKinds, createdAt, lastSignInAt }
}

function printUser(flags: Flags, user: UserWithLoginIds): void {
  const lines = Object.entries(view(user)).map(([field, value]) => `${field}: ${Array.isArray(value) ? value.join(', ') : readable(value)}`)
  print(flags, view(user), lines)
}

/** Times as people read them; in JSON they are epoch seconds. */
function readable(value: unknown): string {
  if (typeof value !== 'number') return String(value)
  return value === 0 ? 'never' : new Date(value * 1000).toISOString()
}

/** A subcommand about one user. */
function onUser(name: string, description: string, run: (one: OneUser) => Promise<void>): Command {
  return commandInProject(name, description)
    .argument('<loginId>', 'login ID, or user ID where no such login ID exists')
    .action((loginId: string, flags: Flags) => withProject(flags, ({ auth, projectId }) => run({ auth, projectId, loginId, flags })))
}

/** A subcommand that changes one user and shows what became of it. */
function changing(name: string, description: string, change: (one: OneUser) => Promise<void>): Command {
  return onUser(name, description, async (one) => {
    await change(one)
    const { auth, projectId, loginId, flags } = one
    printUser(flags, await auth.api.showUser({ projectId, loginId }))
  })
}

const text = (value: unknown) => (typeof value === 'string' ? value : undefined)

function createCommand(): Command {
  const create = onUser('create', 'make a user, without a password unless one is given', async ({ auth, projectId, loginId, flags }) => {
    const password = flags.passwordStdin || process.stdin.isTTY ? await readPassword() : undefined
    const [email, name] = [text(flags.email), text(flags.name)]
    const details = { ...(email ? { email } : {}), ...(name ? { name } : {}) }
    const made = await auth.api.createUser({
      ...{ projectId, loginId, details, isEmailVerified: flags.verified === true },
      ...(password === undefined ? {} : { password }),
    })
    printUser(flags, made)
  })
  return create
    .option('--email <address>', 'e-mail address, if it is not the login ID')
    .option('--name <name>', 'full name')
    .option('--verified', 'the address is known to be theirs')
    .option('--password-stdin', 'read a password, one line, from standard input; a terminal is asked anyway, and nothing is none')
}

function setPasswordCommand(): Command {
  const setPassword = onUser('set-password', 'set a password, read from standard input; all sessions end', async (one) => {
    const { auth, projectId, loginId, flags } = one
    const password = await requirePassword()
    await auth.api.setPassword({ projectId, loginId, password, isTemporary: flags.temporary === true })
    printUser(flags, await auth.api.showUser({ projectId, loginId }))
  })
  return setPassword
    .option('--temporary', 'the user must replace it before signing in')
    .option('--password-stdin', 'one line from standard input, which is what happens unless that is a terminal')
}

function listCommand(): Command {
  return commandInProject('list', 'users in the order of their IDs')
    .option('--prefix <text>', 'only users with a login ID that begins with this')
    .option('--after <cursor>', 'continue after the page that ended with this')
    .option('--limit <n>', 'users on a page, at most 200', pageSize, 50)
    .action((flags: Flags) =>
      withProject(flags, async ({ auth, projectId }) => {
        const [prefix, after] = [text(flags.prefix), text(flags.after)]
        const page = await auth.api.listUsers({
          ...{ projectId, limit: Number(flags.limit) },
          ...(prefix ? { prefix } : {}),
          ...(after ? { after } : {}),
        })
        const rows = page.items.map(({ user, loginIds }) => `${user.id}  ${user.status}  ${loginIds.map((one) => one.shown).join(', ')}`)
        print(flags, { users: page.items.map(view), next: page.next }, [...rows, ...(page.next ? [`more: --after ${page.next}`] : [])])
      }),
    )
}

function pageSize(given: string): number {
  if (!/^[1-9]\d{0,2}$/.test(given) || Number(given) > 200) throw new InvalidArgumentError('Give a whole number from 1 to 200.')
  return Number(given)
}

function deleteCommand(): Command {
  return onUser('delete', 'delete the user and all that is theirs', async ({ auth, projectId, loginId, flags }) => {
    const { user } = await auth.api.showUser({ projectId, loginId })
    await auth.api.deleteUser({ projectId, loginId })
    print(flags, { userId: user.id }, [`${user.id} is deleted`])
  })
}

/** `postern user …`: what an administrator does with users. Passwords come from standard input, because arguments show in process lists. */
export function userCommand(): Command {
  const status = (name: string, value: 'enabled' | 'disabled', description: string) =>
    changing(name, description, ({ auth, projectId, loginId }) => auth.api.setUserStatus({ projectId, loginId, status: value }))
  const show = onUser('show', 'show a user', async ({ auth, projectId, loginId, flags }) =>
    printUser(flags, await auth.api.showUser({ projectId, loginId })),
  )
  const verify = changing('verify', "mark the user's e-mail address as proven", ({ auth, projectId, loginId }) =>
    auth.api.verifyUser({ projectId, loginId }),
  )
  const unlock = changing('unlock', 'lift the locks that failed sign-ins have put on', ({ auth, projectId, loginId }) =>
    auth.api.unlockUser({ projectId, loginId }),
  )
  const subcommands = [
    createCommand(),
    show,
    setPasswordCommand(),
    status('disable', 'disabled', 'refuse the user and end all sessions'),
    status('enable', 'enabled', 'let the user in again'),
    deleteCommand(),
    listCommand(),
    verify,
    unlock,
  ]
  const user = new Command('user').description('users')
  for (const subcommand of subcommands) user.addCommand(subcommand)
  return user
}
