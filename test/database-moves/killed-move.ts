import { moveDatabase } from '../../src/storage/moving/move.ts'

/** Moves a database and is killed in a phase: `killed-move.ts FROM TO PHASE`. */

const [from = '', to = '', killedIn = ''] = process.argv.slice(2)

await moveDatabase({
  from: { database: from },
  to: { database: to },
  keepsSourceOpen: false,
  async onPhase(phase) {
    if (phase !== killedIn) return
    process.kill(process.pid, 'SIGKILL')
    // Until it has happened.
    await new Promise(() => undefined)
  },
})
