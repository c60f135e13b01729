import type { Migration } from '../migrate.ts'
import { initial } from './0001-initial.ts'
import { management } from './0002-management.ts'
import { imports } from './0003-imports.ts'
import { messages } from './0004-messages.ts'
import { processes } from './0005-processes.ts'
import { unanswered } from './0006-unanswered.ts'

/** Every migration, in order: one line each, never changed after a release. */
export const migrations: readonly Migration[] = [initial, management, imports, messages, processes, unanswered]
