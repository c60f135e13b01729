import { destination as openDestination, type DestinationStream, type Logger, pino } from 'pino'
import type { Log, LogFields } from '../core/ports.ts'

export type LogLevel = 'debug' | 'info' | 'warn' | 'error' | 'silent'

/**
 * Makes the log: one JSON object a line on standard error, UTC time. Values are scalars and are escaped by JSON, so that no value forges a line (IN-08). Writing is
 * asynchronous; when nobody reads any more or the disk is full, lines are lost and the server goes on (RL-06).
 */
export function createLog(options: { readonly level: LogLevel; readonly destination?: DestinationStream }): Log {
  const logger = pino(
    { level: options.level, base: null, timestamp: pino.stdTimeFunctions.isoTime, formatters: { level: (label) => ({ level: label }) } },
    options.destination ?? standardError(),
  )
  const write = (level: 'debug' | 'info' | 'warn') => (event: string, fields: LogFields = {}) => logger[level]({ event, ...fields })
  return {
    debug: write('debug'),
    info: write('info'),
    warn: write('warn'),
    error: (event, cause, fields = {}) => writeError(logger, event, cause, fields),
  }
}

function standardError(): DestinationStream {
  const stream = openDestination({ fd: 2, sync: false, minLength: 0 })
  stream.on('error', () => undefined)
  return stream
}

/** Name, message and stack; members that libraries hang on errors (queries, addresses, responses) stay out. */
function writeError(logger: Logger, event: string, cause: unknown, fields: LogFields): void {
  const error = cause instanceof Error ? cause : new Error(typeof cause === 'string' ? cause : 'Thrown value is not an error')
  logger.error({ event, ...fields, errorName: error.name, errorMessage: error.message, stack: error.stack })
}
