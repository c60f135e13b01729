import type { Deps } from '../../core/deps.ts'
import { coreErrors } from '../../core/errors.ts'
import { changeUser, type OneUser } from './change.ts'

/** Marks the user's e-mail address as proven, by hand. Throws `InvalidArguments` when there is none. */
export async function verifyUser(deps: Deps, input: OneUser): Promise<void> {
  await changeUser(deps, input, async (_tx, { user }) => {
    if (user.email === '') throw coreErrors.InvalidArguments({ message: 'The user has no e-mail address' })
    return { type: 'user.verify', changes: { isEmailVerified: true } }
  })
}
