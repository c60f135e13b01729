#!/usr/bin/env node
import { mkdirSync, statSync } from 'node:fs'
import { enableCompileCache } from 'node:module'
import { availableParallelism } from 'node:os'
import { fileURLToPath } from 'node:url'

// The runtime's pool of threads hashes, signs, resolves names and reads files. Its size is read when it first works, so it is set before anything is loaded: every core may
// hash, and signing still finds a thread.
process.env.UV_THREADPOOL_SIZE ||= String(availableParallelism() + 4)

// A reader that has gone (`postern user list | head`) is no failure.
process.stdout.on('error', () => undefined)

// Compiled modules are kept beside the program, so that the next start is faster. What is in that folder is run: it is used only while nobody but its owner may enter it.
const compiled = fileURLToPath(new URL('../../node_modules/.cache/postern', import.meta.url))
if (isOwnFolder(compiled)) enableCompileCache(compiled)

const { runCommandLine } = await import('./program.ts')
const exitCode = await runCommandLine(process.argv.slice(2))
// Output first; then the end is the end, also where a reader of the log never takes its last lines.
process.stdout.write('', () => process.exit(exitCode))

/** Makes the folder where there is none. False where it cannot be made, or is open to others. */
function isOwnFolder(path: string): boolean {
  try {
    mkdirSync(path, { recursive: true, mode: 0o700 })
    const { uid, mode } = statSync(path)
    return uid === process.getuid?.() && (mode & 0o077) === 0
  } catch {
    return false
  }
}
