/**
 * Addresses as the mail edge accepts them. `core/users.ts` decides what may be stored; the edge checks again by itself, so that a row that was
 * written past the domain cannot bend a mail (IN-05).
 */

const atom = "[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
const label = '[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?'
const mailbox = new RegExp(`^(?=.{3,254}$)(?=.{1,64}@)${atom}(?:\\.${atom})*@(?=.{1,253}$)${label}(?:\\.${label})*$`)

/**
 * Whether the text is exactly one plain mailbox: a dot-atom local part in ASCII (64 octets at most), `@`, and a domain of letters, digits and
 * hyphens (internationalised ones in punycode); 254 octets in all (RFC 5321, 4.1.2 and 4.5.3.1). One label is enough, for `localhost`.
 * Quoted local parts, comments, lists, groups, address literals, white space and control characters are refused.
 */
export function isPlainAddress(text: string): boolean {
  return mailbox.test(text)
}

/** Who a mail comes from: an address, and the name that mail programs show (`''` for none). */
export interface MailFrom {
  readonly name: string
  readonly address: string
}

const named = /^\s*(?:"([^"\\]*)"|([^"<>\\]*?))\s*<([^<>]*)>\s*$/

/** Reads a sender, `address` or `Name <address>`; `undefined` when it is neither, or the name has control characters or more than 64 code points. */
export function parseMailFrom(text: string): MailFrom | undefined {
  if (isPlainAddress(text.trim())) return { name: '', address: text.trim() }
  const match = named.exec(text)
  const name = (match?.[1] ?? match?.[2] ?? '').trim()
  const address = match?.[3] ?? ''
  const isName = !/[\p{Cc}\p{Zl}\p{Zp}\p{Cs}]/u.test(text) && [...name].length <= 64
  return match && isName && isPlainAddress(address) ? { name, address } : undefined
}
