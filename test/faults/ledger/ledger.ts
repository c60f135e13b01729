import { closeSync, fsyncSync, openSync, readFileSync, writeSync } from 'node:fs'

/**
 * What the server has acknowledged, written down by the client that was told (security bar, section 2). A line that says `done` is on disk before it counts.
 */

export type Operation = 'signUp' | 'update' | 'replace' | 'refresh'

export type Entry =
  /** A request is on its way. */
  | { readonly kind: 'trying'; readonly what: Operation; readonly loginId: string; readonly password?: string }
  /** The server said yes. Absent members are as before. */
  | { readonly kind: 'done'; readonly loginId: string; readonly password?: string; readonly refreshJwt?: string }
  /** The server said no: nothing has changed. */
  | { readonly kind: 'refused'; readonly loginId: string }
  /** The sign-up that was under way did not happen. */
  | { readonly kind: 'absent'; readonly loginId: string }

/** What must be true of one account. */
export interface Account {
  readonly loginId: string
  /** Absent until the sign-up is acknowledged. */
  readonly password?: string
  readonly refreshJwt?: string
  /** The request whose answer never came: both outcomes are right. */
  readonly trying?: { readonly what: Operation; readonly password?: string }
}

export interface Ledger {
  readonly accounts: ReadonlyMap<string, Account>
  record(entry: Entry): void
  close(): void
}

/** Opens a ledger file for appending. The client runs the same rules as the replay, so that both mean the same. */
export function openLedger(file: string): Ledger {
  const descriptor = openSync(file, 'a', 0o600)
  const accounts = new Map<string, Account>()
  return {
    accounts,
    record(entry) {
      writeSync(descriptor, `${JSON.stringify(entry)}\n`)
      if (entry.kind === 'done') fsyncSync(descriptor)
      apply(accounts, entry)
    },
    close: () => closeSync(descriptor),
  }
}

/** Reads a ledger file from its beginning. */
export function replay(file: string): ReadonlyMap<string, Account> {
  const accounts = new Map<string, Account>()
  for (const line of readFileSync(file, 'utf8').split('\n')) if (line !== '') apply(accounts, JSON.parse(line))
  return accounts
}

function apply(accounts: Map<string, Account>, entry: Entry): void {
  const { trying: _, ...settled } = accounts.get(entry.loginId) ?? { loginId: entry.loginId }
  const isNobody = entry.kind === 'absent' || (entry.kind === 'refused' && settled.password === undefined)
  if (isNobody) accounts.delete(entry.loginId)
  else accounts.set(entry.loginId, { ...settled, ...changesOf(entry) })
}

function changesOf(entry: Exclude<Entry, { kind: 'absent' }>): Partial<Account> {
  if (entry.kind === 'refused') return {}
  const password = entry.password === undefined ? {} : { password: entry.password }
  if (entry.kind === 'trying') return { trying: { what: entry.what, ...password } }
  return { ...password, ...(entry.refreshJwt === undefined ? {} : { refreshJwt: entry.refreshJwt }) }
}
