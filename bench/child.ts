import { type ChildProcess, fork } from 'node:child_process'
import { readFileSync } from 'node:fs'

/** A helper process that answers each message with one of the same `id`. */
export interface Helper {
  readonly pid: number
  /** Sends a message and waits for its answer. Rejects with what the process says went wrong, and when it ends. */
  ask<Answer>(message: Readonly<Record<string, unknown>>): Promise<Answer>
  stop(): void
}

/** Starts a script of this folder. */
export function startHelper(script: string, words: readonly string[] = []): Helper {
  const child = fork(new URL(script, import.meta.url), words, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] })
  return { pid: child.pid ?? 0, ask: asker(child), stop: () => void child.kill('SIGKILL') }
}

type Reply = { readonly id: number; readonly error?: string } & Readonly<Record<string, unknown>>

/** Lets a process be asked over its channel. */
export function asker(child: ChildProcess): Helper['ask'] {
  let last = 0
  return <Answer>(message: Readonly<Record<string, unknown>>) =>
    new Promise<Answer>((resolve, reject) => {
      const id = ++last
      const finish = () => {
        child.off('message', onMessage)
        child.off('exit', onExit)
      }
      const onExit = () => {
        finish()
        reject(new Error('The process ended before it answered'))
      }
      const onMessage = (reply: Reply) => {
        if (reply.id !== id) return
        finish()
        if (reply.error === undefined) resolve(reply as Answer)
        else reject(new Error(reply.error))
      }
      child.on('message', onMessage)
      child.on('exit', onExit)
      child.send({ id, ...message })
    })
}

const ticksPerSecond = 100

/** Processor time that a process has used so far, in seconds, in steps of 10 ms (`/proc/PID/stat`, fields 14 and 15). */
export function processorSeconds(pid: number): number {
  const { own } = timesOf(pid)
  return own / ticksPerSecond
}

/** As `processorSeconds`, with the children of the process, also those that have ended (fields 16 and 17): the whole of a PostgreSQL server. */
export function familyProcessorSeconds(pid: number): number {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean).map(Number)
  const { own, ended } = timesOf(pid)
  return children.reduce((sum, child) => sum + processorSeconds(child), (own + ended) / ticksPerSecond)
}

/** In ticks. */
function timesOf(pid: number): { readonly own: number; readonly ended: number } {
  const text = readFileSync(`/proc/${pid}/stat`, 'utf8')
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ')
  const [user = 0, system = 0, endedUser = 0, endedSystem = 0] = fields.slice(11, 15).map(Number)
  return { own: user + system, ended: endedUser + endedSystem }
}

/** Resident memory of a process in MiB: now, and the most it ever had. */
export function residentMib(pid: number): { readonly now: number; readonly peak: number } {
  const text = readFileSync(`/proc/${pid}/status`, 'utf8')
  const kib = (name: string) => Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(text)?.[1] ?? 0)
  return { now: kib('VmRSS') / 1024, peak: kib('VmHWM') / 1024 }
}
