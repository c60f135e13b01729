import { type RawBuilder, sql } from 'kysely'
import { longestLeaseSeconds } from '../../core/process-storage.ts'
import type { Storage } from '../../core/storage.ts'
import type { Connection } from '../connection.ts'
import { changes } from '../prepared.ts'

export function leases({ db, dialect }: Connection): Storage['leases'] {
  // Not the time at which the transaction began: whoever waited for the row looks at the time when it is there.
  const now: RawBuilder<number> = dialect === 'postgres' ? sql`floor(extract(epoch from clock_timestamp()))::bigint` : sql`unixepoch()`
  return {
    async take(name, holder, seconds) {
      const statement = sql`
        insert into leases (name, holder, expires_at) values (${name}, ${holder}, ${now} + cast(${seconds} as bigint))
        on conflict (name) do update set holder = excluded.holder, expires_at = excluded.expires_at
        where leases.holder = excluded.holder or leases.expires_at <= ${now} or leases.expires_at > ${now} + ${sql.lit(longestLeaseSeconds)}`
      return changes(await statement.execute(db)) === 1
    },
    async release(name, holder) {
      await db.deleteFrom('leases').where('name', '=', name).where('holder', '=', holder).execute()
    },
  }
}
