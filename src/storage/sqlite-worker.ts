import { DatabaseSync } from 'node:sqlite'
import { parentPort, workerData } from 'node:worker_threads'
import { connectionOf } from './sqlite-connection.ts'

/** A thread with a database, started by `sqlite-thread.ts`: of an import, so that the next users are read and checked while it writes, or for searches. */

export interface WorkerStart {
  readonly file: string
  /** Statements that prepare the connection. */
  readonly pragmas: readonly string[]
}

export interface WorkerQuery {
  readonly sql: string
  readonly parameters: readonly unknown[]
}

export type WorkerAnswer =
  | { readonly rows: readonly never[]; readonly numAffectedRows: bigint | undefined; readonly isInTransaction: boolean }
  | { readonly message: string; readonly errcode: number | undefined; readonly isInTransaction: boolean }

const { file, pragmas }: WorkerStart = workerData
const database = new DatabaseSync(file, { enableForeignKeyConstraints: true, timeout: 2_500, defensive: true })
for (const pragma of pragmas) database.exec(pragma)
const connection = connectionOf(database)

function answerTo({ sql, parameters }: WorkerQuery): WorkerAnswer {
  try {
    const { rows, numAffectedRows } = connection.execute(sql, parameters)
    return { rows, numAffectedRows, isInTransaction: connection.isInTransaction() }
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error)
    const errcode = error instanceof Error && 'errcode' in error && typeof error.errcode === 'number' ? error.errcode : undefined
    return { message, errcode, isInTransaction: connection.isInTransaction() }
  }
}

parentPort?.on('message', (query: WorkerQuery | 'close') => {
  if (query !== 'close') {
    parentPort?.postMessage(answerTo(query))
    return
  }
  database.close()
  parentPort?.close()
})
