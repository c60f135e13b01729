import { coreErrors } from './errors.ts'
import type { Project } from './projects.ts'

/**
 * Redirect URLs: checked by parsed parts against what the administrator approved, never by comparing text (RC-07). The same rules hold for every
 * link that leaves with a secret in it.
 */

const schemesWithHost = new Set(['http:', 'https:'])
const neverAllowed = new Set(['javascript:', 'data:', 'file:', 'blob:', 'vbscript:', 'about:', 'ws:', 'wss:', 'ftp:'])
const loopbackHosts = new Set(['localhost', '127.0.0.1', '[::1]'])

export function isLoopbackHost(hostname: string): boolean {
  return loopbackHosts.has(hostname)
}

/** The URL as parsed, or `undefined` for one that nothing may be sent to, whoever approved it. */
export function parseRedirect(text: string): URL | undefined {
  // The URL parser drops tabs and line breaks and reads a backslash as a slash; browsers and other parsers differ there, so neither passes.
  if (/[\s\\\p{Cc}]/u.test(text) || !/^[a-z][a-z0-9+.-]*:\/\/[^/]/i.test(text)) return undefined
  if (!URL.canParse(text)) return undefined
  const url = new URL(text)
  if (url.username || url.password || neverAllowed.has(url.protocol)) return undefined
  if (schemesWithHost.has(url.protocol) && !url.hostname) return undefined
  return /%2f|%5c|%2e/i.test(url.pathname) ? undefined : url
}

function isBelow(path: string, prefix: string): boolean {
  const base = prefix.endsWith('/') ? prefix.slice(0, -1) : prefix
  return base === '' || path === base || path.startsWith(`${base}/`)
}

/**
 * One approved entry: a bare domain (`app.example.com`: https on the default port), a domain with its subdomains (`*.example.com`), an origin or an
 * URL (`https://app.example.com:8443/cb`: scheme, host and port equal, path at or below), or an app scheme (`myapp://`, `myapp://host`).
 */
function matches(entry: string, url: URL): boolean {
  if (!entry.includes('://')) {
    const domain = entry.toLowerCase()
    if (url.protocol !== 'https:' || url.port !== '') return false
    return domain.startsWith('*.') ? url.hostname.endsWith(domain.slice(1)) : url.hostname === domain
  }
  const scheme = entry.slice(0, entry.indexOf(':') + 1).toLowerCase()
  if (!schemesWithHost.has(scheme) && /^[a-z][a-z0-9+.-]*:\/\/$/i.test(entry)) return url.protocol === scheme
  if (!URL.canParse(entry)) return false
  const approved = new URL(entry)
  return approved.protocol === url.protocol && approved.host === url.host && isBelow(url.pathname, approved.pathname)
}

/**
 * The redirect URL in its parsed form, or `undefined` when it is not approved. `approved` is the comma-separated list of the settings. Our own origin is
 * always approved; while our own host is a loopback one (development), so are other ports of the loopback hosts, because nobody but the owner of the
 * machine can be behind them.
 */
export function approvedRedirect(input: { readonly url: string; readonly approved: string; readonly publicUrl: string }): URL | undefined {
  const url = parseRedirect(input.url)
  if (!url) return undefined
  const own = new URL(input.publicUrl)
  if (url.origin === own.origin && url.origin !== 'null') return url
  if (isLoopbackHost(own.hostname) && isLoopbackHost(url.hostname) && schemesWithHost.has(url.protocol)) return url
  const entries = input.approved.split(',').map((entry) => entry.trim())
  return entries.some((entry) => entry !== '' && matches(entry, url)) ? url : undefined
}

/**
 * Where a link leads: to the URL that the call or the settings name, if it is approved, else to a page of ours (`own`, a path). Throws `RedirectRefused`, which names the field.
 */
export function landingPage(
  deps: { readonly publicUrl: () => string },
  { settings }: Pick<Project, 'settings'>,
  { wanted, own, field }: { readonly wanted: string; readonly own: string; readonly field: string },
): URL {
  if (!wanted) return new URL(`${deps.publicUrl()}${own}`)
  const approved = approvedRedirect({ url: wanted, approved: settings.project.trustedDomains, publicUrl: deps.publicUrl() })
  if (approved) return approved
  throw coreErrors.RedirectRefused({ message: `The ${field} is not on the list of approved domains (setting project.trustedDomains)` })
}

/** Adds the token of a link as the parameter `t`, keeping the query that is there. */
export function withToken(url: URL, token: string): string {
  const link = new URL(url)
  link.searchParams.set('t', token)
  return link.toString()
}
