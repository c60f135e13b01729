import { takeInTurn } from './attempts.ts'
import type { CountedLimit, Deps } from './deps.ts'
import type { Channel } from './messages.ts'

export interface MessageRequest {
  readonly projectId: string
  readonly kind: string
  readonly channel: Channel
  /** The address or number, or what was typed where there is none. */
  readonly recipient: string
  /** Who asks, where that is counted. */
  readonly sourceIp?: string | undefined
  /** Whether nothing will leave, because nobody is there: such a request must not use up what the project may send. It costs the same (EN-03). */
  readonly isForNobody?: boolean
}

/** Figures of the limits, in the form of the tables of `http/metrics.ts`. */
export const messageLimitMetrics = {
  counters: {
    postern_messages_refused_total: {
      help: 'Messages that were not queued because a limit was reached, by channel and limit: source, recipient, project.',
      labels: ['channel', 'limit'],
    },
  },
  durations: {},
  gauges: {},
} as const

/**
 * Whether one more message of a kind may go to a recipient (BF-09), counted by the address that it goes to, however it is spelt, by who asks where `sourceIp` is given, and by project. To a phone, texts and calls
 * of all kinds count together, because each costs money and disturbs. Of limits of which one refuses none is used up, so that asking often shuts nobody out for long (BF-03). What is refused is
 * dropped without a word: the caller's answer never shows it.
 */
export async function takeMail(
  deps: Deps,
  input: MessageRequest,
): Promise<{ readonly isTaken: boolean; readonly isSourceRefused: boolean }> {
  const { projectId, channel } = input
  const steps = stepsOf(deps, input)
  const limited = steps.map(({ name, parts, limit }) => ({ name: `message.${name}`, parts, limit }))
  const refused = await takeInTurn(deps, { projectId, limited })
  const step = refused === undefined ? undefined : steps[refused]
  if (!step) return { isTaken: true, isSourceRefused: false }
  const { name, limit } = step
  const label = name === 'recipientDaily' ? 'recipient' : name
  deps.metrics.count('postern_messages_refused_total', { channel, limit: label })
  // The others are what single people do; this one stops a project.
  if (name === 'project') deps.log.warn('message.projectLimit', { projectId, channel, max: limit.max, perSeconds: limit.perSeconds })
  return { isTaken: false, isSourceRefused: name === 'source' }
}

interface Step {
  readonly name: 'source' | 'recipient' | 'recipientDaily' | 'project'
  readonly parts: readonly string[]
  readonly limit: CountedLimit
}

function stepsOf({ limits }: Deps, { kind, channel, recipient, sourceIp, isForNobody = false }: MessageRequest): readonly Step[] {
  const isMail = channel === 'email'
  const parts = [isMail ? kind : 'phone', recipient.toLowerCase()]
  const nobody: CountedLimit = { max: Number.MAX_SAFE_INTEGER, perSeconds: 3600 }
  const project = isMail ? limits.projectMails : limits.projectTexts
  return [
    ...(sourceIp === undefined ? [] : [{ name: 'source', parts: [sourceIp], limit: limits.sourceMessages } as const]),
    { name: 'recipient', parts, limit: limits.recipientMessages },
    { name: 'recipientDaily', parts, limit: limits.recipientMessagesDaily },
    isForNobody && project.max > 0
      ? { name: 'project', parts: ['nobody'], limit: nobody }
      : { name: 'project', parts: [isMail ? 'mails' : 'texts'], limit: project },
  ]
}
