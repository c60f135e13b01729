const busy = 5

/**
 * What keeps a step of an upgrade from running now and may be gone at the next try: `locked` where another process writes to the embedded database, a sentence where transactions on
 * PostgreSQL hold a table. `undefined` for every other error.
 */
export function obstacleOf(error: unknown): string | undefined {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error
  if (!(cause instanceof Error)) return undefined
  if ('errcode' in cause && typeof cause.errcode === 'number') return (cause.errcode & 0xff) === busy ? 'locked' : undefined
  const code = 'code' in cause ? cause.code : undefined
  if (code === '55P03')
    return 'other transactions hold a table that it changes. See pg_stat_activity for long ones, end them, and start again'
  return code === '40P01' ? 'its locks and those of other transactions crossed' : undefined
}
