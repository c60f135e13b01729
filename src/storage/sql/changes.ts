import { sql } from 'kysely'
import type { Connection } from '../connection.ts'

export const changesChannel = 'postern_changes'

/** What is said on the channel: words with spaces between. Versions that come later may say other things. */
const projectChanged = 'project'

export function changeText(projectId: string, origin: string): string {
  return `${projectChanged} ${projectId} ${origin}`
}

/** The project of a change by another process. */
export function changedProject(text: string, ownOrigin: string): string | undefined {
  const [kind, projectId, origin, ...rest] = text.split(' ')
  return kind === projectChanged && origin !== ownOrigin && rest.length === 0 ? projectId : undefined
}

/** Tells other processes, where there is a channel. */
export async function tellChange({ db, origin }: Connection, projectId: string): Promise<void> {
  if (origin !== undefined) await sql`select pg_notify(${changesChannel}, ${changeText(projectId, origin)})`.execute(db)
}
