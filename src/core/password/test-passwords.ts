import type { Source } from '../events.ts'
import type { Clock, Metrics } from '../ports.ts'
import { PasswordSettings } from '../settings.ts'
import type { HashCaller } from './hash.ts'
import type { PasswordContext, PasswordRules } from './policy.ts'

/** What the tests of this folder share: random but repeatable input, and stand-ins for the ports. */

/** A source of numbers from 0 up to 1 that is the same in every run (mulberry32). */
export function seeded(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

/** One of a list. */
export function pick<T>(next: () => number, list: readonly T[]): T {
  const one = list[Math.floor(next() * list.length)]
  if (one === undefined) throw new Error('The list is empty')
  return one
}

const pieces = [
  ...[
    'a',
    'Z',
    '7',
    ' ',
    '-',
    '"',
    '\\',
    '<',
    '\0',
    '\n',
    '\t',
    '\u007f',
    '\u0085',
    '\u200b',
    '\u200d',
    '\u202e',
    '\ufeff',
    '\ufffd',
    '\uffff',
  ],
  ...[
    'é',
    'e\u0301',
    '\u0301',
    '\u0323',
    'q\u0323\u0307',
    'q\u0307\u0323',
    'Å',
    '\u212b',
    'ﬁ',
    '\ufdfa',
    'İ',
    'ı',
    'ß',
    'ẞ',
    'ς',
    'ǅ',
    '½',
    'Ⅷ',
  ],
  ...['한', '\u1112\u1161\u11ab', '漢', 'क्षि', '٣', '\u1f82', '\u{1d15e}', '🐎', '👩‍👩‍👧', '🇳🇱', '\u{2f800}', '\u{10ffff}'],
]
const surrogates = ['\ud800', '\udbff', '\udc00', '\udfff']

/** A hostile text of up to `maxPieces` pieces; one in five has lone surrogates. */
export function hostileText(next: () => number, maxPieces: number): string {
  const alphabet = next() < 0.2 ? [...pieces, ...surrogates] : pieces
  return Array.from({ length: Math.floor(next() * maxPieces) }, () => pick(next, alphabet)).join('')
}

/** A clock whose monotonic time is moved by hand. */
export function handClock(): Clock & { advance(milliseconds: number): void } {
  let now = 0
  return {
    nowSeconds: () => Math.floor(now / 1000),
    nowMilliseconds: () => now,
    monotonicMilliseconds: () => now,
    advance(milliseconds) {
      now += milliseconds
    },
  }
}

/** Metrics that keep what they are told: `name label=value`. */
export function keptMetrics(): Metrics & {
  readonly counted: string[]
  readonly observed: string[]
  readonly gauges: Map<string, () => unknown>
} {
  const counted: string[] = []
  const observed: string[] = []
  const gauges = new Map<string, () => unknown>()
  const line = (name: string, labels: Readonly<Record<string, string>> = {}) =>
    [name, ...Object.entries(labels).map(([label, value]) => `${label}=${value}`)].join(' ')
  return {
    counted,
    observed,
    gauges,
    count: (name, labels) => void counted.push(line(name, labels)),
    observe: (name, _seconds, labels) => void observed.push(line(name, labels)),
    gauge: (name, read) => void gauges.set(name, read),
    render: async () => ({ contentType: 'text/plain', text: '' }),
  }
}

/** A caller at an address. */
export function callerAt(ip: string, input: { readonly isTrusted?: boolean; readonly signal?: AbortSignal } = {}): HashCaller {
  const source: Source = { ip, userAgent: '', isTrusted: input.isTrusted ?? false }
  return { source, signal: input.signal ?? new AbortController().signal }
}

/** A policy with everything off but the shortest length of 4, and the given settings. */
export function policyWith(settings: Partial<PasswordSettings> = {}): PasswordSettings {
  return PasswordSettings.parse({ minLength: 4, blocklist: false, ...settings })
}

/** Nobody's password. */
export const nobody: PasswordContext = { loginIds: [], email: '', words: [] }

/** Rules with a list of three common passwords and a meter that counts characters. */
export const fakeRules: PasswordRules = {
  isCommon: (password) => ['password', 'letmein', 'sesame'].includes(password.toLowerCase()),
  strength: async (password) => Math.min(4, Math.floor([...password].length / 4)),
}
