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
    .set((eb) => ({ data: row.data, modified_at: row.modified_at, version: eb('version', '+', 1) }))
    .where('project_id', '=', row.project_id)
    .where('user_id', '=', row.user_id)
    .where('kind', '=', row.kind)
    .where('lookup', '=', row.lookup)
    .where('version', '=', row.expected),
)

export function credentials(connection: Connection): Storage['credentials'] {
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
  }
}
