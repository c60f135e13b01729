import { once } from 'node:events'
import { UpgradeStopped } from '../../src/storage/migrate.ts'
import { longUpgrade } from './long-upgrade.ts'

/**
 * A process that brings a database up to a long upgrade, for tests to kill: `URL STEPS [STEP.POINT]`. It says where it is, a line each, and stays at the point that was named
 * until it is killed or standard input ends.
 */
const [url = '', steps = '', hold] = process.argv.slice(2)
const say = (line: string) => new Promise((resolve) => process.stdout.write(`${line}\n`, resolve))

const migrations = longUpgrade(Number(steps), async (step, point) => {
  await say(`${step}.${point}`)
  if (hold === `${step}.${point}`) await once(process.stdin.resume(), 'end')
})
const stopping = new AbortController()
process.once('SIGTERM', () => {
  stopping.abort()
  void say('SIGTERM')
})
const upgrade = { signal: stopping.signal, onUpgrade: (event: string) => void say(event) }

/** Loads no more than it takes: tests start many of these. */
async function open() {
  const file = /^sqlite:(.+)$/.exec(url)?.[1]
  if (file) return (await import('../../src/storage/sqlite.ts')).openSqlite({ file, migrations, ...upgrade, waitMilliseconds: 100 })
  return (await import('../../src/storage/postgres.ts')).openPostgres({ url, migrations, ...upgrade })
}

try {
  const storage = await open()
  await storage.close()
  await say('open')
} catch (error) {
  if (!(error instanceof UpgradeStopped)) throw error
  await say('stopped')
}
process.exit()
