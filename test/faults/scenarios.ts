import { killed, killedOnPostgres } from './kills.ts'
import type { Scenario } from './scenario.ts'

/** Every fault that is caused here, in the order of the security bar. F13 and F14 have suites of their own, see docs/faults.md. */
export const scenarios: readonly Scenario[] = [killed, killedOnPostgres]
