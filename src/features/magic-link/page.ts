import { buttonPages } from '../../http/button-pages.ts'
import { confirmEmail } from './verify.ts'

/** Our own page for verification links. */
export const verifyPages = buttonPages({
  name: 'verify',
  summaries: { open: 'Page to confirm an e-mail address', press: 'Confirm the address that the page asked about' },
  textsOf: (_, { project }) => ({
    title: `Confirm your e-mail address for ${project.name}`,
    asks: 'Press the button to confirm that this e-mail address is yours.',
    button: 'Confirm',
  }),
  async press(deps, input) {
    await confirmEmail(deps, input)
    return { text: 'Your e-mail address is confirmed.' }
  },
  deadText: 'This link has expired or was used already.',
})
