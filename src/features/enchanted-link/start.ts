import { findUpdateTarget, type UpdateRequest, updateDataOf } from '../../core/address-updates.ts'
import { storeChallenge } from '../../core/challenges.ts'
import type { Deps } from '../../core/deps.ts'
import { newEnchantedLink, numberedUrls } from '../../core/enchanted-links.ts'
import { userEvent } from '../../core/events.ts'
import { dataOf, findStartTarget, ownerOf, type StartRequest, type StartTarget, sendStart } from '../../core/passwordless.ts'
import type { Project } from '../../core/projects.ts'
import { landingPage } from '../../core/redirect.ts'

/** What the waiting client gets: the number to show, and what to poll with. */
export interface StartedEnchantedLink {
  readonly linkId: string
  readonly pendingRef: string
  readonly maskedEmail: string
}

export type StartEnchantedLink = Omit<StartRequest, 'channel'> & {
  /** Where the links lead; without it where the settings say, or to our own page. */
  readonly uri?: string | undefined
}

/**
 * Sends three numbered links (`protocol/core.md` 6.5). The answer is the same whoever is named: a reference of nobody stays pending (EN-03). Throws what `findStartTarget` does, and
 * `RedirectRefused` before anything is looked up.
 */
export async function startEnchantedLink(deps: Deps, input: StartEnchantedLink): Promise<StartedEnchantedLink> {
  const { project, mode, options } = input
  const page = pageOf(deps, project, input.uri)
  const { enabled: isEnabled, maskError: masksErrors } = project.settings.enchantedLink
  const target = await findStartTarget(deps, { ...input, channel: 'email' }, { name: 'enchantedLink', isEnabled, masksErrors })
  const kind = ownerOf(target).loginId === '' ? 'enchantedLink.signIn' : 'enchantedLink.signUp'
  return send(deps, { ...input, target, page, kind, mode, data: dataOf(target, mode), wishes: options.wishes })
}

/** The same for a new address of a signed-in user. Throws what `findUpdateTarget` does, and `RedirectRefused`. */
export async function startUpdate(
  deps: Deps,
  input: Omit<UpdateRequest, 'channel'> & Pick<StartEnchantedLink, 'uri'>,
): Promise<StartedEnchantedLink> {
  const { project } = input
  const page = pageOf(deps, project, input.uri)
  const request = { ...input, channel: 'email' } as const
  const target = await findUpdateTarget(deps, request, { name: 'enchantedLink', isEnabled: project.settings.enchantedLink.enabled })
  const data = updateDataOf(target, request)
  return send(deps, { ...input, target, page, kind: 'enchantedLink.update', mode: 'update', data })
}

function pageOf(deps: Deps, project: Project, uri: string | undefined): URL {
  const wanted = uri || project.settings.enchantedLink.redirectUrl
  return landingPage(deps, project, { wanted, own: `/confirm/${project.id}`, field: 'URI' })
}

async function send(
  deps: Deps,
  input: Pick<StartRequest, 'project' | 'source'> & {
    readonly target: StartTarget
    readonly page: URL
    readonly kind: string
    readonly mode: string
    readonly data: Readonly<Record<string, unknown>>
    readonly wishes?: UpdateRequest['wishes']
  },
): Promise<StartedEnchantedLink> {
  const { project, source, target, page, kind, mode, data, wishes } = input
  const ttlSeconds = project.settings.enchantedLink.expirationTime * 60
  const { userId, loginId } = ownerOf(target)
  const made = newEnchantedLink(deps, { projectId: project.id, userId, loginId, address: target.address, ttlSeconds, data })
  await sendStart(deps, {
    ...{ project, target, kind, channel: 'email', ttlSeconds, wishes, store: storeChallenge, challenge: made.record },
    // Whoever names somebody to sign in has not shown to be them.
    event: userEvent({
      ...{ projectId: project.id, userId, source, data: { mode } },
      type: 'enchantedLink.send',
      outcome: mode === 'update' ? 'success' : 'failure',
    }),
    values: { links: numberedUrls(made, page), lifetime: ttlSeconds },
  })
  return { linkId: made.link.linkId, pendingRef: made.pendingRef, maskedEmail: target.masked }
}
