#!/usr/bin/env node
import { availableParallelism } from 'node:os'

// The runtime's pool of threads hashes, signs, resolves names and reads files. Its size is read when it first works, so it is set before anything is loaded: every core may
// hash, and signing still finds a thread.
process.env.UV_THREADPOOL_SIZE ||= String(availableParallelism() + 4)

// A reader that has gone (`postern user list | head`) is no failure.
process.stdout.on('error', () => undefined)

const { runCommandLine } = await import('./program.ts')
const exitCode = await runCommandLine(process.argv.slice(2))
// Output first; then the end is the end, also where a reader of the log never takes its last lines.
process.stdout.write('', () => process.exit(exitCode))
