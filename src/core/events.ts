import type { Clock, Random } from './ports.ts'
import { newId } from './secrets.ts'
import type { EventRecord, Storage } from './storage.ts'

/** Who did it: a user, a management key, the command line, or the server itself; and from where, if it was a request. */
export type Actor = {
  readonly kind: 'user' | 'managementKey' | 'accessKey' | 'commandLine' | 'system' | 'anonymous'
  readonly id: string
  readonly source?: Source
}

/** Where a request came from, as far as it may be recorded: canonical address and a shortened user agent. */
export interface Source {
  readonly ip: string
  readonly userAgent: string
  /** True for the program's own callers (command line, direct loopback, listed back ends): totals per address do not count them. */
  readonly isTrusted: boolean
  /** The whole address, for comparing with permitted networks; never recorded. */
  readonly address?: string
}

/** The source of what the command line and background work do. */
export const localSource: Source = Object.freeze({ ip: '', userAgent: '', isTrusted: true })

/** A line of the audit trail before it has an ID. `data` holds facts only: no secret, no address. */
export type NewEvent = Omit<EventRecord, 'id' | 'occurredAtMilliseconds'>

/**
 * Writes one line of the audit trail, in the transaction of what it is about. What test users achieve is not kept (`protocol/core.md` 7.6); what is done to them is, and
 * what failed: that may have been somebody else.
 */
export async function recordEvent(deps: { readonly clock: Clock; readonly random: Random }, tx: Storage, event: NewEvent): Promise<void> {
  const whole = { ...event, id: newId(deps, 'E'), occurredAtMilliseconds: deps.clock.nowMilliseconds() }
  const isByUser = event.actorKind === 'user' && event.outcome === 'success'
  await (isByUser ? tx.events.insertUnlessOfTestUser(whole) : tx.events.insert(whole))
}

/** An event by a user about themselves, or by nobody known: a failure is about the user, and by nobody. */
export function userEvent(input: {
  readonly projectId: string
  readonly type: string
  readonly outcome: EventRecord['outcome']
  /** `''` when the user is not known. */
  readonly userId: string
  readonly source: Source
  readonly data?: Readonly<Record<string, unknown>>
}): NewEvent {
  const { projectId, type, outcome, userId, source } = input
  // Whoever failed has not shown to be the user: the trail must not blame the one who was attacked.
  const isProven = userId !== '' && outcome === 'success'
  const actor = isProven ? { actorKind: 'user', actorId: userId } : { actorKind: 'anonymous', actorId: '' }
  return { projectId, type, outcome, userId, ...actor, ip: source.ip, userAgent: source.userAgent, data: input.data ?? {} }
}

/** An event by an administrator. `data` holds facts only: no secret, no address. */
export function adminEvent(input: {
  readonly projectId: string
  readonly actor: Actor
  readonly type: string
  /** The user it is about, if it is about one. */
  readonly userId?: string
  readonly outcome?: EventRecord['outcome']
  readonly data?: Readonly<Record<string, unknown>>
}): NewEvent {
  const { projectId, actor, type, userId = '', outcome = 'success', data = {} } = input
  const { ip = '', userAgent = '' } = actor.source ?? {}
  return { projectId, type, outcome, userId, actorKind: actor.kind, actorId: actor.id, ip, userAgent, data }
}
