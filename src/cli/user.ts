import { Command } from 'commander'
import type { Auth } from '../auth.ts'
import type { UserWithLoginIds } from '../core/storage.ts'
import { chosenProject, commandWithOptions, print, withAuth } from './context.ts'
import { readPassword } from './password-input.ts'

type Flags = Record<string, unknown>

interface OneUser {
  readonly auth: Auth
  readonly projectId: string
  readonly loginId: string
  readonly flags: Flags
}

/** A user as the command line shows one: no secret is known to it. */
function view({ user, loginIds, credentialKinds }: UserWithLoginIds) {
  const { id, status, email, isEmailVerified, phone, name, createdAt, lastSignInAt } = user
  return {
    userId: id,
    loginIds: loginIds.map((one) => one.shown),
    status,
    name,
    email,
    isEmailVerified,
    phone,
    credentialKinds,
    createdAt,
    lastSignInAt,
  }
}

function lines(user: UserWithLoginIds): readonly string[] {
  return Object.entries(view(user)).map(([field, value]) => `${field}: ${Array.isArray(value) ? value.join(', ') : value}`)
}

/** A subcommand about one user. */
function onUser(name: string, description: string, run: (one: OneUser) => Promise<void>): Command {
  return commandWithOptions(name, description)
    .option('--project <id>', 'project, if there are several')
    .argument('<loginId>', 'login ID, or user ID where no such login ID exists')
    .action((loginId: string, flags: Flags) =>
      withAuth(flags, async (auth) => run({ auth, projectId: await chosenProject(auth, flags), loginId, flags })),
    )
}

/** A subcommand that changes one user and has nothing to show but that it did. */
function changing(name: string, description: string, done: string, change: (one: OneUser) => Promise<void>): Command {
  return onUser(name, description, async (one) => {
    await change(one)
    print(one.flags, {}, [done])
  })
}

const text = (value: unknown) => (typeof value === 'string' ? { value } : undefined)?.value

function createCommand(): Command {
  const create = onUser('create', 'make a user; a password is read from standard input', async ({ auth, projectId, loginId, flags }) => {
    const password = flags.passwordStdin ? await readPassword() : undefined
    const email = text(flags.email)
    const name = text(flags.name)
    const details = { ...(email ? { email } : {}), ...(name ? { name } : {}) }
    const made = await auth.api.createUser({
      ...{ projectId, loginId, details, isEmailVerified: flags.verified === true },
      ...(password === undefined ? {} : { password }),
    })
    print(flags, view(made), lines(made))
  })
  return create
    .option('--email <address>', 'e-mail address, if it is not the login ID')
    .option('--name <name>', 'full name')
    .option('--verified', 'the address is known to be theirs')
    .option('--password-stdin', 'read a password, one line, from standard input')
}

function listCommand(): Command {
  return commandWithOptions('list', 'users in the order in which they were made')
    .option('--project <id>', 'project, if there are several')
    .option('--prefix <text>', 'only users with a login ID that begins with this')
    .option('--after <cursor>', 'continue after the page that ended with this')
    .option('--limit <n>', 'users on a page, at most 200', '50')
    .action((flags: Flags) =>
      withAuth(flags, async (auth) => {
        const [prefix, after] = [text(flags.prefix), text(flags.after)]
        const page = await auth.api.listUsers({
          ...{ projectId: await chosenProject(auth, flags), limit: Number(flags.limit) || 50 },
          ...(prefix ? { prefix } : {}),
          ...(after ? { after } : {}),
        })
        const rows = page.items.map((user) => `${user.user.id}  ${user.user.status}  ${user.loginIds.map((one) => one.shown).join(', ')}`)
        print(flags, { users: page.items.map(view), next: page.next }, [...rows, ...(page.next ? [`more: --after ${page.next}`] : [])])
      }),
    )
}

/** `postern user …`: what an administrator does with one user. Passwords come from standard input, because arguments show in process lists. */
export function userCommand(): Command {
  const setPassword = changing(
    'set-password',
    'set a password, read from standard input; all sessions end',
    'The password is set.',
    async (one) => {
      const password = await readPassword()
      await one.auth.api.setPassword({ ...one, password, isTemporary: one.flags.temporary === true })
    },
  )
    .option('--temporary', 'the user must replace it before signing in')
    .option('--password-stdin', 'read it from standard input (it always is, unless that is a terminal)')
  const status = (name: string, value: 'enabled' | 'disabled', description: string) =>
    changing(name, description, `The user is ${value}.`, (one) => one.auth.api.setUserStatus({ ...one, status: value }))
  return new Command('user')
    .description('users')
    .addCommand(createCommand())
    .addCommand(
      onUser('show', 'show a user', async ({ auth, flags, ...one }) => {
        const user = await auth.api.showUser(one)
        print(flags, view(user), lines(user))
      }),
    )
    .addCommand(setPassword)
    .addCommand(status('disable', 'disabled', 'refuse the user and end all sessions'))
    .addCommand(status('enable', 'enabled', 'let the user in again'))
    .addCommand(
      changing('verify', "mark the user's e-mail address as proven", 'The address is verified.', (one) => one.auth.api.verifyUser(one)),
    )
    .addCommand(
      changing('unlock', 'lift the locks that failed sign-ins have put on', 'The account is unlocked.', (one) =>
        one.auth.api.unlockUser(one),
      ),
    )
    .addCommand(changing('delete', 'delete the user and all that is theirs', 'The user is deleted.', (one) => one.auth.api.deleteUser(one)))
    .addCommand(listCommand())
}
