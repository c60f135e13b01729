import { type ExpressionBuilder, sql } from 'kysely'
import type { Storage } from '../../core/storage.ts'
import type { Connection } from '../connection.ts'
import { changes, prepared } from '../prepared.ts'
import { sessionColumns, type Tables } from '../tables.ts'
import { accountSelection, readAccount } from './accounts.ts'

/** Not ended and not expired. The zero is part of the text, so that the partial indexes serve. */
function isLive(now: number) {
  return (eb: ExpressionBuilder<Tables, 'sessions'>) =>
    eb.and([eb('sessions.ended_at', '=', sql.lit(0)), eb('sessions.expires_at', '>', now)])
}

const insert = prepared((db, row: Tables['sessions']) => db.insertInto('sessions').values(sessionColumns.copy(row)))

const withUser = prepared((db, session: { projectId: string; id: string }) =>
  db
    .selectFrom('sessions')
    .innerJoin('users', (join) => join.onRef('users.project_id', '=', 'sessions.project_id').onRef('users.id', '=', 'sessions.user_id'))
    .select(accountSelection)
    .select(sessionColumns.all)
    .where('sessions.project_id', '=', session.projectId)
    .where('sessions.id', '=', session.id),
)

const rotate = prepared((db, session: { projectId: string; id: string; generation: number; now: number }) =>
  db
    .updateTable('sessions')
    .set((eb) => ({ generation: eb('generation', '+', 1), rotated_at: session.now, refreshed_at: session.now }))
    .where('project_id', '=', session.projectId)
    .where('id', '=', session.id)
    .where('generation', '=', session.generation)
    .where(isLive(session.now)),
)

const touch = prepared((db, session: { projectId: string; id: string; now: number }) =>
  db
    .updateTable('sessions')
    .set({ refreshed_at: session.now })
    .where('project_id', '=', session.projectId)
    .where('id', '=', session.id)
    .where(isLive(session.now)),
)

const settlePasswordDue = prepared((db, session: { projectId: string; id: string }) =>
  db.updateTable('sessions').set({ password_due_at: 0 }).where('project_id', '=', session.projectId).where('id', '=', session.id),
)

const end = prepared((db, session: { projectId: string; id: string; reason: string; now: number }) =>
  db
    .updateTable('sessions')
    .set({ ended_at: session.now, ended_reason: session.reason })
    .where('project_id', '=', session.projectId)
    .where('id', '=', session.id)
    .where(isLive(session.now)),
)

/** No session has the ID `''`, so that it excepts none. */
const endAllForUser = prepared((db, user: { projectId: string; id: string; reason: string; now: number; exceptId: string }) =>
  db
    .updateTable('sessions')
    .set({ ended_at: user.now, ended_reason: user.reason })
    .where('project_id', '=', user.projectId)
    .where('user_id', '=', user.id)
    .where('id', '<>', user.exceptId)
    .where(isLive(user.now)),
)

const listForUser = prepared((db, user: { projectId: string; id: string; now: number }) =>
  db
    .selectFrom('sessions')
    .select(sessionColumns.all)
    .where('project_id', '=', user.projectId)
    .where('user_id', '=', user.id)
    .where(isLive(user.now))
    .orderBy('created_at', 'desc')
    .orderBy('id', 'desc'),
)

const endOverdueResets = prepared((db, overdue: { now: number; reason: string }) =>
  db
    .updateTable('sessions')
    .set({ ended_at: overdue.now, ended_reason: overdue.reason })
    .where('ended_at', '=', sql.lit(0))
    .where((eb) =>
      eb(
        eb.refTuple('sessions.project_id', 'sessions.user_id'),
        'in',
        eb
          .selectFrom('sessions as reset')
          .select(['reset.project_id', 'reset.user_id'])
          .where('reset.ended_at', '=', sql.lit(0))
          .where('reset.password_due_at', '>', sql.lit(0))
          .where('reset.password_due_at', '<=', overdue.now)
          .$asTuple('project_id', 'user_id'),
      ),
    ),
)

/** Those that live longest come first: they are the ones that are old. */
const liveIssuedBefore = prepared((db, at: { projectId: string; before: number; now: number }) =>
  db
    .selectFrom('sessions')
    .select('sessions.id')
    .where('project_id', '=', at.projectId)
    .where('rotated_at', '<', at.before)
    .where(isLive(at.now))
    .orderBy('sessions.expires_at', 'desc')
    .limit(1),
)

const countLive = prepared((db, at: { now: number }) =>
  db
    .selectFrom('sessions')
    .select((eb) => eb.fn.countAll<number>().as('count'))
    .where(isLive(at.now)),
)

export function sessions(connection: Connection): Storage['sessions'] {
  return {
    async insert(session) {
      await insert(connection, sessionColumns.toRow(session))
    },
    async withUser(projectId, id) {
      const { rows } = await withUser(connection, { projectId, id })
      return rows[0] && { ...readAccount(rows[0]), session: sessionColumns.read(rows[0]) }
    },
    async rotate(projectId, id, generation, now) {
      return changes(await rotate(connection, { projectId, id, generation, now })) === 1
    },
    async touch(projectId, id, now) {
      return changes(await touch(connection, { projectId, id, now })) === 1
    },
    async settlePasswordDue(projectId, id) {
      await settlePasswordDue(connection, { projectId, id })
    },
    async setClaims(projectId, id, given, now) {
      const update = connection.db.updateTable('sessions').set(sessionColumns.toPartialRow(given))
      const live = update.where('project_id', '=', projectId).where('id', '=', id).where(isLive(now))
      return changes(await connection.db.executeQuery(live)) === 1
    },
    async end(projectId, id, reason, now) {
      return changes(await end(connection, { projectId, id, reason, now })) === 1
    },
    async endAllForUser(projectId, userId, reason, now, exceptId = '') {
      return changes(await endAllForUser(connection, { projectId, id: userId, reason, now, exceptId }))
    },
    async listForUser(projectId, userId, now) {
      const { rows } = await listForUser(connection, { projectId, id: userId, now })
      return rows.map(sessionColumns.read)
    },
    async endOverdueResets(now) {
      return changes(await endOverdueResets(connection, { now, reason: 'resetUnfinished' }))
    },
    async hasLiveIssuedBefore(projectId, before, now) {
      const { rows } = await liveIssuedBefore(connection, { projectId, before, now })
      return rows.length > 0
    },
    async countLive(now) {
      const { rows } = await countLive(connection, { now })
      return rows[0]?.count ?? 0
    },
  }
}
