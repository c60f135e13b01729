import type { PasswordSettings } from '../settings.ts'

/** The lists and scores that the policy consults; loaded once at start, which fails when they are missing or damaged (PW-07, RL-11). */
export interface PasswordRules {
  /** Whether the whole password, lower-cased, is on the bundled list of common ones. */
  isCommon(password: string): boolean
  /** The zxcvbn score, 0 to 4; `context` are words that the password must not lean on. */
  strength(password: string, context: readonly string[]): Promise<number>
}

/** Ceilings that no setting moves (PW-05): what is longer is refused when set, and is never right at sign-in. */
export const maxCodePoints = 256
export const maxBytes = 1024

/** A rule that a password breaks. `rule` is for programs, `text` for people. */
export interface BrokenRule {
  readonly rule: string
  /** The number or the text that the rule demands, where it has one. */
  readonly required?: number | string
  readonly text: string
}

/** Whose password it is: words that it must not be. */
export interface PasswordContext {
  readonly loginIds: readonly string[]
  readonly email: string
  /** Further words, for example the name of the project. */
  readonly words: readonly string[]
}

/** The form in which a password is measured and hashed: NFC, and nothing else is changed (NIST SP 800-63B-4, 3.1.1.2; PW-06). */
export function normalisePassword(password: string): string {
  return password.normalize('NFC')
}

/** Whether a password can be hashed at all: well-formed Unicode within the ceilings. */
export function isHashable(password: string): boolean {
  if (password.length > maxBytes || !password.isWellFormed()) return false
  const normal = normalisePassword(password)
  return codePoints(normal) <= maxCodePoints && Buffer.byteLength(normal) <= maxBytes
}

function codePoints(text: string): number {
  let count = 0
  for (const _ of text) count++
  return count
}

interface SimpleRule {
  readonly rule: string
  readonly isOn: (policy: PasswordSettings) => boolean
  readonly isMet: (password: string, policy: PasswordSettings) => boolean
  readonly required?: (policy: PasswordSettings) => number | string
  readonly text: (policy: PasswordSettings) => string
}

/** Rules that need nothing but the password, in the order in which they are told. */
const simpleRules: readonly SimpleRule[] = [
  {
    rule: 'minLength',
    isOn: () => true,
    isMet: (password, { minLength }) => codePoints(password) >= minLength,
    required: ({ minLength }) => minLength,
    text: ({ minLength }) => `Use at least ${minLength} characters.`,
  },
  {
    rule: 'anyLetter',
    isOn: (policy) => policy.anyLetter,
    isMet: (password) => /\p{L}/u.test(password),
    text: () => 'Use at least one letter.',
  },
  {
    rule: 'lowercase',
    isOn: (policy) => policy.lowercase,
    isMet: (password) => /\p{Ll}/u.test(password),
    text: () => 'Use at least one lowercase letter.',
  },
  {
    rule: 'uppercase',
    isOn: (policy) => policy.uppercase,
    isMet: (password) => /\p{Lu}/u.test(password),
    text: () => 'Use at least one uppercase letter.',
  },
  { rule: 'number', isOn: (policy) => policy.number, isMet: (password) => /\p{Nd}/u.test(password), text: () => 'Use at least one digit.' },
  {
    rule: 'nonAlphanumeric',
    isOn: (policy) => policy.nonAlphanumeric,
    isMet: (password) => /[^\p{L}\p{Nd}]/u.test(password),
    text: () => 'Use at least one character that is neither a letter nor a digit.',
  },
  {
    rule: 'disallowedCharacters',
    isOn: (policy) => policy.disallowedCharacters !== '',
    isMet: (password, { disallowedCharacters }) => {
      const forbidden = new Set(normalisePassword(disallowedCharacters))
      return ![...password].some((character) => forbidden.has(character))
    },
    required: ({ disallowedCharacters }) => disallowedCharacters,
    text: ({ disallowedCharacters }) => `Do not use any of these characters: ${disallowedCharacters}`,
  },
]

/**
 * Lists the rules that a new password breaks, in policy order; empty means acceptable. Length counts Unicode code points of the NFC form (NIST SP 800-63B-4,
 * 3.1.1.2). Words only refuse a password that is them, or simple repeats of them, as a whole: containing one is fine (PW-07). Never throws.
 */
