import { Argument, Command } from 'commander'
import type { Auth } from '../auth.ts'
import { gather, text, time, wholeNumber } from './arguments.ts'
import { commandInProject, type Flags, print } from './context.ts'
import { CommandFailed, exitCodes } from './exit.ts'
import { withProject } from './installation.ts'

type Search = Parameters<Auth['api']['retryMessages']>[0]['search']
type Message = Awaited<ReturnType<Auth['api']['searchMessages']>>['messages'][number]

/** `postern message`: what became of messages, and those that were given up. */
export function messageCommand(): Command {
  return new Command('message')
    .description('what became of messages, never what they say')
    .addCommand(listCommand())
    .addCommand(showCommand())
    .addCommand(countsCommand())
    .addCommand(retryCommand())
}

function filtered(command: Command): Command {
  return command
    .option('--user <id>', 'only to this user: a login ID, or a user ID')
    .option('--recipient <address>', 'only to this e-mail address or phone number')
    .option('--kind <name>', 'only of this kind, as in password.reset; may be given again', gather)
    .option('--channel <name>', 'only by email, sms, voice, whatsapp or im; may be given again', gather)
    .option('--since <time>', 'an age such as 90s, 30m, 12h or 7d, or a date', time)
    .option('--until <time>', 'the same', time)
}

function searchOf(flags: Flags, projectId: string): Search {
  const list = (value: unknown) => (Array.isArray(value) ? (value as readonly string[]) : undefined)
  const seconds = (value: unknown) => (typeof value === 'number' ? Math.floor(value / 1000) : undefined)
  const times = { from: seconds(flags.since), to: seconds(flags.until) }
  return {
    projectId,
    user: text(flags.user),
    recipient: text(flags.recipient),
    kinds: list(flags.kind),
    channels: list(flags.channel),
    ...times,
  }
}

const states = ['pending', 'sent', 'kept', 'failed', 'expired'] as const

function listCommand(): Command {
  return filtered(commandInProject('list', 'messages of the last seven days, newest first'))
    .option('--state <name>', `only those that are ${states.join(', ')}; may be given again`, gather)
    .option('--limit <n>', 'messages on a page, at most 200', wholeNumber(1, 200), 50)
    .option('--page <n>', 'from 0', wholeNumber(0, 10_000), 0)
    .action((flags: Flags) =>
      withProject(flags, async ({ auth, projectId }) => {
        const asked = Array.isArray(flags.state) ? flags.state : undefined
        if (asked?.some((state) => !states.includes(state)))
          throw new CommandFailed(`A state is one of ${states.join(', ')}`, exitCodes.usage)
        const limit = Number(flags.limit)
        const search = { ...searchOf(flags, projectId), states: asked, limit, offset: Number(flags.page) * limit }
        const { messages, hasMore } = await auth.api.searchMessages(search)
        const more = hasMore ? [`more: --page ${Number(flags.page) + 1}`] : []
        print(flags, { messages: messages.map(view), hasMore }, [...messages.map(lineOf), ...more])
      }),
    )
}

function showCommand(): Command {
  return commandInProject('show', 'one message: its attempts, and why the latest failed')
    .argument('<id>', 'ID of the message')
    .action((id: string, flags: Flags) =>
      withProject(flags, async ({ auth, projectId }) => {
        const { messages } = await auth.api.searchMessages({ projectId, ids: [id], limit: 1, offset: 0 })
        const [message] = messages
        if (!message) throw new CommandFailed('There is no such message', exitCodes.notFound)
        const shown = view(message)
        print(
          flags,
          shown,
          Object.entries(shown).map(([name, value]) => `${name}: ${value}`),
        )
      }),
    )
}

function countsCommand(): Command {
  return commandInProject('counts', 'numbers of messages of the last seven days').action((flags: Flags) =>
    withProject(flags, async ({ auth, projectId }) => {
      const counts = await auth.api.countMessages({ projectId })
      print(
        flags,
        { counts },
        counts.map(({ channel, state, count }) => `${channel}  ${state}  ${count}`),
      )
    }),
  )
}

function retryCommand(): Command {
  return filtered(commandInProject('retry', 'sends messages again that were given up and have not expired'))
    .addArgument(new Argument('[ids...]', 'IDs of messages; without them the flags choose'))
    .option('--all', 'every message that was given up')
    .action((ids: readonly string[], flags: Flags) =>
      withProject(flags, async ({ auth, projectId }) => {
        const search = { ...searchOf(flags, projectId), ids: ids.length > 0 ? ids : undefined }
        const { retried, refused, hasMore } = await auth.api.retryMessages({ search, isAll: flags.all === true })
        const lines = [`${retried.length} wait again`, ...refused.map(({ id, reason }) => `${id}  ${reason}`)]
        print(flags, { retried, refused, hasMore }, hasMore ? [...lines, 'There are more: run it again'] : lines)
      }),
    )
}

const timeOf = (seconds: number) => (seconds === 0 ? '' : new Date(seconds * 1000).toISOString().replace('.000Z', 'Z'))

function view(message: Message) {
  const { createdAt, expiresAt, nextAttemptAt, finishedAt, ...rest } = message
  const times = { created: timeOf(createdAt), expires: timeOf(expiresAt), nextAttempt: timeOf(nextAttemptAt), finished: timeOf(finishedAt) }
  return { ...rest, ...times }
}

function lineOf({ id, kind, channel, recipient, state, attempts, reason, createdAt }: Message): string {
  return [timeOf(createdAt), id, kind, channel, recipient, state, `${attempts} attempts`, reason].filter((part) => part !== '').join('  ')
}
