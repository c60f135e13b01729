import { readdir, readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { basename, join } from 'node:path'
import { run } from 'node:test'
import { spec } from 'node:test/reporters'
import { missingChromium } from '../test/browser/chromium.ts'
import { startPostgres } from '../test/postgres.ts'
import { publish, type Result } from './compat.ts'
import { parseCheckName } from './databases.ts'
import { checkPython } from './python.ts'

/** The SDKs that test files drive. */
const drivenSdks = [
  { sdk: 'Node.js', package: '@descope/node-sdk', drives: (file: string) => !isOfBrowser(file) },
  { sdk: 'Browser', package: '@descope/web-js-sdk', drives: isOfBrowser },
] as const

function isOfBrowser(file: string): boolean {
  return basename(file).startsWith('browser')
}

/**
 * `npm run conformance`: every check on every database that this machine can run, then the compatibility table. `--check` compares the table instead of
 * writing it. File names run those files alone, without the table. Under CI, PostgreSQL must be there.
 */
async function main(): Promise<number> {
  const given = process.argv.slice(2)
  const isCheck = given.includes('--check')
  const named = given.filter((argument) => !argument.startsWith('--'))
  if (missingChromium) process.stdout.write(`browser: none, the browser SDK is NOT tested (${missingChromium})\n`)
  const postgres = await startPostgres()
  if ('reason' in postgres) {
    process.stdout.write(`databases: embedded only (${postgres.reason})\n`)
    if (process.env.CI === 'true') return 1
    return check(named, isCheck)
  }
  try {
    process.env.POSTERN_TEST_POSTGRES_URL = postgres.url
    return await check(named, isCheck)
  } finally {
    await postgres.stop()
  }
}

async function check(named: readonly string[], isCheck: boolean): Promise<number> {
  const found = (await readdir(import.meta.dirname)).filter((name) => name.endsWith('.test.ts'))
  const files = named.length > 0 ? named : found.map((name) => join(import.meta.dirname, name))
  const { results: driven, failures } = await runFiles(files.toSorted())
  const results = [...driven, ...(named.length > 0 ? [] : await runPython())]
  const failed = results.filter(({ isPassed }) => !isPassed).length
  process.stdout.write(`conformance: ${results.length - failed} of ${results.length} checks pass\n`)
  const isFailed = failed > 0 || failures > 0
  if (named.length > 0 || (isFailed && isCheck)) return isFailed ? 1 : 0
  const isFresh = await publish(results, isCheck)
  if (!isFresh) process.stderr.write('docs/compat.md is not what this run says: run "npm run conformance" and commit it\n')
  return !isFailed && isFresh ? 0 : 1
}

/** Nothing, with a line that says why, where the SDK cannot be had: its rows of the table stay as they are. */
async function runPython(): Promise<readonly Result[]> {
  const python = await checkPython(process.env.POSTERN_TEST_POSTGRES_URL)
  if ('results' in python) return python.results
  process.stdout.write(`skipped: the Python SDK (${python.reason})\n`)
  return []
}

/** Runs test files, those of one SDK after those of the other, and gathers what their checks say. */
async function runFiles(files: readonly string[]): Promise<{ results: readonly Result[]; failures: number }> {
  const stopping = new AbortController()
  process.once('SIGINT', () => stopping.abort()).once('SIGTERM', () => stopping.abort())
  const results: Result[] = []
  let failures = 0
  for (const { sdk, package: name, drives } of drivenSdks) {
    const version = await versionOf(name)
    await runTests(files.filter(drives), stopping.signal, (test, isPassed) => {
      if (!isPassed) failures++
      const check = parseCheckName(test)
      if (check) results.push({ sdk, version, ...check, isPassed })
    })
  }
  return { results, failures }
}

/** Each file in a process of its own, two at a time. */
async function runTests(files: readonly string[], signal: AbortSignal, note: (test: string, isPassed: boolean) => void): Promise<void> {
  if (files.length === 0) return
  const events = run({ files: [...files], concurrency: 2, signal })
  events.on('test:pass', ({ name }) => note(name, true))
  events.on('test:fail', ({ name }) => note(name, false))
  for await (const text of events.compose(spec)) process.stdout.write(String(text))
}

/** The version that is installed, which is the one that is driven. */
async function versionOf(name: string): Promise<string> {
  const entry = createRequire(import.meta.url).resolve(name)
  const manifest: unknown = JSON.parse(await readFile(`${entry.slice(0, entry.indexOf('/dist/'))}/package.json`, 'utf8'))
  return String(Reflect.get(Object(manifest), 'version'))
}

process.exitCode = await main()
