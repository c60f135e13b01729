import { isObject } from './http.ts'
import type { SignedIn } from './replies.ts'

/** Names of the cookies that carry tokens unless the server names others. */
export const refreshTokenCookieName = 'DSR'
export const sessionTokenCookieName = 'DS'

/**
 * Completes the answer of a call that signs in. Tokens that the server set as cookies are taken from there (browsers hide those, other
 * runtimes do not); otherwise a cookie is made of the refresh token, to hand on to a browser.
 */
export function readSignedIn(json: unknown, headers: Headers): SignedIn {
  const answer = (isObject(json) ? json : {}) as Partial<SignedIn> & { readonly cookieName?: string; readonly sessionCookieName?: string }
  const set = headers.getSetCookie?.() ?? []
  const sessionJwt = answer.sessionJwt || cookieValue(set, answer.sessionCookieName || sessionTokenCookieName) || ''
  const fromCookie = cookieValue(set, answer.cookieName || refreshTokenCookieName)
  const refreshJwt = answer.refreshJwt || fromCookie
  const { refreshJwt: _, ...rest } = answer
  if (!refreshJwt) return { ...rest, sessionJwt }
  const cookies = fromCookie ? set : [refreshCookie(refreshJwt, answer)]
  return { ...rest, sessionJwt, refreshJwt, cookies }
}

function cookieValue(cookies: readonly string[], name: string): string | undefined {
  const cookie = cookies.find((text) => text.startsWith(`${name}=`))
  return cookie?.slice(name.length + 1).split(';')[0]
}

function refreshCookie(token: string, answer: Partial<SignedIn> & { readonly cookieName?: string }): string {
  return [
    `${answer.cookieName || refreshTokenCookieName}=${token}`,
    ...(answer.cookieDomain ? [`Domain=${answer.cookieDomain}`] : []),
    ...(answer.cookieMaxAge ? [`Max-Age=${answer.cookieMaxAge}`] : []),
    `Path=${answer.cookiePath || '/'}`,
    'HttpOnly',
    'Secure',
    'SameSite=Strict',
  ].join('; ')
}
