import type { RightName } from '../../../src/core/management-keys.ts'
import type { Access } from '../../../src/http/route.ts'
import { goodPassword, type Kit } from '../../kit.ts'

/** One project with users and keys of every kind, and a neighbour. */
export interface World {
  readonly kit: Kit
  readonly other: { readonly projectId: string; readonly managementKey: string; readonly refreshJwt: string }
  /** Management keys by what is the matter with them. */
  readonly keys: {
    readonly revoked: string
    readonly expired: string
    readonly everyRight: string
    readonly readOnly: string
    readonly deniedAll: string
    readonly oneTenant: string
  }
  /** Access keys by what is the matter with them. */
  readonly accessKeys: { readonly usable: string; readonly inactive: string; readonly foreign: string }
  /** The user that a cell is about; fresh for each cell that may use up its tokens. */
  user: { readonly loginId: string; readonly userId: string; readonly refreshJwt: string; readonly sessionJwt: string }
}

export interface RowRequest {
  readonly path?: string
  readonly body?: unknown
  readonly form?: Record<string, string>
}

/** What a route is meant to be. A request that succeeds when access is given stands in `request`. */
export interface Row {
  readonly access: Access
  /** Management routes only; absent, GET reads and everything else writes. */
  readonly effect?: 'read' | 'write'
  readonly right?: RightName
  readonly isTenantAware?: boolean
  readonly request?: (world: World) => RowRequest | Promise<RowRequest>
  /** True where success destroys what other rows need: each allowed cell gets a project of its own. */
  readonly isDestructive?: boolean
}

/** Routes by method and path. */
export type Rows = Readonly<Record<string, Row>>

let fresh = 0

/** A login ID that nobody has. */
export const freshLoginId = () => `user${fresh++}@example.com`

/** A name that nothing has. */
export const freshName = (prefix: string) => `${prefix}${fresh++}`

export const newPassword = 'another good passphrase 2'
export const aLink = `C${'0'.repeat(27)}.${'A'.repeat(43)}`
export const empty = () => ({ body: {} })

/** The login ID of a user who was just made. */
export async function freshUser({ kit }: World): Promise<string> {
  const loginId = freshLoginId()
  await kit.signUp(loginId, goodPassword)
  return loginId
}

/** The token of a link that opens. */
export async function freshLinkToken({ kit }: World): Promise<string> {
  const loginId = freshLoginId()
  await kit.signUp(loginId, goodPassword, { isVerified: false })
  return kit.linkToken(loginId, 'email.verify')
}

export async function freshLink(world: World): Promise<RowRequest> {
  return { body: { token: await freshLinkToken(world) } }
}

/** The login ID of a test user who was just made. */
export async function freshTestUser({ kit }: World): Promise<string> {
  const loginId = freshLoginId()
  const { user } = await kit.signUp(loginId, goodPassword)
  await kit.auth.deps.storage.users.update(kit.projectId, user.userId, { isTest: true })
  return loginId
}
