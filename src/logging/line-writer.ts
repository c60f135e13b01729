import { write as writeDescriptor } from 'node:fs'

/** Lines that wait for a slow reader are dropped beyond this. */
const maxWaitingBytes = 4_194_304
const maxBatchBytes = 65_536
const retryMilliseconds = 100

/** Writes lines to a file descriptor without ever blocking or throwing. */
export interface LineWriter {
  write(line: string): void
  /** Resolves when what was given so far is written or lost, or `milliseconds` are over. */
  flush(milliseconds: number): Promise<void>
}

/**
 * Opens a writer on a descriptor, standard error for one. One write is under way at a time, in the runtime's pool of threads. What cannot be written, because the disk is full or
 * nobody reads any more, is lost; so are lines that come while too much waits (RL-06). pino's own destination is not used because it tries for ever to write its rest when the
 * process ends, and so keeps a server with a full disk from ending.
 */
export function createLineWriter(fd: number): LineWriter {
  let waiting: string[] = []
  let waitingBytes = 0
  let isWriting = false
  let idle: (() => void)[] = []

  function next(): void {
    if (waiting.length === 0) {
      isWriting = false
      for (const resolve of idle) resolve()
      idle = []
      return
    }
    isWriting = true
    let batch = ''
    let taken = 0
    for (const line of waiting) {
      if (taken > 0 && batch.length + line.length > maxBatchBytes) break
      batch += line
      taken++
    }
    waiting = waiting.slice(taken)
    put(Buffer.from(batch))
  }

  function put(bytes: Buffer): void {
    writeDescriptor(fd, bytes, (error, written) => {
      const isBusy = error?.code === 'EAGAIN' || error?.code === 'EBUSY'
      const rest = error && !isBusy ? bytes.subarray(bytes.length) : bytes.subarray(written)
      waitingBytes -= bytes.length - rest.length
      if (rest.length === 0) next()
      else if (isBusy) setTimeout(() => put(rest), retryMilliseconds)
      else put(rest)
    })
  }

  return {
    write(line) {
      const bytes = Buffer.byteLength(line)
      if (waitingBytes + bytes > maxWaitingBytes) return
      waiting.push(line)
      waitingBytes += bytes
      if (!isWriting) next()
    },
    flush(milliseconds) {
      if (!isWriting) return Promise.resolve()
      return new Promise((resolve) => {
        const timer = setTimeout(resolve, milliseconds)
        idle.push(() => {
          clearTimeout(timer)
          resolve()
        })
      })
    },
  }
}
