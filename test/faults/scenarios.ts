import { databaseKilled } from './database-kill.ts'
import { databaseHangs } from './hang.ts'
import { killed, killedOnPostgres } from './kills.ts'
import { exhausted } from './locks.ts'
import type { Scenario } from './scenario.ts'

/** Every fault that is caused here, in the order of the security bar. F13 and F14 have suites of their own, see docs/faults.md. */
export const scenarios: readonly Scenario[] = [killed, killedOnPostgres, databaseKilled, databaseHangs, exhausted]
