import type { Storage } from '../../src/core/storage.ts'

/** A storage of which a test can make any call fail. */
export interface FailingStorage {
  readonly storage: Storage
  /** From now on calls of these names fail, for example `attempts.take`, `transaction`, or `*` for all. Without names all work again. */
  fail(...names: readonly string[]): void
  /** How many calls have failed. */
  failures(): number
  /** Names of all calls so far. */
  readonly called: Set<string>
  /** The same in their order, each time; a test may empty it. */
  readonly calls: string[]
}

/** Wraps a storage; calls inside transactions go by the same names. */
export function failingStorage(inner: Storage): FailingStorage {
  let broken: ReadonlySet<string> = new Set()
  let failures = 0
  const called = new Set<string>()
  const calls: string[] = []

  const before = (name: string, given: readonly unknown[] = []) => {
    called.add(name)
    calls.push(name)
    if (!broken.has(name) && !broken.has('*')) return
    failures++
    // Drivers hang what they were given on their errors.
    throw Object.assign(new Error('The database does not answer'), { parameters: given, detail: JSON.stringify(given) })
  }
  const wrapped = (storage: Storage): Storage =>
    new Proxy(storage, {
      get(target, name: keyof Storage & string) {
        const member: unknown = target[name]
        if (name === 'transaction') {
          return async (run: (tx: Storage) => Promise<unknown>) => {
            before(name)
            return target.transaction((tx) => run(wrapped(tx)))
          }
        }
        if (typeof member === 'function') return guarded(name, member.bind(target))
        return new Proxy(member as object, {
          get: (noun, verb: string) => guarded(`${name}.${verb}`, (noun as Record<string, (...given: unknown[]) => unknown>)[verb]),
        })
      },
    })
  const guarded =
    (name: string, call: ((...given: unknown[]) => unknown) | undefined) =>
    async (...given: unknown[]) => {
      before(name, given)
      return call?.(...given)
    }
  return {
    storage: wrapped(inner),
    fail(...names) {
      broken = new Set(names)
    },
    failures: () => failures,
    called,
    calls,
  }
}
