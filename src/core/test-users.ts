import type { Project } from './projects.ts'
import type { LoginIdRecord } from './storage.ts'

/** Whether one of the login IDs makes its user a test user, by the pattern of the project (`testUserRegex`, `protocol/core.md` 7.6). */
export function isTestLoginId(project: Project, loginIds: readonly LoginIdRecord[]): boolean {
  const { testUserRegex } = project.settings.project
  if (testUserRegex === '') return false
  const pattern = new RegExp(testUserRegex, 'u')
  return loginIds.some(({ shown }) => pattern.test(shown))
}
