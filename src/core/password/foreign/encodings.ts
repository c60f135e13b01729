/** Strict decoders: `undefined` for what is not exactly of the encoding. All are linear in the length of the text. */

/** Base64, padded or not. `.` stands for `+`, as passlib writes it. */
export function fromBase64(text: string): Buffer | undefined {
  const [, digits = '', padding = ''] = /^([A-Za-z0-9+/.]*)(={0,2})$/.exec(text) ?? []
  if (digits.length + padding.length !== text.length || digits.length % 4 === 1) return undefined
  if (padding !== '' && text.length % 4 !== 0) return undefined
  return Buffer.from(digits.replaceAll('.', '+'), 'base64')
}

/** Pairs of hexadecimal digits of either case. */
export function fromHex(text: string): Buffer | undefined {
  return text.length % 2 === 0 && /^[0-9a-fA-F]*$/.test(text) ? Buffer.from(text, 'hex') : undefined
}

/** Standard base64 without padding, as in PHC strings. */
export function toPhcBase64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64').replace(/=+$/, '')
}
