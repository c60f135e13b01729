#!/usr/bin/env node
import { availableParallelism } from 'node:os'

// The runtime's pool of threads hashes, signs, resolves names and reads files. Its size is read when it first works, so it is set before anything is loaded: every core may hash, and
// signing still finds a thread.
process.env.UV_THREADPOOL_SIZE ??= String(availableParallelism() + 4)

const { runCommandLine } = await import('./program.ts')
process.exitCode = await runCommandLine(process.argv.slice(2))
