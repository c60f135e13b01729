import { sql } from 'kysely'
import type { Storage } from '../../core/storage.ts'
import type { Connection } from '../connection.ts'
import { changes, prepared } from '../prepared.ts'
import { challengeColumns, type Tables } from '../tables.ts'

const insert = prepared((db, row: Tables['challenges']) => db.insertInto('challenges').values(challengeColumns.copy(row)))

const byId = prepared((db, challenge: { projectId: string; id: string }) =>
  db.selectFrom('challenges').select(challengeColumns.all).where('project_id', '=', challenge.projectId).where('id', '=', challenge.id),
)

const spend = prepared((db, challenge: { projectId: string; id: string; now: number }) =>
  db
    .deleteFrom('challenges')
    .where('project_id', '=', challenge.projectId)
    .where('id', '=', challenge.id)
    .where('expires_at', '>', challenge.now),
)

/** Part of the text, so that the partial index serves. */
const nobody = sql.lit('')

export function challenges(connection: Connection): Storage['challenges'] {
  return {
    async insert(challenge) {
      await insert(connection, challengeColumns.toRow(challenge))
    },
    async byId(projectId, id) {
      const { rows } = await byId(connection, { projectId, id })
      return rows[0] && challengeColumns.read(rows[0])
    },
    async newestForUser(projectId, userId, purpose) {
      const query = connection.db.selectFrom('challenges').select(challengeColumns.all).where('project_id', '=', projectId)
      const ofUser = query.where('user_id', '=', userId).where('purpose', '=', purpose)
      const row = await ofUser.orderBy('created_at', 'desc').orderBy('id', 'desc').limit(1).executeTakeFirst()
      return row && challengeColumns.read(row)
    },
    async newestForLoginId(projectId, loginId, purpose) {
      const query = connection.db.selectFrom('challenges').select(challengeColumns.all).where('project_id', '=', projectId)
      const ofLoginId = query.where('login_id', '=', loginId).where('login_id', '<>', nobody).where('purpose', '=', purpose)
      const row = await ofLoginId.orderBy('created_at', 'desc').orderBy('id', 'desc').limit(1).executeTakeFirst()
      return row && challengeColumns.read(row)
    },
    async deleteForLoginId(projectId, loginId, purposes) {
      if (purposes.length === 0) return
      const all = connection.db.deleteFrom('challenges').where('project_id', '=', projectId).where('login_id', '=', loginId)
      await all.where('login_id', '<>', nobody).where('purpose', 'in', purposes).execute()
    },
    async setData(projectId, id, data, now) {
      const update = connection.db.updateTable('challenges').set(challengeColumns.toPartialRow({ data }))
      const live = update.where('project_id', '=', projectId).where('id', '=', id).where('expires_at', '>', now)
      return changes(await connection.db.executeQuery(live)) === 1
    },
    async spend(projectId, id, now) {
      return changes(await spend(connection, { projectId, id, now })) === 1
    },
    async deleteForUser(projectId, userId, purposes) {
      if (purposes?.length === 0) return
      const own = connection.db
        .selectFrom('login_ids')
        .select('canonical')
        .where('project_id', '=', projectId)
        .where('user_id', '=', userId)
      const all = connection.db
        .deleteFrom('challenges')
        .where('project_id', '=', projectId)
        .where((is) => {
          // Those from before the user was one.
          const earlier = is.and([is('login_id', '<>', nobody), is('login_id', 'in', own)])
          return is.or([is('user_id', '=', userId), earlier])
        })
      await (purposes ? all.where('purpose', 'in', purposes) : all).execute()
    },
  }
}
