/**
 * Waits for statements of a transaction that do not wait for one another. They were begun by being written down as arguments, and the database runs them in that order; over a network they leave in one go.
 * Throws what the first of them in the order threw, once all have ended: what fails behind it may fail because of it.
 *
 *     await together(tx.users.noteSignIn(…), tx.sessions.insert(record), recordEvent(deps, tx, event))
 */
export async function together<T extends readonly unknown[]>(...begun: { readonly [I in keyof T]: Promise<T[I]> }): Promise<T> {
  const ended = await Promise.allSettled(begun)
  const failed = ended.find((one) => one.status === 'rejected')
  if (failed) throw failed.reason
  return ended.map((one) => (one as PromiseFulfilledResult<unknown>).value) as unknown as T
}
