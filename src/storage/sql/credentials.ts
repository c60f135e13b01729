import { sql } from 'kysely'
import type { Storage } from '../../core/storage.ts'
import type { Connection } from '../connection.ts'
import { changes, prepared } from '../prepared.ts'
import { credentialColumns, type Tables } from '../tables.ts'

const get = prepared((db, name: { projectId: string; userId: string; kind: string; lookup: string }) =>
  db
    .selectFrom('credentials')
    .select(credentialColumns.all)
    .where('project_id', '=', name.projectId)
    .where('user_id', '=', name.userId)
    .where('kind', '=', name.kind)
    .where('lookup', '=', name.lookup),
)

const insert = prepared((db, row: Tables['credentials']) =>
  db
    .insertInto('credentials')
    .values({ ...credentialColumns.copy(row), version: 1 })
    .onConflict((conflict) => conflict.doNothing()),
)

const swap = prepared((db, row: Tables['credentials'] & { expected: number }) =>
  db
    .updateTable('credentials')
    .set((eb) => ({
      data: row.data,
      origin: row.origin,
      is_foreign: row.is_foreign,
      modified_at: row.modified_at,
      version: eb('version', '+', 1),
    }))
    .where('project_id', '=', row.project_id)
    .where('user_id', '=', row.user_id)
    .where('kind', '=', row.kind)
    .where('lookup', '=', row.lookup)
    .where('version', '=', row.expected),
)

/** The condition is part of the text, so that the partial index serves. */
const countImported = prepared((db, project: { id: string }) =>
  db
    .selectFrom('credentials')
    .select((eb) => ['origin', 'is_foreign', eb.fn.countAll<number>().as('count')])
    .where('project_id', '=', project.id)
    .where('origin', '<>', sql.lit(''))
    .groupBy(['origin', 'is_foreign'])
    .orderBy('origin')
    .orderBy('is_foreign'),
)

export function credentials(connection: Connection): Storage['credentials'] {
  const { db } = connection
  return {
    async get(projectId, userId, kind, lookup) {
      const { rows } = await get(connection, { projectId, userId, kind, lookup })
      return rows[0] && credentialColumns.read(rows[0])
    },
    async insert(credential) {
      return changes(await insert(connection, credentialColumns.toRow(credential))) === 1
    },
    async swap(credential, expectedVersion) {
      return changes(await swap(connection, { ...credentialColumns.toRow(credential), expected: expectedVersion })) === 1
    },
    async list(projectId, userId, kind) {
      const query = db.selectFrom('credentials').select(credentialColumns.all).where('project_id', '=', projectId)
      return (await query.where('user_id', '=', userId).where('kind', '=', kind).orderBy('lookup').execute()).map(credentialColumns.read)
    },
    async delete(projectId, userId, kind, lookup) {
      const all = db.deleteFrom('credentials').where('project_id', '=', projectId).where('user_id', '=', userId).where('kind', '=', kind)
      return changes(await db.executeQuery(lookup === undefined ? all : all.where('lookup', '=', lookup)))
    },
    async countImported(projectId) {
      const { rows } = await countImported(connection, { id: projectId })
      return rows.map((row) => ({ origin: row.origin, isForeign: row.is_foreign === 1, count: Number(row.count) }))
    },
  }
}
