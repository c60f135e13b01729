import { newChallenge, storeChallenge } from '../../core/challenges.ts'
import type { Deps } from '../../core/deps.ts'
import { userEvent } from '../../core/events.ts'
import { dataOf, findStartTarget, ownerOf, type StartRequest, sendStart } from '../../core/passwordless.ts'
import type { Project } from '../../core/projects.ts'
import { landingPage, withToken } from '../../core/redirect.ts'

export interface StartMagicLink extends StartRequest {
  /** Where the link leads; without it where the settings say, or to our own page. */
  readonly uri?: string | undefined
}

/**
 * Sends a link that signs in, or up, and answers the masked address of the request (`protocol/core.md` 6.3). Throws what `findStartTarget` does, and `RedirectRefused` before anything
 * is looked up.
 */
export async function startMagicLink(deps: Deps, input: StartMagicLink): Promise<string> {
  const { project, source, mode, channel, options } = input
  const { enabled: isEnabled, maskError: masksErrors, expirationTime } = project.settings.magicLink
  const page = pageOf(deps, project, input.uri)
  const target = await findStartTarget(deps, input, { name: 'magicLink', isEnabled, masksErrors })
  const ttlSeconds = expirationTime * 60
  const owner = ownerOf(target)
  const data = dataOf(target, mode)
  const { address } = target
  const challenge = newChallenge(deps, { projectId: project.id, ...owner, purpose: 'magicLink', address, ttlSeconds, data })
  await sendStart(deps, {
    ...{ project, target, channel, ttlSeconds, store: storeChallenge, wishes: options.wishes },
    challenge: challenge.record,
    kind: owner.loginId === '' ? 'magicLink.signIn' : 'magicLink.signUp',
    event: userEvent({
      ...{ projectId: project.id, userId: owner.userId, source },
      type: 'magicLink.send',
      outcome: 'failure',
      data: { mode, channel },
    }),
    values: { link: withToken(page, challenge.token), lifetime: ttlSeconds },
  })
  return target.masked
}

/** Where the links of this feature lead. Throws `RedirectRefused`. */
export function pageOf(deps: Deps, project: Project, uri: string | undefined): URL {
  const wanted = uri || project.settings.magicLink.redirectUrl
  return landingPage(deps, project, { wanted, own: `/signin/${project.id}`, field: 'URI' })
}
