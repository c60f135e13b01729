import { type ChildProcessByStdio, execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import type { Readable } from 'node:stream'
import { setTimeout as delay } from 'node:timers/promises'
import { promisify } from 'node:util'
import type { ServerProcess } from '../server-process.ts'
import { NotRun, type Outcome, type Plan, type Scenario, unless } from './scenario.ts'
import { refusals, type Trial, withTrial } from './trial.ts'

/** What strace makes of system calls, by name. From the tenth on, so that some things work before. */
const faults: readonly (readonly [name: string, injection: string])[] = [
  ['fsync fails', 'inject=fdatasync,fsync:error=EIO:when=10+3'],
  ['no fsync works', 'inject=fdatasync,fsync:error=EIO'],
  ['writes find no room', 'inject=pwrite64:error=ENOSPC:when=20+7'],
]

/** The disk of the embedded database fails: system calls answer errors. Attaches strace to the server (RL-01, RL-02). */
export const writesFail: Scenario = {
  id: 'F4',
  title: 'fsync and write errors, embedded database',
  database: 'sqlite',
  isInShort: true,
  async run(plan) {
    await promisify(execFile)('strace', ['--version']).catch(() => {
      throw new NotRun('there is no strace: install it')
    })
    return withTrial({}, (trial) => failWrites(plan, trial))
  },
}

async function failWrites(plan: Plan, trial: Trial): Promise<Outcome> {
  const rounds = plan.rounds ?? (plan.isShort ? 1 : 10)
  const broken: string[] = []
  let survived = 0
  for (let round = 0; round < rounds; round++) {
    for (const [name, injection] of faults) {
      const server = await trial.serve()
      trial.use(server)
      await trial.settle()
      const before = trial.endings.length
      const isAlive = await trial.underLoad(() => during(server, injection, plan.isShort ? 800 : 3_000))
      const endings = trial.endings.slice(before)
      broken.push(...unless(isAlive, `the server ended when ${name}`))
      broken.push(
        ...unless(
          endings.some(({ status }) => status >= 500),
          `nothing failed when ${name}, so nothing was tested`,
        ),
      )
      if (isAlive) survived++
    }
  }
  const server = await trial.serve()
  trial.use(server)
  await trial.underLoad(() => trial.untilWritten())
  const refused = refusals(trial.endings)
  const outcome = await trial.finish()
  return {
    figures: [['rounds', rounds * faults.length], ['survived', survived], ...outcome.figures, ['refused', refused]],
    broken: [...outcome.broken, ...new Set(broken)],
  }
}

/** Has system calls of a server fail for a while, kills it while they do, and answers whether it was alive until then. */
async function during(server: ServerProcess, injection: string, milliseconds: number): Promise<boolean> {
  const strace = spawn('strace', ['-f', '-qq', '-o', '/dev/null', '-e', injection, '-p', String(server.pid)], {
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  try {
    await untilTraced(server, strace)
    await delay(milliseconds)
    const isAlive = server.isAlive()
    // What was said to have failed must not come back from the log of the database after a crash, nor what worked be gone.
    await server.kill()
    return isAlive
  } finally {
    // It lets go of the server when it is interrupted.
    strace.kill('SIGINT')
    if (strace.exitCode === null) await once(strace, 'exit')
  }
}

/** Attaching takes a moment, in which calls still work. */
async function untilTraced(server: ServerProcess, strace: ChildProcessByStdio<null, null, Readable>): Promise<void> {
  let messages = ''
  strace.stderr.on('data', (chunk) => {
    messages += String(chunk)
  })
  for (let tries = 0; tries < 500; tries++) {
    if (strace.exitCode !== null) throw new NotRun(`strace may not attach here (${messages.trim()})`)
    const status = await readFile(`/proc/${server.pid}/status`, 'utf8').catch(() => '')
    if (/TracerPid:\s+[1-9]/.test(status)) return
    await delay(20)
  }
  throw new Error('strace does not attach')
}
