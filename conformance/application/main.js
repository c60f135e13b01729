import { createSdk } from '@descope/web-js-sdk'

/** The application that the checks drive: the SDK, what it was told, and nothing else. */

/** What the SDK told, oldest first: `[event, value]`. */
const heard = []
let sdk

/** Makes the SDK with these options, as an application does when its page loads. */
function start(options) {
  sdk = createSdk(options)
  for (const event of ['SessionToken', 'IsAuthenticated', 'User', 'Claims']) sdk[`on${event}Change`]((value) => heard.push([event, value]))
}

/** Calls a method of the SDK by its path, `password.signIn` for example. The raw response stays here: it cannot leave the page. */
async function call(path, given) {
  const names = path.split('.')
  const method = names.pop()
  const owner = names.reduce((at, name) => at[name], sdk)
  const answer = await owner[method](...given.map((value) => value ?? undefined))
  if (typeof answer !== 'object' || answer === null) return answer
  const { response: _, ...rest } = answer
  return rest
}

globalThis.application = { start, call, heard }
