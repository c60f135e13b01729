import { freshName, type RowRequest, type Rows, type World } from './row.ts'

/** A message that was given up, and the request to send it again. */
async function deadLetter({ kit, user }: World): Promise<RowRequest> {
  const id = freshName('Mdead')
  const now = kit.clock.nowSeconds()
  const about = { projectId: kit.projectId, id, kind: 'password.reset', channel: 'email', userId: user.userId, recipientDigest: 'digest' }
  const times = { nextAttemptAt: now, createdAt: now, expiresAt: now + 600, finishedAt: now }
  await kit.auth.deps.storage.outbox.insert({
    ...about,
    ...times,
    sealedContent: 'sealed',
    isUnanswered: false,
    state: 'failed',
    attempts: 1,
    reason: 'refused',
  })
  return { body: { ids: [id] } }
}

export const rows: Rows = {
  'POST /v1/mgmt/message/search': { access: 'management', effect: 'read', request: ({ user }) => ({ body: { userId: user.userId } }) },
  'POST /v1/mgmt/message/retry': { access: 'management', request: deadLetter },
  'GET /v1/mgmt/message/counts': { access: 'management' },
}
