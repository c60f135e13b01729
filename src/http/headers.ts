/** Headers that every answer carries (WB-04), and what is taken from those of requests. */
import { isLoopbackHost } from './source.ts'

/** What the public URL means for answers. */
export interface PublicUrlFacts {
  readonly origin: string
  readonly isHttps: boolean
  /** False over plain HTTP to anything but this machine: browsers would drop `Secure` cookies, so none are sent (WB-01). */
  readonly takesCookies: boolean
  /** Path below which the world reaches this server, without a slash at the end; `''` where it has a host of its own. */
  readonly path: string
}

/** That path. */
export function publicPath(publicUrl: string): string {
  return new URL(publicUrl).pathname.replace(/\/{2,}/g, '/').replace(/\/$/, '')
}

/** Reads those facts, once for each URL. */
export function createPublicUrlReader(publicUrl: () => string): () => PublicUrlFacts {
  let known: { readonly url: string; readonly facts: PublicUrlFacts } | undefined
  return () => {
    const url = publicUrl()
    if (known?.url !== url) {
      const { origin, protocol, hostname } = new URL(url)
      const isHttps = protocol === 'https:'
      known = { url, facts: { origin, isHttps, takesCookies: isHttps || isLoopbackHost(hostname), path: publicPath(url) } }
    }
    return known.facts
  }
}

const everywhere = {
  'cache-control': 'no-store',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
}
const ofKind = { json: everywhere, page: { ...everywhere, 'cross-origin-opener-policy': 'same-origin' } }
const oneYear = { 'strict-transport-security': 'max-age=31536000' }

/**
 * Security headers of an answer, in a record of its own. Routes may replace them through the headers of their reply; pages bring their own
 * content security policy.
 */
export function securityHeaders(kind: 'json' | 'page', facts: Pick<PublicUrlFacts, 'isHttps'>): Record<string, string> {
  return facts.isHttps ? { ...ofKind[kind], ...oneYear } : { ...ofKind[kind] }
}

/** The caller's own request ID, for the log only; `undefined` unless it is short and plain. */
export function externalRequestId(headers: Headers): string | undefined {
  const id = headers.get('x-external-rid') ?? headers.get('x-request-id')
  return id !== null && /^[A-Za-z0-9_.:-]{1,64}$/.test(id) ? id : undefined
}
