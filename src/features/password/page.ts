import { z } from 'zod'
import type { Deps } from '../../core/deps.ts'
import { AuthError, coreErrors } from '../../core/errors.ts'
import { type BrokenRule, describePolicy } from '../../core/password/policy.ts'
import { type Project, projectById } from '../../core/projects.ts'
import { field, form, type Html, hiddenField, html, linkWithoutToken, notice, ownPath, page } from '../../http/page.ts'
import { route } from '../../http/route.ts'
import { LinkToken, Password, Text } from '../../http/schemas.ts'
import { passwordErrors } from './errors.ts'
import { factsOfLink, type LinkFacts, resetWithToken } from './reset-with-token.ts'

const params = z.object({ projectId: Text(64) })

/** Failures that the person at the page can mend; they see the form again, with the same token. */
const mendable = [coreErrors.PolicyViolation, coreErrors.PasswordReused, coreErrors.RateLimited, passwordErrors.WrongTypedCode]

interface FormInput extends LinkFacts {
  readonly token: string
  readonly problems?: readonly string[]
  readonly codeProblems?: readonly string[]
}

function resetForm(deps: Deps, project: Project, { token, hasCode, isInvitation, problems = [], codeProblems = [] }: FormInput): Html {
  const hints = describePolicy(project.settings.password)
  const input = {
    name: 'password',
    label: isInvitation ? 'Password' : 'New password',
    type: 'password',
    autocomplete: 'new-password',
  } as const
  return form({
    action: ownPath(deps, `/reset/${project.id}`),
    button: isInvitation ? 'Set password' : 'Set new password',
    fields: [
      hiddenField('t', token),
      ...(hasCode ? [codeField(codeProblems)] : []),
      field({ ...input, hints, problems, hasFocus: !hasCode }),
    ],
  })
}

function titleOf({ name }: Project, { isInvitation }: LinkFacts): string {
  return isInvitation ? `Welcome to ${name}: choose your password` : `Choose a new password for ${name}`
}

/** For links whose mail has a code to type. */
function codeField(problems: readonly string[]): Html {
  return field({ name: 'code', label: 'Code in the mail', type: 'text', autocomplete: 'one-time-code', problems, hasFocus: true })
}

/** What is wrong with the password, a line each. */
function problemsOf(error: AuthError): readonly string[] {
  const broken = error.details.fields?.brokenRules as readonly BrokenRule[] | undefined
  return broken?.map(({ text }) => `${text}.`) ?? [`${error.message}.`]
}

async function setFromForm(deps: Deps, project: Project, input: Omit<Parameters<typeof resetWithToken>[1], 'project'>) {
  const facts = await factsOfLink(deps, project, input.token)
  try {
    await resetWithToken(deps, { project, ...input })
  } catch (error) {
    if (!(error instanceof AuthError)) throw error
    const canRetry = mendable.some((factory) => factory.spec === error.spec)
    if (canRetry) {
      const isCode = error.spec === passwordErrors.WrongTypedCode.spec
      const problems = isCode ? { codeProblems: ['This is not the code in the mail.'] } : { problems: problemsOf(error) }
      return page(deps, { title: titleOf(project, facts), body: resetForm(deps, project, { token: input.token, ...facts, ...problems }) })
    }
    if (error.spec !== coreErrors.InvalidLinkToken.spec) throw error
    const text = 'This link has expired or was used already. Please ask for a new one.'
    return page(deps, { title: 'The link does not work', body: notice('bad', text) })
  }
  const body = html`${notice('good', facts.isInvitation ? 'Your password is set. You can sign in with it now.' : 'Your new password is set. You can sign in with it now.')}${
    project.settings.project.appUrl ? html`<a class="button" href="${project.settings.project.appUrl}">Go to ${project.name}</a>` : ''
  }`
  return page(deps, { title: 'Done', body })
}

/**
 * Our own page for reset links, for projects without a redirect URL: a form that works without scripts. Opening it spends nothing (RC-10); sending the form sets the
 * password and spends the token in one step.
 */
export const resetPages = [
  route({
    method: 'GET',
    path: '/reset/{projectId}',
    access: 'open',
    kind: 'page',
    summary: 'Page to choose a new password',
    params,
    query: z.object({ t: LinkToken.optional() }),
    reply: z.string(),
    errors: [coreErrors.InvalidProject],
    run: async ({ deps, params: { projectId }, query }) => {
      const project = await projectById(deps, projectId)
      if (query.t === undefined) return linkWithoutToken(deps)
      const facts = await factsOfLink(deps, project, query.t)
      const body = resetForm(deps, project, { token: query.t, ...facts })
      return page(deps, { title: titleOf(project, facts), dropsQuery: true, body })
    },
  }),
  route({
    method: 'POST',
    path: '/reset/{projectId}',
    access: 'open',
    kind: 'page',
    summary: 'Set the new password that the page asked for',
    params,
    body: z.object({ t: LinkToken, password: Password, code: Text(16).default('') }),
    reply: z.string(),
    errors: [coreErrors.InvalidProject, passwordErrors.MethodDisabled, passwordErrors.ChangedMeanwhile],
    limit: { max: 30, perSeconds: 60 },
    run: async ({ deps, caller: { source }, params: { projectId }, body, signal }) => {
      const project = await projectById(deps, projectId)
      return setFromForm(deps, project, { source, signal, token: body.t, code: body.code.trim(), newPassword: body.password })
    },
  }),
]