export async function brokenRules(
  policy: PasswordSettings,
  password: string,
  context: PasswordContext,
  rules: PasswordRules,
): Promise<BrokenRule[]> {
  if (!password.isWellFormed()) return [{ rule: 'wellFormed', text: 'The password holds broken Unicode characters.' }]
  if (!isHashable(password)) {
    return [{ rule: 'maxLength', required: maxCodePoints, text: `Use at most ${maxCodePoints} characters (${maxBytes} bytes).` }]
  }
  const normal = normalisePassword(password)
  const broken = simpleRules
    .filter((rule) => rule.isOn(policy) && !rule.isMet(normal, policy))
    .map(({ rule, required, text }) => ({ rule, ...(required ? { required: required(policy) } : {}), text: text(policy) }))
  const lower = normal.toLowerCase()
  if (policy.disallowEmailMatch && emailWords(context.email).includes(lower)) {
    broken.push({ rule: 'disallowEmailMatch', text: 'Do not use your e-mail address as the password.' })
  }
  if (policy.blocklist && rules.isCommon(normal)) {
    broken.push({ rule: 'blocklist', text: 'This password is too common. Choose another one.' })
  } else if (policy.blocklist && isOfContext(lower, context)) {
    broken.push({ rule: 'context', text: 'Do not use your name, address or the name of the service as the password.' })
  }
  if (policy.enablePasswordStrength && broken.length === 0) {
    const score = await rules.strength(normal, contextWords(context))
    const required = policy.passwordStrengthScore
    if (score < required)
      broken.push({ rule: 'strength', required, text: 'This password is too easy to guess. Make it longer or less usual.' })
  }
  return broken
}

function emailWords(email: string): readonly string[] {
  const lower = email.normalize('NFC').toLowerCase()
  const local = lower.split('@')[0] ?? ''
  return lower === '' ? [] : [lower, local]
}

function contextWords({ loginIds, email, words }: PasswordContext): readonly string[] {
  const all = [
    ...loginIds.flatMap(emailWords),
    ...emailWords(email),
    ...words.map((word) => word.normalize('NFC').toLowerCase()),
    'postern',
  ]
  return [...new Set(all)].filter((word) => word.length >= 3)
}

/** Whether the whole password is a word of the context, or that word over and over. */
function isOfContext(lower: string, context: PasswordContext): boolean {
  return contextWords(context).some((word) => lower.length % word.length === 0 && word.repeat(lower.length / word.length) === lower)
}

/** The sentences of the rules in force, for people who choose a password. */
export function describePolicy(policy: PasswordSettings): readonly string[] {
  const simple = simpleRules.filter((rule) => rule.isOn(policy)).map((rule) => rule.text(policy))
  return [
    ...simple,
    ...(policy.disallowEmailMatch ? ['Do not use your e-mail address.'] : []),
    ...(policy.blocklist ? ['Common passwords are refused.'] : []),
    ...(policy.enablePasswordStrength ? ['Passwords that are easy to guess are refused.'] : []),
    ...(policy.reuse ? [`Your last ${policy.reuseAmount} passwords are refused.`] : []),
  ]
}

/** What `GET /v1/auth/password/policy` answers: exactly what is enforced (PW-09). */
export function policyAnswer(policy: PasswordSettings) {
  return {
    minLength: policy.minLength,
    maxLength: maxCodePoints,
    lowercase: policy.lowercase,
    uppercase: policy.uppercase,
    number: policy.number,
    nonAlphanumeric: policy.nonAlphanumeric,
    anyLetter: policy.anyLetter,
    disallowedCharacters: policy.disallowedCharacters,
    disallowEmailMatch: policy.disallowEmailMatch,
    blocklist: policy.blocklist,
    strengthScoreEnabled: policy.enablePasswordStrength,
    strengthScore: policy.passwordStrengthScore,
    expiration: policy.expiration,
    expirationWeeks: policy.expirationWeeks,
    reuse: policy.reuse,
    reuseAmount: policy.reuseAmount,
  }
}
