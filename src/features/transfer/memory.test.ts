import assert from 'node:assert/strict'
import { onEveryDatabase } from '../../../test/kit.ts'
import { importUsers } from './import-users.ts'
import type { SourceBytes } from './reading/source-record.ts'

const users = 40_000
const usersPerPiece = 400
/** The file has some 20 MB; what is kept of each user is 16 to 32 bytes for each login ID. */
const allowedMebibytes = 24

const filler = 'x'.repeat(300)

async function* file(): SourceBytes {
  yield Buffer.from('{"users":[')
  for (let first = 0; first < users; first += usersPerPiece) {
    const list = Array.from({ length: usersPerPiece }, (_, index) =>
      JSON.stringify({ loginIds: [`user${first + index}@example.com`], customAttributes: { filler, number: first + index } }),
    )
    yield Buffer.from(`${first > 0 ? ',' : ''}${list.join(',\n')}`)
    // The event loop must turn for garbage to be collected as it is in a program.
    await new Promise((resolve) => setImmediate(resolve))
  }
  yield Buffer.from(']}')
}

/** What is in use after everything that can go has gone. */
function usedMebibytes(): number {
  globalThis.gc?.()
  return process.memoryUsage().heapUsed / 2 ** 20
}

onEveryDatabase('import: memory does not grow with the file', async (kit) => {
  const { setFlagsFromString } = await import('node:v8')
  setFlagsFromString('--expose-gc')
  const { runInNewContext } = await import('node:vm')
  globalThis.gc = runInNewContext('gc')
  const before = usedMebibytes()
  let most = 0
  let told = 0
  const report = await importUsers(kit.auth.deps, {
    ...{ projectId: kit.projectId, actor: { kind: 'commandLine', id: '' }, from: 'descope', source: file(), isDryRun: true },
    onProgress() {
      if (++told % 16 === 0) most = Math.max(most, usedMebibytes())
    },
  })
  assert.equal(report.imported, users)
  assert.ok(most - before < allowedMebibytes, `${Math.round(most - before)} MiB more than before`)
})
