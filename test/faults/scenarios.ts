import { backedUp, backedUpOnPostgres } from './backups.ts'
import { partsBroken } from './broken-parts.ts'
import { clocksDiffer } from './clocks.ts'
import { commitsCut } from './cut-commits.ts'
import { databaseKilled } from './database-kill.ts'
import { diskFull } from './disk-full.ts'
import { fewFiles } from './few-files.ts'
import { databaseHangs } from './hang.ts'
import { killed, killedOnPostgres } from './kills.ts'
import { exhausted } from './locks.ts'
import { logsLost } from './lost-logs.ts'
import { mailTrouble } from './mail-trouble.ts'
import { memorySqueezed } from './memory.ts'
import { postgresDiskFull } from './postgres-disk-full.ts'
import { rollingRestarts } from './restarts.ts'
import type { Scenario } from './scenario.ts'
import { databaseSlow } from './slow-database.ts'
import { writesFail } from './write-errors.ts'

/** Every fault that is caused here, in the order of the security bar. F14 has a suite of its own. */
export const scenarios: readonly Scenario[] = [
  killed,
  killedOnPostgres,
  databaseKilled,
  writesFail,
  databaseHangs,
  databaseSlow,
  commitsCut,
  exhausted,
  diskFull,
  logsLost,
  postgresDiskFull,
  clocksDiffer,
  rollingRestarts,
  backedUp,
  backedUpOnPostgres,
  partsBroken,
  mailTrouble,
  memorySqueezed,
  fewFiles,
]
