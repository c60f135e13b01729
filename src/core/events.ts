import type { EventRecord } from './storage.ts'

/** Who did it: a user, a management key, the command line, or the server itself. */
export type Actor = { readonly kind: 'user' | 'managementKey' | 'commandLine' | 'system' | 'anonymous'; readonly id: string }

/** Where a request came from, as far as it may be recorded: canonical address and a shortened user agent. */
export interface Source {
  readonly ip: string
  readonly userAgent: string
  /** True for the program's own callers (command line, direct loopback, listed back ends): totals per address do not count them. */
  readonly isTrusted: boolean
}

/** The source of what the command line and background work do. */
export const localSource: Source = Object.freeze({ ip: '', userAgent: '', isTrusted: true })

/** A line of the audit trail before it has an ID. `data` holds facts only: no secret, no address. */
export type NewEvent = Omit<EventRecord, 'id' | 'occurredAtMilliseconds'>
