/** What calls have in common that begin a sign-in or a sign-up by a message (`protocol/core.md` 6.3 to 6.5). */
import { z } from 'zod'
import { coreErrors } from '../core/errors.ts'
import { publicWishes } from '../core/message-wishes.ts'
import type { Channel } from '../core/messages.ts'
import type { StartOptions } from '../core/passwordless.ts'
import type { NewUserDetails } from '../core/users.ts'
import { LoginId, LoginOptions, LooseBoolean, SignUpUser, synonyms, TemplateOptions, Text, UrlText } from './schemas.ts'

const names = {
  ...{ redirectUrl: 'URI', redirectURL: 'URI', uri: 'URI', whatsApp: 'whatsapp' },
  ...{ provider_id: 'providerId', template_id: 'templateId' },
}

/** Beside the way of delivery, which some SDKs send as the sign-up's address. Ruby sends empty ones. */
const addresses = {
  email: Text(254).optional(),
  phone: Text(32).optional(),
  sms: Text(32).optional(),
  voice: Text(32).optional(),
  whatsapp: Text(32).optional(),
}

const common = {
  loginId: LoginId,
  URI: UrlText.optional().meta({ description: 'Where a link leads; codes have none.' }),
  loginOptions: LoginOptions.optional(),
  providerId: Text(128).optional(),
  templateId: Text(128).optional(),
  templateOptions: TemplateOptions.optional(),
  locale: Text(35).optional(),
  crossDevice: z.boolean().optional(),
}

export const SignInStart = synonyms(names, z.object(common))
export const SignUpStart = synonyms(names, z.object({ ...common, ...addresses, user: SignUpUser.optional() }))
const updates = {
  ...{ loginId: LoginId, URI: UrlText.optional(), providerId: Text(128).optional(), mfa: LooseBoolean.optional() },
  ...{ templateId: Text(128).optional(), templateOptions: TemplateOptions.optional(), locale: Text(35).optional() },
  addToLoginIDs: LooseBoolean.optional().meta({ description: 'The address becomes a login ID too.' }),
  onMergeUseExisting: LooseBoolean.optional().meta({
    description: "Who stays when the address is somebody else's login ID already: true, that one; else the user who asks.",
  }),
}
const updateNames = { ...names, addToLoginIds: 'addToLoginIDs' }

export const EmailUpdate = synonyms(updateNames, z.object({ ...updates, email: Text(254).min(1) }))
export const PhoneUpdate = synonyms(updateNames, z.object({ ...updates, phone: Text(32).min(1) }))

/** What the calls that prove a new address have in common. */
export function updateOptions(body: Omit<z.output<typeof EmailUpdate>, 'email'>) {
  const { loginId, URI: uri, mfa, templateId, templateOptions, locale } = body
  const { addToLoginIDs: addToLoginIds, onMergeUseExisting: mergeUseExisting } = body
  return { loginId, uri, mfa, addToLoginIds, mergeUseExisting, wishes: publicWishes({ templateId, templateOptions, locale }) }
}

/** What they may throw. */
export const updateErrors = [
  ...[coreErrors.SignInMethodDisabled, coreErrors.MessagingUnavailable, coreErrors.InvalidRequest, coreErrors.InvalidArguments],
  ...[coreErrors.StaleSession, coreErrors.InvalidSession, coreErrors.SessionEnded],
]

type SignInStart = z.output<typeof SignInStart>
type SignUpStart = z.output<typeof SignUpStart>

/** What the call asks for beside the message. */
export function startOptions({ loginOptions = {}, ...body }: SignInStart): StartOptions {
  const { customClaims, stepup: stepUp, mfa, revokeOtherSessions, tenantId } = loginOptions
  const wishes = publicWishes({
    templateId: body.templateId || loginOptions.templateId,
    templateOptions: body.templateOptions ?? loginOptions.templateOptions,
    locale: body.locale || loginOptions.locale,
  })
  return { customClaims, stepUp, mfa, revokeOtherSessions, tenantId, wishes }
}

/** Who signs up: the address of the call, where it names one, is the user's. */
export function startDetails({ user = {}, email, phone, sms, voice, whatsapp }: SignUpStart): NewUserDetails {
  return { ...user, email: email || user.email, phone: phone || sms || voice || whatsapp || user.phone }
}

/** Where the message went, masked. Made of the request (EN-03). */
export const MaskedReply = z.object({ maskedEmail: z.string().optional(), maskedPhone: z.string().optional() }).meta({
  id: 'MaskedAddress',
  description: 'The address of the request, masked: `maskedEmail` for mails, `maskedPhone` for everything else.',
})

export function maskedReply(channel: Channel, masked: string): z.input<typeof MaskedReply> {
  return channel === 'email' ? { maskedEmail: masked } : { maskedPhone: masked }
}

/** What beginnings of all kinds may throw. */
export const startErrors = [
  ...[coreErrors.SignInMethodDisabled, coreErrors.MessagingUnavailable, coreErrors.InvalidRequest, coreErrors.InvalidArguments],
  ...[coreErrors.UserAlreadyExists, coreErrors.UserNotFound, coreErrors.UserDisabled, coreErrors.RateLimited],
  ...[coreErrors.InvalidSession, coreErrors.SessionEnded],
]
