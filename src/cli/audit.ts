import type { Command } from 'commander'
import type { Auth } from '../auth.ts'
import { gather, text, time, wholeNumber } from './arguments.ts'
import { commandInProject, type Flags, print } from './context.ts'
import { withProject } from './installation.ts'

type Entry = Awaited<ReturnType<Auth['api']['searchAudit']>>['items'][number]

/** `postern audit`: the audit trail, newest first, one bounded page. */
export function auditCommand(): Command {
  return commandInProject('audit', 'what happened in a project, newest first')
    .option('--since <time>', 'an age such as 90s, 30m, 12h or 7d, or a date; 30 days if absent', time)
    .option('--until <time>', 'the same', time)
    .option('--action <name>', "the contract's name or our type of an event, as in LoginFailed or user.roles; may be given again", gather)
    .option('--user <id>', 'only about this user: a login ID, or a user ID, also of one who is gone')
    .option('--actor <id>', 'only by this user or key')
    .option('--failed', 'only what failed')
    .option('--text <text>', 'only events that hold this')
    .option('--limit <n>', 'events on a page, at most 200', wholeNumber(1, 200), 50)
    .option('--page <n>', 'from 0', wholeNumber(0, 10_000), 0)
    .action((flags: Flags) =>
      withProject(flags, async ({ auth, projectId }) => {
        const { items, total } = await auth.api.searchAudit({ projectId, ...searchOf(flags) })
        const shown = Number(flags.page) * Number(flags.limit) + items.length
        const more = shown < total ? [`${total - shown} more: --page ${Number(flags.page) + 1}`] : []
        print(flags, { events: items.map(view), total }, [...items.map(lineOf), ...more])
      }),
    )
}

function searchOf(flags: Flags) {
  const limit = Number(flags.limit)
  return {
    ...{ from: millisecondsOf(flags.since), to: millisecondsOf(flags.until), limit, offset: Number(flags.page) * limit },
    ...{ actions: Array.isArray(flags.action) ? flags.action : undefined, user: text(flags.user), text: text(flags.text) },
    actorIds: text(flags.actor) === undefined ? undefined : [text(flags.actor) ?? ''],
    outcome: flags.failed === true ? ('failure' as const) : undefined,
  }
}

const millisecondsOf = (value: unknown) => (typeof value === 'number' ? value : undefined)

function view({ event, action, device, method, loginIds, tenantIds }: Entry) {
  const { id, occurredAtMilliseconds, type, outcome, actorKind, actorId, userId, ip, userAgent, data } = event
  const who = { actorKind, actorId, userId, loginIds, tenantIds }
  return { id, time: timeOf(occurredAtMilliseconds), type, action, outcome, ...who, ip, userAgent, device, method, data }
}

function lineOf({ event, loginIds }: Entry): string {
  const { occurredAtMilliseconds, type, outcome, actorKind, actorId, userId, ip, data } = event
  const about = userId === '' || userId === actorId ? '' : `about ${userId}`
  const shown = [timeOf(occurredAtMilliseconds), type, outcome, `${actorKind} ${actorId}`.trim(), about, loginIds[0] ?? '', ip]
  return [...shown.filter((part) => part !== ''), JSON.stringify(data)].join('  ')
}

function timeOf(milliseconds: number): string {
  return new Date(milliseconds).toISOString()
}
