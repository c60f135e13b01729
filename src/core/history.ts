import type { EventRecord, Storage } from './storage.ts'

/** One sign-in, as its user and administrators may see it. */
export interface SignIn {
  readonly userId: string
  readonly signedInAt: number
  readonly ip: string
  /** The tenant that the session was for, `''` if none. */
  readonly tenantId: string
}

/** How far back the history of a user goes. */
const maxSignIns = 100

/** The latest sign-ins of a user, newest first, at most 100. */
export async function signInsOf(storage: Pick<Storage, 'events'>, projectId: string, userId: string): Promise<readonly SignIn[]> {
  const events = await storage.events.forUser(projectId, userId, { types: ['session.start'], limit: maxSignIns })
  return events.map(signInOf)
}

function signInOf({ userId, occurredAtMilliseconds, ip, data }: EventRecord): SignIn {
  const { tenantId } = data
  return { userId, signedInAt: Math.floor(occurredAtMilliseconds / 1000), ip, tenantId: typeof tenantId === 'string' ? tenantId : '' }
}
