import { attributeCheck } from '../../core/attributes.ts'
import type { Deps } from '../../core/deps.ts'
import { AuthError, coreErrors } from '../../core/errors.ts'
import { findManagedUser } from '../../core/managed-users.ts'
import type { HashCaller } from '../../core/password/hash.ts'
import type { UserWithLoginIds } from '../../core/storage.ts'
import { canonicalLoginId } from '../../core/users.ts'
import { type Administration, findOne } from './change.ts'
import { createUser, type NewUser } from './create.ts'
import type { UserFields } from './fields.ts'
import { type Invitation, inviteAgain } from './invite.ts'
import { patchUser } from './write.ts'

/** Most users of one batch. */
export const maxBatch = 500

/** Throws `InvalidRequest` that says how many users a call may be about. */
export function assertBatch(users: readonly unknown[]): void {
  if (users.length > maxBatch)
    throw coreErrors.InvalidRequest({ message: `There are ${users.length} users in one call; at most ${maxBatch} are taken` })
}

/** One user of a batch, or what is the matter with them. */
export type Entry<Given> = { readonly given: Given } | { readonly problem: string }

/** How it went with the users of a batch, in their order. One that failed has changed nothing, and fails no other. */
export type Outcome = { readonly account: UserWithLoginIds } | { readonly failure: string }

/** Invites a user: makes them, or sends the invitation once more to one who is invited already. */
export async function inviteUser(deps: Deps, input: InviteUser): Promise<UserWithLoginIds> {
  const { user, invitation, ...call } = input
  const known = await deps.storage.users.byLoginId(call.project.id, canonicalLoginId(user.loginId))
  const isId = !known && (await deps.storage.users.byId(call.project.id, user.loginId)) !== undefined
  if (!known && !isId) return createUser(deps, input)
  const account = await findManagedUser(deps, { projectId: call.project.id, rights: call.rights, loginId: user.loginId })
  return inviteAgain(deps, { ...call, account, invitation })
}

export interface InviteUser extends Administration {
  readonly user: NewUser
  readonly invitation: Invitation
  readonly caller: HashCaller
}

/** Makes users one after another, each in a transaction of its own; with an invitation each is invited. */
export async function createUsers(
  deps: Deps,
  input: Administration & {
    readonly entries: readonly Entry<NewUser>[]
    readonly invitation?: Invitation | undefined
    readonly caller: HashCaller
  },
): Promise<readonly Outcome[]> {
  const { entries, invitation, ...call } = input
  assertBatch(entries)
  const checkAttributes = await attributeCheck(deps.storage, call.project.id, 'user')
  return eachOf(entries, (user) =>
    invitation ? inviteUser(deps, { ...call, user, invitation }) : createUser(deps, { ...call, user, checkAttributes }),
  )
}

/** Patches users one after another, each in a transaction of its own. */
export async function patchUsers(
  deps: Deps,
  input: Administration & { readonly entries: readonly Entry<{ readonly loginId: string; readonly fields: UserFields }>[] },
): Promise<readonly Outcome[]> {
  const { entries, ...call } = input
  assertBatch(entries)
  return eachOf(entries, async ({ loginId, fields }) =>
    patchUser(deps, { ...(await findOne(deps, call, { loginId })), named: loginId, fields }),
  )
}

async function eachOf<Given>(
  entries: readonly Entry<Given>[],
  act: (given: Given) => Promise<UserWithLoginIds>,
): Promise<readonly Outcome[]> {
  const outcomes: Outcome[] = []
  let trouble: AuthError | undefined
  for (const entry of entries) {
    if ('problem' in entry || trouble) {
      outcomes.push({ failure: 'problem' in entry ? entry.problem : (trouble?.message ?? '') })
      continue
    }
    try {
      outcomes.push({ account: await act(entry.given) })
    } catch (error) {
      if (!(error instanceof AuthError)) throw error
      // When the server itself has trouble, the rest would fare no better. A 503 says that nothing has happened (RL-05), so that it is for the first user only.
      if (error.spec.status >= 500) trouble = error
      if (trouble && !outcomes.some((outcome) => 'account' in outcome)) throw trouble
      outcomes.push({ failure: error.message })
    }
  }
  return outcomes
}
