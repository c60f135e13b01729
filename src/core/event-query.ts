import type { Device } from './devices.ts'

/** Events of a type, or of types that begin so, of an outcome, whose data as JSON text hold one of the texts. */
export interface EventPattern {
  readonly type: string
  readonly isPrefix?: boolean
  readonly outcome?: 'success' | 'failure'
  readonly dataHolds?: readonly string[]
}

/** Which events: those that match every filter that is given. An empty list is a filter that nothing matches. */
export interface EventFilter {
  readonly userIds?: readonly string[]
  readonly excludedUserIds?: readonly string[]
  readonly actorIds?: readonly string[]
  readonly outcome?: 'success' | 'failure'
  readonly ips?: readonly string[]
  readonly devices?: readonly Device[]
  /** Of each list, any. */
  readonly anyOf?: readonly (readonly EventPattern[])[]
  /** None of these. */
  readonly noneOf?: readonly EventPattern[]
  /** Events about any of these tenants: `tenantId` in their data, or a user who is in the tenant now. */
  readonly tenantIds?: readonly string[]
  /** Beside these, events about no tenant at all. */
  readonly withoutTenant?: boolean
  /** Events that hold the text somewhere, without regard to the case of ASCII letters; or are one of these; or are about one of these users. */
  readonly text?: { readonly lower: string; readonly patterns: readonly EventPattern[]; readonly userIds: readonly string[] }
}

export interface EventQuery {
  readonly filter: EventFilter
  /** Milliseconds since the epoch, both ends included. */
  readonly from: number
  readonly to: number
  /** Newest first otherwise. */
  readonly isOldestFirst: boolean
  /** At most 200. */
  readonly limit: number
  readonly offset: number
}
