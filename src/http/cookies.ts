/** Reads and writes cookie headers (RFC 6265bis). */
import type { ReplyCookie } from './route.ts'

/** Browsers drop larger ones (RFC 6265bis, section 5.6). */
const maxCookieBytes = 4096

const sameSiteNames = { strict: 'Strict', lax: 'Lax', none: 'None' } as const

/** The value of the first cookie of a name in a `Cookie` header, without quotes; `undefined` if there is none. */
export function readCookie(header: string | null, name: string): string | undefined {
  if (header === null) return undefined
  for (const pair of header.split(';')) {
    const equals = pair.indexOf('=')
    if (equals < 0 || pair.slice(0, equals).trim() !== name) continue
    const value = pair.slice(equals + 1).trim()
    return value.length >= 2 && value.startsWith('"') && value.endsWith('"') ? value.slice(1, -1) : value
  }
  return undefined
}

/**
 * Writes a `Set-Cookie` value: always `HttpOnly`, `Secure` and `Path=/`, `Domain` only if configured (WB-01). Browsers accept `Secure`
 * cookies from `http://localhost` too. Throws when name, value or domain cannot be in a cookie or the whole is over 4 096 bytes: a cookie that
 * the browser would drop without a word is a fault to see.
 */
export function writeCookie(cookie: ReplyCookie, nowSeconds: number): string {
  if (!/^[A-Za-z0-9_.-]+$/.test(cookie.name)) throw new RangeError('Not a cookie name')
  if (!/^[A-Za-z0-9_.~+/=-]*$/.test(cookie.value))
    throw new RangeError(`The value of cookie ${cookie.name} has characters that cookies cannot hold`)
  const maxAgeSeconds = Math.max(0, Math.trunc(cookie.maxAgeSeconds))
  const expiresAt = maxAgeSeconds === 0 ? 0 : nowSeconds + maxAgeSeconds
  const parts = [
    `${cookie.name}=${cookie.value}`,
    'Path=/',
    ...domainPart(cookie),
    `Max-Age=${maxAgeSeconds}`,
    `Expires=${new Date(expiresAt * 1000).toUTCString()}`,
    'HttpOnly',
    'Secure',
    `SameSite=${sameSiteNames[cookie.sameSite]}`,
  ]
  const text = parts.join('; ')
  if (Buffer.byteLength(text) > maxCookieBytes) throw new RangeError(`Cookie ${cookie.name} is larger than ${maxCookieBytes} bytes`)
  return text
}

function domainPart({ name, domain }: ReplyCookie): readonly string[] {
  if (domain === '' || name.startsWith('__Host-')) return []
  if (!/^\.?[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*$/.test(domain)) throw new RangeError('Not a cookie domain')
  return [`Domain=${domain}`]
}
