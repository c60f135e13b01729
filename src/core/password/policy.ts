import type { PasswordSettings } from '../settings.ts'

/** The lists and scores that the policy consults; loaded once at start, which fails when they are missing or damaged (PW-07, RL-11). */
export interface PasswordRules {
  /** Whether the whole password, lower-cased, is on the bundled list of common ones. */
  isCommon(password: string): boolean
  /** The zxcvbn score, 0 to 4; `context` are words that the password must not lean on. */
  strength(password: string, context: readonly string[]): Promise<number>
}

/**
 * The ceiling that no setting moves (PW-05): a longer password is refused when set, and is never right at sign-in. 256 code points are never more than
 * 1 024 bytes of UTF-8.
 */
export const maxCodePoints = 256

/** UTF-16 units beyond which no text can have an NFC form of 256 code points: a composed one comes from at most four, of two units each. */
const maxUnits = maxCodePoints * 4 * 2

/** A rule that a password breaks. `rule` is for programs, `text` for people. */
export interface BrokenRule {
  readonly rule: string
  /** The number or the text that the rule demands, where it has one. */
  readonly required?: number | string
  /** A sentence without its full stop. */
  readonly text: string
}

/** Whose password it is: words that it must not be. */
export interface PasswordContext {
  readonly loginIds: readonly string[]
  readonly email: string
  /** Further words, for example the name of the project. */
  readonly words: readonly string[]
}

/**
 * The form in which a password is measured and hashed: NFC, and nothing else is changed (NIST SP 800-63B-4, 3.1.1.2; PW-06). Lone surrogates
 * stay as they are; `passwordProblem` finds them.
 */
export function normalisePassword(password: string): string {
  return password.normalize('NFC')
}

/**
 * Says why a password cannot be hashed at all, whatever the policy: longer than the ceiling, or ill-formed Unicode, of which UTF-8 would fold many
 * into one. `undefined` when it can. Takes no longer for a longer text.
 */
export function passwordProblem(password: string): BrokenRule | undefined {
  if (password.length > maxUnits || codePoints(normalisePassword(password)) > maxCodePoints) {
    return { rule: 'maxLength', required: maxCodePoints, text: maxLengthText }
  }
  return password.isWellFormed() ? undefined : { rule: 'wellFormed', text: 'Must not contain broken Unicode characters' }
}

const maxLengthText = `Must have at most ${maxCodePoints} characters`

function codePoints(text: string): number {
  let count = 0
  for (const _ of text) count++
  return count
}

/** A password under examination: its NFC form, its owner, and the lists. */
interface Candidate {
  readonly password: string
  readonly context: PasswordContext
  readonly rules: PasswordRules
}

interface Rule {
  readonly rule: string
  readonly isOn: (policy: PasswordSettings) => boolean
  readonly isMet: (candidate: Candidate, policy: PasswordSettings) => boolean | Promise<boolean>
  readonly required?: (policy: PasswordSettings) => number | string
  readonly text: (policy: PasswordSettings) => string
}

/** A rule that looks for characters of a class. */
function needs(rule: 'anyLetter' | 'lowercase' | 'uppercase' | 'number' | 'nonAlphanumeric', pattern: RegExp, text: string): Rule {
  return { rule, isOn: (policy) => policy[rule], isMet: ({ password }) => pattern.test(password), text: () => text }
}

