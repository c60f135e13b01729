import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { restoreBackup } from '../../src/backups.ts'
import { parseOptions } from '../../src/options.ts'

/**
 * A process that restores a backup and stays in the middle of it until it is killed, for tests: `URL FILE KEY BYTES`. It gets no more than so many bytes of the file once it loads, and says
 * `loading` when it asks for more.
 */
const [database = '', file = '', key = '', bytes = ''] = process.argv.slice(2)
const backup = readFileSync(file)
let reads = 0

/** The file is read for its header, to be checked, and to be loaded. */
async function* open(): AsyncGenerator<Uint8Array> {
  const isLoad = ++reads === 3
  yield backup.subarray(0, Number(bytes))
  if (isLoad) {
    process.stdout.write('loading\n')
    await once(process.stdin.resume(), 'end')
  }
  yield backup.subarray(Number(bytes))
}

const options = parseOptions({ flags: { database, outbox: true }, environment: {}, file: undefined })
const masterKey = Buffer.from(key, 'base64url')
await restoreBackup({ options, masterKey, endSessions: true, nowSeconds: 1_790_000_000, open })
