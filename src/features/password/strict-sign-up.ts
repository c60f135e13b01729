import { newAccount } from '../../core/access.ts'
import { newChallenge, storeChallenge } from '../../core/challenges.ts'
import type { Deps } from '../../core/deps.ts'
import { coreErrors } from '../../core/errors.ts'
import { userEvent } from '../../core/events.ts'
import { takeMail } from '../../core/message-limits.ts'
import { ownerOf, type StartTarget, sendStart } from '../../core/passwordless.ts'
import { landingPage, withToken } from '../../core/redirect.ts'
import { signInTerms } from '../../core/sign-in-challenges.ts'
import type { LoginIdRecord, UserRecord, UserWithLoginIds } from '../../core/storage.ts'
import { isAnotherAddress, maskEmail } from '../../core/users.ts'
import type { SignUp } from './sign-up.ts'

/**
 * A sign-up that tells nothing (EN-04): whether the login ID is taken or not, the answer is a user as a new one would look and no token. To a new address goes a link that makes the user, with the password, and
 * signs them in; to the owner of a taken one a notice. The hash is paid in both cases. Throws `InvalidArguments` without an e-mail
 * address, and for a login ID that is another one.
 */
export async function signUpStrictly(
  deps: Deps,
  input: SignUp,
  { loginId, user }: { readonly loginId: LoginIdRecord; readonly user: UserRecord },
): Promise<UserWithLoginIds> {
  const { project, source, signal, wishes } = input
  if (user.email === '') throw coreErrors.InvalidArguments({ message: 'The loginId is not an e-mail address, and the user has none' })
  if (isAnotherAddress(input.loginId, user.email)) {
    throw coreErrors.InvalidArguments({ message: 'The loginId is another address than the one that the message would go to' })
  }
  const passwordHash = await deps.hasher.hash(input.password, { signal, source })
  const found = await deps.storage.users.byLoginId(project.id, loginId.canonical)
  const recipient = found?.user.email || user.email
  const isForNobody = (found !== undefined && (found.user.email === '' || found.user.isTest)) || user.isTest
  const sourceIp = source.isTrusted ? undefined : source.ip
  const place = await takeMail(deps, { projectId: project.id, kind: 'signUp', channel: 'email', recipient, sourceIp, isForNobody })
  const mayGet = place.isTaken && !isForNobody
  const { name, givenName, middleName, familyName, email, phone } = user
  const vouched = { id: user.id, loginId: loginId.shown, details: { name, givenName, middleName, familyName, email, phone } }
  const target: StartTarget = {
    account: undefined,
    newcomer: mayGet && !found ? vouched : undefined,
    owner: mayGet ? found : undefined,
    ...{ canonicalLoginId: loginId.canonical, address: mayGet && !found ? email : '', masked: maskEmail(email) },
    terms: signInTerms({ method: 'email', isSent: true, customClaims: { ...input.customClaims } }),
    ...{ isSourceRefused: place.isSourceRefused, isRecipientRefused: !place.isTaken },
  }
  const ttlSeconds = project.settings.magicLink.verificationExpirationTime * 60
  const data = { ...target.terms, user: vouched, passwordHash }
  const { address } = target
  const challenge = newChallenge(deps, { projectId: project.id, ...ownerOf(target), purpose: 'signUp', address, ttlSeconds, data })
  const page = landingPage(deps, project, {
    wanted: project.settings.magicLink.redirectUrl,
    own: `/signin/${project.id}`,
    field: 'redirectUrl',
  })
  await sendStart(deps, {
    ...{ project, target, channel: 'email', ttlSeconds, wishes, store: storeChallenge, challenge: challenge.record },
    kind: 'magicLink.signUp',
    event: userEvent({ projectId: project.id, type: 'password.signUp', outcome: 'failure', userId: '', source, data: { isStrict: true } }),
    values: { link: withToken(page, challenge.token), lifetime: ttlSeconds },
  })
  return newAccount({ user, loginIds: [loginId], credentialKinds: ['password'] })
}
