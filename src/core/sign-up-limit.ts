import { type LimitedPlace, takeLimited } from './attempts.ts'
import type { Deps } from './deps.ts'
import { coreErrors } from './errors.ts'
import type { Source } from './events.ts'
import type { Project } from './projects.ts'

/**
 * Takes a place for a sign-up before anything is known of the login ID; whoever does not meet a taken one gives it back, so only taken IDs count (EN-04). `undefined` for back ends, which
 * are not counted. Throws `RateLimited`.
 */
export async function takeSignUp(deps: Deps, project: Project, source: Source): Promise<LimitedPlace | undefined> {
  if (source.isTrusted) return undefined
  const limit = deps.limits.sourceSignUps
  const tries = await takeLimited(deps, { projectId: project.id, name: 'signUp.source', parts: [source.ip], limit })
  if (!tries.isTaken) throw coreErrors.RateLimited({ retryAfterSeconds: tries.retryAfterSeconds })
  return tries
}
