import { readFileSync } from 'node:fs'

/**
 * Loaded into a server before its own code (`--import`): its wall clock is off by the seconds that a file says, whose path is in the search of this module's address, and follows
 * the file. The monotonic clock stays as it is, as when somebody sets the time.
 */
const file = new URL(import.meta.url).searchParams.get('file') ?? ''
const lookMilliseconds = 20

const RealDate = Date
let offsetMilliseconds = 0
let lookedAt = Number.NEGATIVE_INFINITY

function now(): number {
  const at = performance.now()
  if (at - lookedAt > lookMilliseconds) {
    lookedAt = at
    offsetMilliseconds = Number(readFileSync(file, 'utf8')) * 1000
  }
  return RealDate.now() + offsetMilliseconds
}

globalThis.Date = new Proxy(RealDate, {
  construct: (target, given: unknown[]) => Reflect.construct(target, given.length === 0 ? [now()] : given),
  get: (target, name) => (name === 'now' ? now : Reflect.get(target, name)),
})
