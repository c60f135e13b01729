/** Kinds of devices, as the contract names them in its audit trail. */
export const devices = ['Bot', 'Tablet', 'Mobile', 'Desktop', 'Unknown'] as const
export type Device = (typeof devices)[number]

/** A user agent that holds one of these texts, in lower case, is of this kind; the first that fits counts. What fits none is unknown. */
export const deviceMarks: readonly (readonly [device: Device, marks: readonly string[]])[] = [
  ['Bot', ['bot', 'crawler', 'spider', 'curl/', 'wget/']],
  ['Tablet', ['ipad', 'tablet', 'kindle']],
  ['Mobile', ['mobile', 'iphone', 'android']],
  ['Desktop', ['windows', 'macintosh', 'linux', 'x11', 'cros']],
]

export function deviceOf(userAgent: string): Device {
  const text = userAgent.toLowerCase()
  return deviceMarks.find(([, marks]) => marks.some((mark) => text.includes(mark)))?.[0] ?? 'Unknown'
}
