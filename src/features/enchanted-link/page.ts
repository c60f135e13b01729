import { buttonPages } from '../../http/button-pages.ts'
import { confirmSignIn } from './verify.ts'

/** Our own page for numbered links. No session comes of it here (RC-12). */
export const confirmPages = buttonPages({
  name: 'confirm',
  summaries: { open: 'Page to confirm a sign-in by its numbered link', press: 'Confirm the sign-in that the page asked about' },
  textsOf: (_, { project }) => ({
    title: `Sign in to ${project.name}`,
    asks: 'Press the button if the number of this link is the one that you see where you sign in.',
    button: 'Confirm',
  }),
  async press(deps, input) {
    await confirmSignIn(deps, input)
    return { text: 'Go back to where you began; you are signed in there.' }
  },
  deadText: 'This link was the wrong one, has expired, or was used already. Please begin once more.',
})
