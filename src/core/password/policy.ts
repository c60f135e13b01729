/** The lists and scores that the policy consults; loaded once at start, which fails when they are missing or damaged (PW-07, RL-11). */
export interface PasswordRules {
  /** Whether the whole password, lower-cased, is on the bundled list of common ones. */
  isCommon(password: string): boolean
  /** The zxcvbn score, 0 to 4; `context` are words that the password must not lean on. */
  strength(password: string, context: readonly string[]): Promise<number>
}
