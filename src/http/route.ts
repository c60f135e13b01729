import type { z } from 'zod'
import type { Deps } from '../core/deps.ts'
import type { ErrorFactory } from '../core/errors.ts'
import type { Actor, Source } from '../core/events.ts'
import type { RightName, Rights } from '../core/management-keys.ts'
import type { MessageKind } from '../core/messages.ts'
import type { Project } from '../core/projects.ts'
import type { LiveSession } from '../core/sessions.ts'
import type { BodyLimits } from './body.ts'

/**
 * Who may call a route, which is also what its `caller` holds:
 * - `open`: anybody, no project needed;
 * - `project`: a project ID; tokens beside it are passed on unverified and may be stale or foreign (web-js and Ruby send them everywhere);
 * - `refreshToken`: a project ID and, perhaps, a refresh token, unverified: for refresh and logout, whose use cases judge it;
 * - `refresh`: a live session, proven by its refresh token;
 * - `session`: a live session, proven by its session token;
 * - `accessKey`: a project ID and, perhaps, an access key, unverified: for the exchange, whose use case judges it;
 * - `management`: a management key;
 * - `local`: a direct loopback connection or a management key;
 * - `loopback`: a direct loopback connection and nothing else; to others the route is not there.
 */
export type Access = 'open' | 'project' | 'refreshToken' | 'refresh' | 'session' | 'accessKey' | 'management' | 'local' | 'loopback'

/** The parts of the caller that every access but `open` and `local` has. */
interface ProjectCaller {
  readonly project: Project
  readonly source: Source
}

export interface Callers {
  readonly open: { readonly source: Source }
  /** `token` is the refresh token if one was sent, from the bearer or the cookie. */
  readonly project: ProjectCaller & { readonly token: string | undefined }
  readonly refreshToken: ProjectCaller & { readonly token: string | undefined }
  readonly refresh: ProjectCaller & { readonly live: LiveSession }
  readonly session: ProjectCaller & { readonly live: LiveSession }
  readonly accessKey: ProjectCaller & { readonly key: string | undefined }
  /** `actor` goes into the audit trail: the key, and where the request came from. */
  readonly management: ProjectCaller & { readonly managementKeyId: string; readonly rights: Rights; readonly actor: Actor }
  readonly local: { readonly source: Source }
  /** `projectId` is what the request names, if it names one; perhaps there is no such project. */
  readonly loopback: { readonly source: Source; readonly projectId: string | undefined }
}

/** A limit on calls of one route, counted in memory for each process, by source address. Refused before the body is read. */
export interface RouteLimit {
  readonly max: number
  readonly perSeconds: number
  /** What the caller is told; `RateLimited` if absent. */
  readonly refusal?: ErrorFactory
}

/** A cookie to set or, with an empty value and `maxAgeSeconds` 0, to clear. */
export interface ReplyCookie {
  readonly name: string
  readonly value: string
  readonly maxAgeSeconds: number
  readonly sameSite: 'strict' | 'lax' | 'none'
  readonly domain: string
}

/** What a route answers when a plain body is not enough. */
export interface Reply<Body> {
  readonly body: Body
  readonly cookies?: readonly ReplyCookie[]
  readonly headers?: Readonly<Record<string, string>>
}

const replyMark = Symbol('reply')

/** Marks a value as a `Reply`, so that `run` may also return a bare body. */
export function reply<Body>(value: Reply<Body>): Reply<Body> {
  return Object.assign(value, { [replyMark]: true })
}

export function isReply(value: unknown): value is Reply<unknown> {
  return typeof value === 'object' && value !== null && replyMark in value
}

export interface RouteContext<A extends Access, Body, Query, Params> {
  readonly deps: Deps
  readonly caller: Callers[A]
  readonly body: Body
  readonly query: Query
  /** Path parameters, percent-decoded. */
  readonly params: Params
  /** Aborts when the client has gone. */
  readonly signal: AbortSignal
  /** For the few routes that look at headers of their own: `x-descope-refresh-cookie-name`, `if-none-match`. Names are lower case. */
  readonly header: (name: string) => string | undefined
}

/** A route is data: its schemas check the input, shape the reply, and make OpenAPI. */
export interface Route<
  A extends Access = Access,
  Body extends z.ZodType = z.ZodType,
  Query extends z.ZodType = z.ZodType,
  Params extends z.ZodType = z.ZodType,
  Answer extends z.ZodType = z.ZodType,
> {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  /** Path with parameters in braces, `/v2/keys/{projectId}`. */
  readonly path: string
  readonly access: A
  /** What a management route does; a key that is read only is refused a `write`. Absent, GET reads and everything else writes. */
  readonly effect?: 'read' | 'write'
  /** A right that the management key must have beside that (MG-05). */
  readonly right?: RightName
  /** True when the route keeps to `caller.rights.tenantIds`; without it a key that is limited to tenants is refused. */
  readonly isTenantAware?: boolean
  /** Whether a `refresh` route opens to somebody who acts as another user. Absent, GET does and everything else does not. */
  readonly allowsImpersonation?: boolean
  readonly summary: string
  readonly body?: Body
  readonly query?: Query
  readonly params?: Params
  /** Undeclared members never leave. */
  readonly reply: Answer
  /** The closed list of what `run` may throw, beside what the handler itself throws. */
  readonly errors: readonly ErrorFactory[]
  readonly limit?: RouteLimit
  /** Larger bodies than others take, for batches and files (WB-06). */
  readonly bodyLimits?: BodyLimits
  /** `page` routes answer HTML or other text and bring their own content type: `reply` describes a string. */
  readonly kind?: 'json' | 'page'
  readonly run: (
    context: RouteContext<A, z.output<Body>, z.output<Query>, z.output<Params>>,
  ) => Promise<z.input<Answer> | Reply<z.input<Answer>>>
}

// biome-ignore lint/suspicious/noExplicitAny: the one alias; a list of routes mixes types that only `route` can tie together
export type AnyRoute = Route<Access, any, any, any, any>

/** Declares a route; exists for its types. */
export function route<
  const A extends Access,
  Body extends z.ZodType,
  Query extends z.ZodType,
  Params extends z.ZodType,
  Answer extends z.ZodType,
>(definition: Route<A, Body, Query, Params, Answer>): AnyRoute {
  return definition as unknown as AnyRoute
}

/** A capability: what `features/index.ts` lists. The catalogue tests read it. */
export interface Feature {
  readonly name: string
  readonly routes: readonly AnyRoute[]
  readonly errors: Readonly<Record<string, ErrorFactory>>
  /** Types of audit events that it writes, each with a sentence for `docs/events.md`. */
  readonly events: Readonly<Record<string, string>>
  /** Kinds of messages that it sends. Their texts are in `src/mail/texts/`. */
  readonly messages: Readonly<Record<string, MessageKind>>
}
