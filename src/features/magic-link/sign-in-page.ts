import { coreErrors } from '../../core/errors.ts'
import type { Project } from '../../core/projects.ts'
import { type ButtonTexts, buttonPages } from '../../http/button-pages.ts'
import { html } from '../../http/page.ts'
import { cookieReply } from '../../http/session-reply.ts'
import { isLinkOfUpdate, verifyLink } from './verify.ts'

const signInTexts = ({ name }: Project): ButtonTexts => ({
  title: `Sign in to ${name}`,
  asks: 'Press the button to sign in.',
  button: 'Sign in',
})

/** Whoever did not ask for it might give their account to whoever did, so that it says what happens. */
const updateTexts = ({ name }: Project): ButtonTexts => ({
  title: `Use this address at ${name}`,
  asks: `Somebody who is signed in to ${name} asked for this address to be theirs. If it was you, press the button: it becomes the address of that account, which may take in another account with the same address. If it was not you, close this page.`,
  button: 'It was me',
})

/**
 * Our own page for links that sign in, for projects whose links lead nowhere else. A browser can keep the session in cookies only, so that it gets them whatever the project's settings
 * say.
 */
export const signInPages = buttonPages({
  name: 'signin',
  summaries: { open: 'Page to sign in by a link', press: 'Sign in by the link that the page asked about' },
  async textsOf(deps, { project, token }) {
    return (await isLinkOfUpdate(deps, project, token)) ? updateTexts(project) : signInTexts(project)
  },
  async press(deps, input) {
    const { project } = input
    const issued = await verifyLink(deps, input)
    const { appUrl } = project.settings.project
    const onward = appUrl ? { onward: html`<a class="button" href="${appUrl}">Go to ${project.name}</a>` } : {}
    return { text: 'You are signed in.', ...onward, cookies: cookieReply(issued, project) }
  },
  deadText: 'This link has expired or was used already. Please ask for a new one.',
  errors: [coreErrors.InvalidSession, coreErrors.SessionEnded],
})
