/**
 * Whether a text is one plain mailbox that may go on the wire: a dot-atom local part and a domain in ASCII (RFC 5321, 4.1.2). The domain's own check of
 * addresses comes before; this one holds whatever row the queue hands out (IN-05).
 */
export function isPlainAddress(text: string): boolean {
  return (
    text.length <= 254 &&
    /^[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*@(?!-)[a-z0-9-]{1,63}(?<!-)(?:\.(?!-)[a-z0-9-]{1,63}(?<!-))*$/.test(text)
  )
}
