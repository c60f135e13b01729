import { z } from 'zod'
import { coreErrors } from '../../core/errors.ts'
import { assertWhollyInReach, findManagedUser } from '../../core/managed-users.ts'
import { type Callers, type RouteContext, route } from '../../http/route.ts'
import { Empty, LoginId, LooseBoolean, Password, synonyms } from '../../http/schemas.ts'
import { passwordErrors } from './errors.ts'
import { expirePassword, setPassword } from './manage.ts'

/** Passwords of users as an administrator sets them (`protocol/core.md` 7.2). The password never comes back: the documented `cleartext` is left out. */

const OneUser = z.object({ loginId: LoginId.meta({ description: 'Login ID, or user ID where no such login ID exists.' }) })
const SetPassword = OneUser.extend({ password: Password.min(1), setActive: LooseBoolean.optional() })
const identifiers = { identifier: 'loginId' }

const ofUsers = [coreErrors.ManagedUserNotFound, coreErrors.ManagementForbidden, passwordErrors.ChangedMeanwhile]
const ofPasswords = [...ofUsers, coreErrors.PolicyViolation, coreErrors.PasswordReused, coreErrors.RateLimited, coreErrors.InvalidSession]

/** The user that the body names, if the key may know their way in. */
async function ownerFor(
  deps: RouteContext<'management', unknown, unknown, unknown>['deps'],
  caller: Callers['management'],
  loginId: string,
) {
  const { project, rights, actor } = caller
  const account = await findManagedUser(deps, { projectId: project.id, loginId, rights })
  assertWhollyInReach(rights, project, account)
  return { project, account, actor, rights }
}

/**
 * Who chooses a password can sign in with it, which is a right of its own (MG-05): a temporary one too, because anybody who knows it may replace it and is
 * signed in by that.
 */
function setRoute(input: { readonly path: string; readonly summary: string; readonly isActive: boolean | 'asBodySays' }) {
  return route({
    method: 'POST',
    path: input.path,
    access: 'management',
    right: 'activePasswords',
    isTenantAware: true,
    summary: input.summary,
    body: synonyms(identifiers, SetPassword),
    reply: Empty,
    errors: ofPasswords,
    run: async ({ deps, caller, body, signal }) => {
      const isActive = input.isActive === 'asBodySays' ? (body.setActive ?? false) : input.isActive
      const owner = await ownerFor(deps, caller, body.loginId)
      await setPassword(deps, { ...owner, password: body.password, isTemporary: !isActive, signal })
      return {}
    },
  })
}

export const managePasswordRoutes = [
  setRoute({
    path: '/v1/mgmt/user/password/set',
    summary: 'Set a password, temporary unless `setActive` is true (deprecated in favour of the next two)',
    isActive: 'asBodySays',
  }),
  setRoute({
    path: '/v1/mgmt/user/password/set/temporary',
    summary: 'Set a password that must be replaced before the user can sign in',
    isActive: false,
  }),
  setRoute({ path: '/v1/mgmt/user/password/set/active', summary: 'Set a password that can be used at once', isActive: true }),
  route({
    method: 'POST',
    path: '/v1/mgmt/user/password/expire',
    access: 'management',
    isTenantAware: true,
    summary: 'Expire the password: it must be replaced before the next sign-in',
    body: synonyms(identifiers, OneUser),
    reply: Empty,
    errors: [...ofUsers, coreErrors.InvalidArguments],
    run: async ({ deps, caller, body }) => {
      await expirePassword(deps, await ownerFor(deps, caller, body.loginId))
      return {}
    },
  }),
]