/** Every rule, in policy order. */
const policyRules: readonly Rule[] = [
  {
    rule: 'minLength',
    isOn: () => true,
    isMet: ({ password }, { minLength }) => codePoints(password) >= minLength,
    required: ({ minLength }) => minLength,
    text: ({ minLength }) => `Must have at least ${minLength} characters`,
  },
  needs('anyLetter', /\p{L}/u, 'Must have at least one letter'),
  needs('lowercase', /\p{Ll}/u, 'Must have at least one lowercase letter'),
  needs('uppercase', /\p{Lu}/u, 'Must have at least one uppercase letter'),
  needs('number', /\p{Nd}/u, 'Must have at least one digit'),
  // Marks belong to the letters that they stand on.
  needs('nonAlphanumeric', /[^\p{L}\p{M}\p{Nd}]/u, 'Must have at least one character that is neither a letter nor a digit'),
  {
    rule: 'disallowedCharacters',
    isOn: ({ disallowedCharacters }) => disallowedCharacters !== '',
    isMet: ({ password }, policy) => {
      const forbidden = forbiddenCharacters(policy)
      return ![...password].some((character) => forbidden.has(character))
    },
    required: ({ disallowedCharacters }) => disallowedCharacters,
    text: (policy) => `Must not have any of these characters: ${[...forbiddenCharacters(policy)].map(shown).join(' ')}`,
  },
  {
    rule: 'disallowEmailMatch',
    isOn: (policy) => policy.disallowEmailMatch,
    isMet: ({ password, context }) => !addressWords(context.email).includes(fold(password)),
    text: () => 'Must not be your e-mail address, nor the part of it before the @',
  },
  {
    rule: 'common',
    isOn: (policy) => policy.blocklist,
    isMet: ({ password, rules }) => !rules.isCommon(password),
    text: () => 'Must not be one of the most common passwords',
  },
  {
    rule: 'context',
    isOn: (policy) => policy.blocklist,
    isMet: ({ password, context }) => !contextWords(context).some((word) => isRepeated(word, fold(password))),
    text: () => 'Must not be your login ID, your e-mail address or the name of this service, once or repeated',
  },
  {
    rule: 'strength',
    isOn: (policy) => policy.enablePasswordStrength && policy.passwordStrengthScore > 0,
    isMet: async ({ password, context, rules }, policy) =>
      (await rules.strength(password, contextWords(context))) >= policy.passwordStrengthScore,
    required: ({ passwordStrengthScore }) => passwordStrengthScore,
    text: () => 'Must be harder to guess: make it longer or less usual',
  },
]

/**
 * Lists the rules that a new password breaks, in policy order; empty means acceptable. A password that cannot be hashed breaks that one rule and is not
 * looked at further. Length counts Unicode code points of the NFC form (NIST SP 800-63B-4, 3.1.1.2).
 *
 * `disallowEmailMatch`, `common` and `context` refuse a password that is the e-mail address, its local part or a listed word *as a whole*, whatever its
 * case; one that contains it is fine. The contract says "not the user's e-mail address nor its local part" (protocol, settings), and PW-07 forbids refusals for
 * substrings. `context` also refuses a word that is repeated (`annaanna`).
 */
export async function brokenRules(
  policy: PasswordSettings,
  password: string,
  context: PasswordContext,
  rules: PasswordRules,
): Promise<BrokenRule[]> {
  const problem = passwordProblem(password)
  if (problem) return [problem]
  const candidate = { password: normalisePassword(password), context, rules }
  const broken: BrokenRule[] = []
  for (const { rule, isOn, isMet, required, text } of policyRules) {
    if (!isOn(policy) || (await isMet(candidate, policy))) continue
    broken.push({ rule, ...(required && { required: required(policy) }), text: text(policy) })
  }
  return broken
}

/** Words are compared in lower case. */
function fold(text: string): string {
  return text.normalize('NFC').toLowerCase()
}

function forbiddenCharacters({ disallowedCharacters }: PasswordSettings): ReadonlySet<string> {
  return new Set(disallowedCharacters.normalize('NFC'))
}

function shown(character: string): string {
  return character === ' ' ? 'space' : character
}

/** A login ID or an address, and what stands before its last @; nothing for an empty one. */
function addressWords(address: string): readonly string[] {
  const folded = fold(address)
  const at = folded.lastIndexOf('@')
  return [folded, ...(at > 0 ? [folded.slice(0, at)] : [])].filter((word) => word !== '')
}

function contextWords({ loginIds, email, words }: PasswordContext): readonly string[] {
  const all = ['postern', ...words.map(fold), ...addressWords(email), ...loginIds.flatMap(addressWords)]
  return [...new Set(all)].filter((word) => word !== '')
}

function isRepeated(word: string, text: string): boolean {
  const times = text.length / word.length
  return times >= 1 && text === word.repeat(times)
}

/** The rules in force as sentences, for people who choose a password. */
export function describePolicy(policy: PasswordSettings): readonly string[] {
  const [minLength, ...others] = policyRules.filter((rule) => rule.isOn(policy)).map((rule) => rule.text(policy))
  const reuse = policy.reuse ? [`Must not be one of your last ${policy.reuseAmount} passwords`] : []
  return [minLength, maxLengthText, ...others, ...reuse].map((text) => `${text}.`)
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
