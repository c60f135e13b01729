import { type Kysely, sql } from 'kysely'
import type { Storage } from '../core/storage.ts'
import type { Connection, Dialect } from './connection.ts'
import { describe } from './describe.ts'
import { accessKeys } from './sql/access-keys.ts'
import { accounts } from './sql/accounts-in-bulk.ts'
import { attempts } from './sql/attempts.ts'
import { attributes } from './sql/attributes.ts'
import { challenges } from './sql/challenges.ts'
import { tellChange } from './sql/changes.ts'
import { credentials } from './sql/credentials.ts'
import { events } from './sql/events.ts'
import { grants } from './sql/grants.ts'
import { imports } from './sql/imports.ts'
import { leases } from './sql/leases.ts'
import { managementKeys } from './sql/management-keys.ts'
import { messageTemplates } from './sql/message-templates.ts'
import { meta } from './sql/meta.ts'
import { outbox } from './sql/outbox.ts'
import { permissions } from './sql/permissions.ts'
import { projects } from './sql/projects.ts'
import { purge } from './sql/purge.ts'
import { roles } from './sql/roles.ts'
import { sessions } from './sql/sessions.ts'
import { signingKeys } from './sql/signing-keys.ts'
import { tenants } from './sql/tenants.ts'
import { users } from './sql/users.ts'
import type { Tables } from './tables.ts'

interface OtherConnections {
  /** Opens the database once more, for reading only and without haste. Where it is absent, as for a database in memory, a snapshot is a transaction. */
  readonly openView?: () => Kysely<Tables>
  /** For searches; closed with the storage. */
  readonly searchDb?: Kysely<Tables>
  /** Runs a transaction, if the database has a better way than that of the query builder. */
  readonly transact?: <T>(run: (tx: Kysely<Tables>) => Promise<T>) => Promise<T>
  /** What tells other processes of changes, and hears of theirs. */
  readonly channel?: Channel
}

/** A way from process to process through the database. */
export interface Channel {
  /** The name of this process on it. */
  readonly origin: string
  listen(onChange: (projectId: string | undefined) => void): () => Promise<void>
}

/** The storage port over an open database. */
export function storageOver(
  db: Kysely<Tables>,
  dialect: Dialect,
  { openView, searchDb, transact, channel }: OtherConnections = {},
): Storage {
  const named = channel && { origin: channel.origin }
  return {
    ...nouns({ db, dialect, ...named, ...(searchDb && { searchDb }) }, channel),
    transaction(run) {
      const runIn = (tx: Kysely<Tables>) => run(inTransaction({ db: tx, dialect, ...named }))
      return transact ? transact(runIn) : db.transaction().execute(runIn)
    },
    snapshot: (run) => snapshot(openView?.(), db, dialect, run),
    async analyze() {
      // SQLite does not look at numbers.
      if (dialect === 'postgres' && openView) await analyze(openView())
    },
    async ping() {
      await db.selectFrom('meta').select('key').limit(1).execute()
    },
    describe: () => describe({ db, dialect }),
    async close() {
      await searchDb?.destroy()
      await db.destroy()
    },
  }
}

function inTransaction(connection: Connection): Storage {
  const refuse = async (): Promise<never> => {
    throw new Error('Not inside a transaction: calls to transaction() do not nest, and only the outer storage can be pinged or closed')
  }
  return { ...nouns(connection), transaction: refuse, snapshot: refuse, analyze: refuse, ping: refuse, describe: refuse, close: refuse }
}

async function analyze(view: Kysely<Tables>): Promise<void> {
  try {
    await sql`analyze users, login_ids, credentials, memberships, role_assignments`.execute(view)
  } finally {
    await view.destroy()
  }
}

async function snapshot<T>(
  view: Kysely<Tables> | undefined,
  db: Kysely<Tables>,
  dialect: Dialect,
  run: (view: Storage) => Promise<T>,
): Promise<T> {
  const transaction = (view ?? db).transaction()
  // SQLite knows no levels: whoever reads in a transaction sees one state.
  const steady = dialect === 'postgres' ? transaction.setIsolationLevel('repeatable read').setAccessMode('read only') : transaction
  try {
    return await steady.execute((tx) => run(inTransaction({ db: tx, dialect })))
  } finally {
    await view?.destroy()
  }
}

function nouns(connection: Connection, channel?: Channel) {
  return {
    projects: projects(connection),
    users: users(connection),
    credentials: credentials(connection),
    challenges: challenges(connection),
    sessions: sessions(connection),
    attempts: attempts(connection),
    signingKeys: signingKeys(connection),
    managementKeys: managementKeys(connection),
    events: events(connection),
    outbox: outbox(connection),
    tenants: tenants(connection),
    permissions: permissions(connection),
    roles: roles(connection),
    grants: grants(connection),
    accessKeys: accessKeys(connection),
    attributes: attributes(connection),
    messageTemplates: messageTemplates(connection),
    accounts: accounts(connection),
    imports: imports(connection),
    leases: leases(connection),
    changes: {
      tell: (projectId: string) => tellChange(connection, projectId),
      listen: channel?.listen ?? (() => async () => undefined),
    },
    meta: meta(connection),
    purge: (now: number, limit: number) => purge(connection, now, limit),
  }
}
