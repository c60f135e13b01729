import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import type { QueryResult } from 'kysely'
import type { SqliteConnection } from './sqlite-connection.ts'
import type { WorkerAnswer, WorkerQuery, WorkerStart } from './sqlite-worker.ts'

// The file that is running says which of the two is beside it.
const worker = new URL(import.meta.url.endsWith('.ts') ? './sqlite-worker.ts' : './sqlite-worker.js', import.meta.url)

interface Waiting {
  resolve(answer: QueryResult<never>): void
  reject(error: Error): void
}

/** As `openOnThread`, at the first query, and once more at the first after the thread has ended for whatever reason. For reading: a transaction does not outlive its thread. */
export function openOnThreadWhenAsked(start: WorkerStart): SqliteConnection {
  let opened: Promise<SqliteConnection> | undefined
  const forget = () => {
    opened = undefined
  }
  return {
    async execute(sql, parameters) {
      opened ??= openOnThread(start, forget)
      return (await opened).execute(sql, parameters)
    },
    isInTransaction: () => false,
    close: async () => (await opened)?.close(),
  }
}

/**
 * Opens a database on a thread of its own. Its schema must be there. Resolves when it can be asked, and rejects when it cannot be opened. `onEnd` is told when
 * the thread is no more.
 */
export async function openOnThread(start: WorkerStart, onEnd?: () => void): Promise<SqliteConnection> {
  const thread = new Worker(worker, { workerData: start })
  const waiting: Waiting[] = []
  let isInTransaction = false
  let failure: Error | undefined
  thread.on('message', (answer: WorkerAnswer) => {
    isInTransaction = answer.isInTransaction
    const asked = waiting.shift()
    if ('rows' in answer) asked?.resolve(resultOf(answer))
    else asked?.reject(Object.assign(new Error(answer.message), { errcode: answer.errcode }))
  })
  const fail = (error: Error) => {
    // An error is followed by the exit, when another thread may be there already.
    if (failure) return
    failure = error
    onEnd?.()
    for (const asked of waiting.splice(0)) asked.reject(error)
  }
  thread.on('error', fail).on('exit', () => fail(new Error('The thread of the database has ended')))
  await once(thread, 'online')
  return {
    execute: (sql, parameters) =>
      new Promise((resolve, reject) => {
        if (failure) {
          reject(failure)
          return
        }
        waiting.push({ resolve, reject })
        thread.postMessage({ sql, parameters } satisfies WorkerQuery)
      }),
    isInTransaction: () => isInTransaction,
    async close() {
      if (failure) return
      const ended = once(thread, 'exit')
      thread.postMessage('close')
      await ended
    },
  }
}

function resultOf({ rows, numAffectedRows }: Extract<WorkerAnswer, { rows: unknown }>): QueryResult<never> {
  return { rows: [...rows], ...(numAffectedRows === undefined ? {} : { numAffectedRows }) }
}
