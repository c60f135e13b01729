import { MessageRefused } from '../core/ports.ts'
import type { HttpAnswer } from './http-post.ts'

/** The message itself is what the peer does not want. */
const aboutMessage = new Set([400, 404, 410, 413, 422])
/** It may pass by itself. */
const passing = new Set([408, 409, 425, 429])

/**
 * What an answer other than 2xx means; `undefined` for 2xx. 400, 404, 410, 413 and 422 are permanent. Others of the kinds 3xx and 4xx speak of how the operator set the two sides up, wrong credentials for
 * example, and are tried again because they are mended. The reason holds nothing that the peer wrote (IN-07).
 */
export function httpRefusal({ status, retryAfterSeconds }: Pick<HttpAnswer, 'status' | 'retryAfterSeconds'>): MessageRefused | undefined {
  if (status >= 200 && status <= 299) return undefined
  const reason = `The peer answered ${status}`
  if (aboutMessage.has(status)) return new MessageRefused(reason, true)
  if (status >= 500 || passing.has(status)) return new MessageRefused(reason, false, retryAfterSeconds)
  return new MessageRefused(`${reason}: ${hintOf(status)}`, false, retryAfterSeconds)
}

function hintOf(status: number): string {
  if (status === 401 || status === 403) return 'check the secret or the credentials'
  if (status >= 300 && status <= 399) return 'redirects are not followed, check the URL'
  return 'check the URL and what listens there'
}
