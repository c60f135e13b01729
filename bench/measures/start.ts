import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as delay } from 'node:timers/promises'
import type { Bench } from '../bench.ts'
import { residentMib } from '../child.ts'
import { atMost, shortNumber } from '../report.ts'
import { programs, serve } from '../servers.ts'
import { median } from '../statistics.ts'

/** Time from the start of the process to the first 200 of `/readyz` on an existing database, and what the process holds a while later. */
export async function measureStart(bench: Bench): Promise<void> {
  const { rounds, settleMilliseconds } = bench.isShort ? { rounds: 1, settleMilliseconds: 500 } : { rounds: 7, settleMilliseconds: 1000 }
  for (const { database, installation } of bench.subjects) {
    for (const [how, program] of Object.entries(programs)) {
      const ready: number[] = []
      const resident: number[] = []
      const empty: number[] = []
      for (let round = 0; round < rounds; round++) {
        empty.push(await emptyStart())
        const served = await serve({ installation, program })
        ready.push(served.readyMilliseconds)
        await delay(settleMilliseconds)
        resident.push(residentMib(served.pid).now)
        await served.stop()
      }
      const name = `${database}, ${how}`
      const time = median(ready)
      const memory = median(resident)
      const raw = `an empty Node.js process takes ${shortNumber(median(empty))} ms`
      bench.report.add({ measure: 'start', name: `${name}: ready`, value: time, unit: 'ms', raw, target: atMost(time, 300) })
      bench.report.add({
        measure: 'start',
        name: `${name}: resident, idle`,
        value: memory,
        unit: 'MiB',
        raw: '',
        target: atMost(memory, 90),
      })
    }
  }
}

async function emptyStart(): Promise<number> {
  const before = performance.now()
  await once(spawn(process.execPath, ['-e', '0'], { stdio: 'ignore' }), 'exit')
  return performance.now() - before
}
