import { type DestinationStream, pino } from 'pino'
import type { Log, LogFields } from '../core/ports.ts'
import { createLineWriter } from './line-writer.ts'
import { describeCause, plainText } from './plain-text.ts'

export type LogLevel = 'debug' | 'info' | 'warn' | 'error' | 'silent'

const maxFields = 40

/** Names that every line has, which fields cannot take. */
const reserved = new Set(['level', 'time', 'event', 'error'])

/** A log, and what its end needs. */
export interface ClosableLog extends Log {
  /** Resolves when what was logged is written, or `milliseconds` are over. */
  flush(milliseconds: number): Promise<void>
}

/**
 * Makes the log: one JSON object a line on standard error, UTC time, with the number of the worker where there are several. Values are scalars, cut to length, and neither forge a line nor reach a terminal as a command (IN-08).
 * Writing is asynchronous; when nobody reads any more, or too slowly, or the disk is full, lines are lost and the server goes on (RL-06).
 */
export function createLog(options: {
  readonly level: LogLevel
  readonly destination?: DestinationStream
  readonly worker?: number
}): ClosableLog {
  const standardError = options.destination ? undefined : createLineWriter(2)
  const logger = pino(
    {
      level: options.level,
      base: options.worker === undefined ? null : { worker: options.worker },
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
    },
    standardError ?? options.destination,
  )
  const write =
    (level: 'debug' | 'info' | 'warn') =>
    (event: string, fields: LogFields = {}): void => {
      if (logger.isLevelEnabled(level)) logger[level]({ event: plainText(event), ...plainFields(fields) })
    }
  return {
    debug: write('debug'),
    info: write('info'),
    warn: write('warn'),
    error(event, cause, fields = {}) {
      logger.error({ event: plainText(event), ...plainFields(fields), error: describeCause(cause) })
    },
    flush: (milliseconds) => standardError?.flush(milliseconds) ?? Promise.resolve(),
  }
}

/** Scalars only, also where a caller got around the types. */
function plainFields(fields: LogFields): Record<string, string | number | boolean> {
  const plain: Record<string, string | number | boolean> = {}
  for (const [name, value] of Object.entries(fields).slice(0, maxFields)) {
    if (reserved.has(name)) continue
    if (typeof value === 'string') plain[name] = plainText(value)
    else if (typeof value === 'number' || typeof value === 'boolean') plain[name] = value
  }
  return plain
}
