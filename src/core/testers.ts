import type { Project } from './projects.ts'
import { digest, equalDigests } from './secrets.ts'
import type { LoginIdRecord, UserWithLoginIds } from './storage.ts'

/** Whether one of the login IDs makes its user a test user, by the pattern of the project (`testUserRegex`, `protocol/core.md` 7.6). */
export function isTestLoginId(project: Project, loginIds: readonly LoginIdRecord[]): boolean {
  const { testUserRegex } = project.settings.project
  if (testUserRegex === '') return false
  const pattern = new RegExp(testUserRegex, 'u')
  return loginIds.some(({ shown }) => pattern.test(shown))
}

/**
 * Whether a code is the static one of the project and holds for this user: a test user, of whom a login ID, the address or the phone number is of the verifier pattern. Never in a
 * production project (`protocol/core.md` 7.6).
 */
export function isStaticCode(project: Project, { user, loginIds }: UserWithLoginIds, code: string): boolean {
  const { testUserAllowFixedAuth, testUserFixedAuthToken, testUserFixedAuthVerifierRegex } = project.settings.project
  if (!testUserAllowFixedAuth || testUserFixedAuthToken === '' || project.environment === 'production' || !user.isTest) return false
  const pattern = new RegExp(testUserFixedAuthVerifierRegex, 'u')
  const verifiers = [...loginIds.map(({ shown }) => shown), user.email, user.phone]
  return (
    verifiers.some((verifier) => verifier !== '' && pattern.test(verifier)) && equalDigests(digest(code), digest(testUserFixedAuthToken))
  )
}
