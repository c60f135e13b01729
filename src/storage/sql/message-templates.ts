import { sql } from 'kysely'
import type { Storage } from '../../core/storage.ts'
import type { Connection } from '../connection.ts'
import { changes, prepared } from '../prepared.ts'
import { messageTemplateColumns } from '../tables.ts'
import { unlessTaken } from './unique.ts'

const byId = prepared((db, template: { projectId: string; id: string }) =>
  db
    .selectFrom('message_templates')
    .select(messageTemplateColumns.all)
    .where('project_id', '=', template.projectId)
    .where('id', '=', template.id),
)

const active = prepared((db, template: { projectId: string; kind: string; channel: string }) =>
  db
    .selectFrom('message_templates')
    .select(messageTemplateColumns.all)
    .where('project_id', '=', template.projectId)
    .where('kind', '=', template.kind)
    .where('channel', '=', template.channel)
    .where('is_active', '=', 1),
)

/** Far above what a project may have. */
const maxListed = 1000

export function messageTemplates(connection: Connection): Storage['messageTemplates'] {
  const { db } = connection
  return {
    insert(template) {
      return unlessTaken(connection, ({ db: inner }) =>
        inner.insertInto('message_templates').values(messageTemplateColumns.toRow(template)).execute(),
      )
    },
    async byId(projectId, id) {
      const { rows } = await byId(connection, { projectId, id })
      return rows[0] && messageTemplateColumns.read(rows[0])
    },
    async active(projectId, kind, channel) {
      const { rows } = await active(connection, { projectId, kind, channel })
      return rows[0] && messageTemplateColumns.read(rows[0])
    },
    async list(projectId) {
      const query = db.selectFrom('message_templates').select(messageTemplateColumns.all).where('project_id', '=', projectId)
      const rows = await query.orderBy('kind').orderBy('channel').orderBy('name').limit(maxListed).execute()
      return rows.map(messageTemplateColumns.read)
    },
    async countCharacters(projectId) {
      const { fn } = db
      const query = db.selectFrom('message_templates').where('project_id', '=', projectId)
      const row = await query.select(fn.sum<number | string | null>(sql`length(versions)`).as('characters')).executeTakeFirst()
      return Number(row?.characters ?? 0)
    },
    async update({ projectId, id, name, isActive, isPublic, options, versions, modifiedAt }) {
      const row = messageTemplateColumns.toPartialRow({ name, isActive, isPublic, options, versions, modifiedAt })
      let isThere = false
      const isFree = await unlessTaken(connection, async ({ db: inner }) => {
        const update = inner.updateTable('message_templates').set(row).where('project_id', '=', projectId).where('id', '=', id)
        isThere = changes(await inner.executeQuery(update)) === 1
      })
      return isFree && isThere
    },
    async deactivate(projectId, kind, channel) {
      const update = db.updateTable('message_templates').set({ is_active: 0 }).where('project_id', '=', projectId)
      await update.where('kind', '=', kind).where('channel', '=', channel).where('is_active', '=', 1).execute()
    },
    async delete(projectId, id) {
      const deletion = db.deleteFrom('message_templates').where('project_id', '=', projectId).where('id', '=', id)
      return changes(await db.executeQuery(deletion)) === 1
    },
  }
}
