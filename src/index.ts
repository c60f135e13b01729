/**
 * Postern as a library: `createAuth(options)` gives a server whose `handler` takes a fetch `Request` and answers a `Response`, usable in any framework
 * that speaks those types. `auth.api` holds the administrator's use cases; those of users are plain functions of `auth.deps` and one input, exported below. `parseOptions`
 * makes the options.
 */
export type { Administration } from './administration.ts'
export { type Auth, createAuth, type Ports, version } from './auth.ts'
export type { Deps, Limits } from './core/deps.ts'
export { AuthError, type ErrorDetails, type ErrorSpec } from './core/errors.ts'
export { localSource, type Source } from './core/events.ts'
export {
  type Clock,
  type Log,
  type LogFields,
  type MailTransport,
  MessageRefused,
  type Random,
  type RenderedMail,
  type RenderedText,
  type TextTransport,
} from './core/ports.ts'
export { type Project, projectById, type SettingsChanges } from './core/projects.ts'
export { type IssuedSession, type LiveSession, liveSession } from './core/sessions.ts'
export type { Settings } from './core/settings.ts'
export type { Page, Storage, UserRecord, UserStatus, UserWithLoginIds } from './core/storage.ts'
export { verifyLink } from './features/magic-link/verify.ts'
export { replacePassword } from './features/password/replace.ts'
export { sendReset } from './features/password/reset.ts'
export { resetWithToken } from './features/password/reset-with-token.ts'
export { signIn } from './features/password/sign-in.ts'
export { signUp } from './features/password/sign-up.ts'
export { updatePassword } from './features/password/update.ts'
export { endSession } from './features/session/end.ts'
export { refresh } from './features/session/refresh.ts'
export { type Options, parseOptions } from './options.ts'
