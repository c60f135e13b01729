/**
 * Postern as a library: `createAuth(options)` gives a server whose `handler` takes a fetch `Request` and answers a `Response`, usable in any framework
 * that speaks those types, and the administrator's use cases as plain functions. `parseOptions` makes the options.
 */
export type { Administration } from './administration.ts'
export { type Auth, createAuth, type Ports, version } from './auth.ts'
export { AuthError, type ErrorDetails, type ErrorSpec } from './core/errors.ts'
export { type Clock, type Log, type LogFields, MailRefused, type MailTransport, type Random, type RenderedMail } from './core/ports.ts'
export type { Settings, SettingsChanges } from './core/settings.ts'
export type { Page, Storage, UserRecord, UserStatus, UserWithLoginIds } from './core/storage.ts'
export { type Options, parseOptions } from './options.ts'
