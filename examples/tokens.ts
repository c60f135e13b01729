import { refreshTokenCookieName } from '@postern/client'

/**
 * Finds the tokens of a request: the session token in `Authorization: Bearer`, the refresh token in the cookie that the sign-in set.
 * That cookie is `SameSite=Strict`, so that no other site can have a request refreshed.
 */
export function readTokens(headers: { readonly authorization?: string | undefined; readonly cookie?: string | undefined }) {
  const cookies = (headers.cookie ?? '').split(';').map((text) => text.trim())
  const cookie = cookies.find((text) => text.startsWith(`${refreshTokenCookieName}=`))
  return {
    session: /^Bearer (\S+)$/i.exec(headers.authorization ?? '')?.[1],
    refresh: cookie?.slice(refreshTokenCookieName.length + 1),
  }
}
