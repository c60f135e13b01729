import type { Deps } from '../../core/deps.ts'
import { type Device, deviceOf, devices } from '../../core/devices.ts'
import { coreErrors } from '../../core/errors.ts'
import type { EventFilter, EventRecord, Found } from '../../core/storage.ts'
import { canonicalLoginId } from '../../core/users.ts'
import { actionOf, eventsNamed, eventsNamedLike } from './actions.ts'
import { auditErrors } from './errors.ts'
import { eventsByMethod, methodOf } from './methods.ts'

const dayMilliseconds = 86_400_000

/** How far a search goes back unless it says so, and how long the time may be that it is about. */
export const defaultRangeDays = 30
export const maxRangeDays = 366

export const maxPageSize = 200
const maxOffset = 10_000

/** A search of the audit trail. Every filter that is there must match; an empty list is one that nothing matches. */
export interface AuditSearch {
  readonly projectId: string
  /** Milliseconds since the epoch, both ends included. By default the last 30 days. */
  readonly from?: number | undefined
  readonly to?: number | undefined
  readonly userIds?: readonly string[] | undefined
  /** Login IDs that users have now, in any form. */
  readonly loginIds?: readonly string[] | undefined
  readonly excludedLoginIds?: readonly string[] | undefined
  readonly actorIds?: readonly string[] | undefined
  /** Names of the contract, types of ours, or names that applications chose. */
  readonly actions?: readonly string[] | undefined
  readonly excludedActions?: readonly string[] | undefined
  readonly outcome?: EventRecord['outcome'] | undefined
  /** Kinds of devices, in any case. */
  readonly devices?: readonly string[] | undefined
  readonly methods?: readonly string[] | undefined
  readonly ips?: readonly string[] | undefined
  readonly tenantIds?: readonly string[] | undefined
  /** With `tenantIds`: events about no tenant too. */
  readonly withoutTenant?: boolean | undefined
  /** Anywhere in the event, its name or a login ID of its user, without regard to case. */
  readonly text?: string | undefined
  readonly isOldestFirst?: boolean | undefined
  readonly limit: number
  readonly offset: number
}

/** An event as an auditor reads it. */
export interface AuditEntry {
  readonly event: EventRecord
  readonly action: string
  readonly device: Device
  readonly method: string
  /** Of the user it is about, as they are now; of a user who is gone nothing is known. */
  readonly loginIds: readonly string[]
  /** That it names, and that its user is in now. */
  readonly tenantIds: readonly string[]
}

/** Searches the audit trail, in bounded time and pages (MG-07). Throws `InvalidRequest` for a time or a page out of bounds, and `TooManyEvents`. */
export async function searchAudit(deps: Pick<Deps, 'storage' | 'clock'>, search: AuditSearch): Promise<Found<AuditEntry>> {
  const { projectId, offset, isOldestFirst = false } = search
  const limit = Math.min(Math.max(1, search.limit), maxPageSize)
  if (offset > maxOffset) throw coreErrors.InvalidRequest({ message: `A page begins at most at ${maxOffset}; narrow the search` })
  const range = rangeOf(search, deps.clock.nowMilliseconds())
  const filter = await filterOf(deps, search)
  const found = await deps.storage.events.search(projectId, { ...range, filter, isOldestFirst, limit, offset })
  if (!found) throw auditErrors.TooManyEvents()
  return { items: await entriesOf(deps, projectId, found.items), total: found.total }
}

function rangeOf({ from, to }: AuditSearch, now: number): { readonly from: number; readonly to: number } {
  const end = to ?? now
  const start = from ?? end - defaultRangeDays * dayMilliseconds
  if (end - start > maxRangeDays * dayMilliseconds) {
    throw coreErrors.InvalidRequest({ message: `The time from the from field to the to field is at most ${maxRangeDays} days` })
  }
  return { from: start, to: end }
}

async function filterOf(deps: Pick<Deps, 'storage'>, search: AuditSearch): Promise<EventFilter> {
  const { projectId, userIds, actorIds, outcome, ips, tenantIds, withoutTenant, actions, methods, text } = search
  const usersOf = (loginIds: readonly string[] | undefined) => loginIds && idsOfLogins(deps, projectId, loginIds)
  const named = await usersOf(search.loginIds)
  const excluded = await usersOf(search.excludedLoginIds)
  const patterns = [actions?.flatMap(eventsNamed), methods && eventsByMethod(methods)].filter((list) => list !== undefined)
  const kinds = search.devices?.map((name) => name.toLowerCase())
  return {
    ...(userIds || named ? { userIds: both(userIds, named) } : {}),
    ...(excluded ? { excludedUserIds: excluded } : {}),
    ...(actorIds ? { actorIds } : {}),
    ...(outcome ? { outcome } : {}),
    ...(ips ? { ips } : {}),
    ...(kinds ? { devices: devices.filter((device) => kinds.includes(device.toLowerCase())) } : {}),
    ...(patterns.length > 0 ? { anyOf: patterns } : {}),
    ...(search.excludedActions ? { noneOf: search.excludedActions.flatMap(eventsNamed) } : {}),
    ...(tenantIds ? { tenantIds, withoutTenant: withoutTenant ?? false } : {}),
    ...(text ? { text: await textOf(deps, projectId, text) } : {}),
  }
}

function both(some: readonly string[] | undefined, others: readonly string[] | undefined): readonly string[] {
  if (!some || !others) return some ?? others ?? []
  return some.filter((one) => others.includes(one))
}

async function idsOfLogins(deps: Pick<Deps, 'storage'>, projectId: string, loginIds: readonly string[]): Promise<readonly string[]> {
  const filter = { testUsers: 'too', loginIds: loginIds.map(canonicalLoginId) } as const
  const { items } = await deps.storage.users.search(projectId, { filter, sort: [], limit: maxPageSize, offset: 0 })
  return items.map(({ user }) => user.id)
}

async function textOf(deps: Pick<Deps, 'storage'>, projectId: string, text: string): Promise<NonNullable<EventFilter['text']>> {
  const lower = text.replace(/[A-Z]/g, (letter) => letter.toLowerCase())
  return { lower, patterns: eventsNamedLike(text), userIds: await idsOfLogins(deps, projectId, [text]) }
}

async function entriesOf(deps: Pick<Deps, 'storage'>, projectId: string, events: readonly EventRecord[]): Promise<readonly AuditEntry[]> {
  const ids = [...new Set(events.map(({ userId }) => userId).filter((id) => id !== ''))]
  const users = new Map((await deps.storage.users.byIds(projectId, ids)).map((account) => [account.user.id, account]))
  return events.map((event) => {
    const account = users.get(event.userId)
    const named = typeof event.data.tenantId === 'string' && event.data.tenantId !== '' ? [event.data.tenantId] : []
    const tenantIds = [...new Set([...named, ...(account?.tenants.map(({ tenantId }) => tenantId) ?? [])])]
    const loginIds = account?.loginIds.map(({ shown }) => shown) ?? []
    return { event, action: actionOf(event), device: deviceOf(event.userAgent), method: methodOf(event), loginIds, tenantIds }
  })
}
