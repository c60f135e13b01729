import { z } from 'zod'
import { isUpdate, lockForUpdate, type PreparedUpdate, prepareUpdate } from './address-updates.ts'
import type { Deps } from './deps.ts'
import { newVouchedUser, storeVouchedUser, VouchedUser } from './new-users.ts'
import { newPasswordCredential, passwordKind } from './password/credential.ts'
import type { Project } from './projects.ts'
import { mayRedeem } from './sign-in-challenges.ts'
import type { ChallengeRecord, Storage, UserWithLoginIds } from './storage.ts'
import { canonicalLoginId } from './users.ts'

/** Who redeems a one-time secret: a user, or somebody who becomes one by it. Until a sign-up is redeemed there is no user, so that nobody can occupy the address of another. */

/** What the challenge of a sign-up remembers. */
const SignUpData = z.object({
  user: VouchedUser,
  /** Whether whoever has the login ID by now may use the secret too. */
  mayExist: z.boolean().default(false),
  /** Of the password that they signed up with. */
  passwordHash: z.string().optional(),
})

/** Who a secret is for, and whether redeeming it makes them. */
export interface Redeemer {
  /** As they will be. */
  readonly account: UserWithLoginIds
  readonly isNew: boolean
  /** Of a password that they get with the account. */
  readonly passwordHash?: string | undefined
  /** What redeeming changes of them beside. */
  readonly update?: PreparedUpdate
}

/** Finds who may redeem a proven challenge. `undefined` when nobody may: the user is gone or barred, has another address by now, or somebody has taken the login ID. */
export async function findRedeemer(
  deps: Deps,
  project: Project,
  challenge: ChallengeRecord,
  /** The session that was shown with the secret, where one was. */
  shownSessionId?: string,
): Promise<Redeemer | undefined> {
  if (isUpdate(challenge)) {
    const update = await prepareUpdate(deps, project, challenge, shownSessionId)
    return update && { account: update.account, isNew: false, update }
  }
  const signUp = challenge.userId === '' ? SignUpData.safeParse(challenge.data).data : undefined
  if (!signUp) {
    const account = await deps.storage.users.byId(project.id, challenge.userId)
    return account && mayRedeem(challenge, account) ? { account, isNew: false } : undefined
  }
  const account = await deps.storage.users.byLoginId(project.id, canonicalLoginId(signUp.user.loginId))
  if (!account) {
    const { passwordHash } = signUp
    const made = newVouchedUser(deps, project, signUp.user)
    const credentialKinds = passwordHash === undefined ? [] : [passwordKind]
    return { account: { ...made, credentialKinds }, isNew: true, passwordHash }
  }
  return signUp.mayExist && mayRedeem(challenge, account) ? { account, isNew: false } : undefined
}

/** Locks the user, or makes them. Part of the caller's transaction, before the challenge is spent. False when somebody else has the login ID by now, or the user is gone: roll back then. */
export async function enterRedeemer(tx: Storage, project: Project, redeemer: Redeemer): Promise<boolean> {
  const { account, isNew, update, passwordHash: hash } = redeemer
  if (update) return lockForUpdate(tx, update)
  if (isNew) {
    const { id: userId, createdAt: now } = account.user
    if (!(await storeVouchedUser(tx, project, account))) return false
    return hash === undefined || tx.credentials.insert(newPasswordCredential({ projectId: project.id, userId, hash, now }))
  }
  return (await tx.users.lock(project.id, account.user.id)) !== undefined
}
