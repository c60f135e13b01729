import type { Deps } from '../../core/deps.ts'
import { coreErrors } from '../../core/errors.ts'
import { type Source, userEvent } from '../../core/events.ts'
import type { Project } from '../../core/projects.ts'
import type { LiveSession } from '../../core/sessions.ts'
import type { Storage } from '../../core/storage.ts'
import { passwordSettingsFor } from '../../core/tenant-settings.ts'
import { together } from '../../core/together.ts'
import { canonicalLoginId } from '../../core/users.ts'
import { prepareChange, storeChange } from './change.ts'
import { passwordErrors } from './errors.ts'

export interface UpdatePassword {
  readonly project: Project
  readonly live: LiveSession
  readonly loginId: string
  readonly newPassword: string
  readonly source: Source
  readonly signal: AbortSignal
}

/**
 * Sets a new password for the user of a session, without the old one. The session stays; every other one of the user ends. The login ID must be the
 * user's own, and with `updateMaxAgeSeconds` the sign-in must be that fresh, or have been made by a reset link (PW-10).
 */
export async function updatePassword(deps: Deps, input: UpdatePassword): Promise<void> {
  const { project, live, source } = input
  const { enabled, updateMaxAgeSeconds: maxAge } = passwordSettingsFor(project, live)
  if (!project.settings.password.enabled || !enabled) throw passwordErrors.MethodDisabled()
  const canonical = canonicalLoginId(input.loginId)
  if (!live.loginIds.some((loginId) => loginId.canonical === canonical)) {
    throw coreErrors.InvalidArguments({ message: 'The loginId field is not a login ID of the signed-in user' })
  }
  const isReset = live.session.passwordDueAt > 0
  if (maxAge > 0 && !isReset && live.session.authenticatedAt + maxAge < deps.clock.nowSeconds()) throw coreErrors.StaleSession()

  const change = await prepareChange(deps, {
    project,
    account: live,
    newPassword: input.newPassword,
    caller: { signal: input.signal, source },
  })
  const userId = live.user.id
  const event = userEvent({ projectId: project.id, type: 'password.update', outcome: 'success', userId, source, data: { isReset } })
  await deps.storage.transaction((tx) =>
    together(storeChange(deps, tx, change, { project, keepSessionId: live.session.id, event }), assertLive(tx, live)),
  )
  deps.outbox.wake()
}

/** Looks behind the lock of the user, which the change begins with. */
async function assertLive(tx: Storage, { session: { projectId, id } }: LiveSession): Promise<void> {
  const found = await tx.sessions.withUser(projectId, id)
  if (!found || found.session.endedAt > 0) throw coreErrors.InvalidSession({ log: 'ended while the password was set' })
}
