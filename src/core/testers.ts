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

/** Whether a text is the static code of the project, which is never one in production (`protocol/core.md` 7.6). It holds for those that `isStaticCodeFor` tells. */
export function isStaticText({ environment, settings }: Project, code: string): boolean {
  const { testUserAllowFixedAuth, testUserFixedAuthToken } = settings.project
  if (!testUserAllowFixedAuth || testUserFixedAuthToken === '' || environment === 'production') return false
  return equalDigests(digest(code), digest(testUserFixedAuthToken))
}

/** Whether the static code holds for a user: a test user, of whom a login ID, the address or the phone number is of the verifier pattern. */
export function isStaticCodeFor(project: Project, { user, loginIds }: UserWithLoginIds): boolean {
  if (!user.isTest) return false
  const pattern = new RegExp(project.settings.project.testUserFixedAuthVerifierRegex, 'u')
  const verifiers = [...loginIds.map(({ shown }) => shown), user.email, user.phone]
  return verifiers.some((verifier) => verifier !== '' && pattern.test(verifier))
}
