import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdir, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { createDatabase, install } from '../test/server-process.ts'
import type { Result } from './compat.ts'
import type { DatabaseKind } from './databases.ts'

/** The official Python SDK, driven by `python/check.py`, which runs every `*_checks.py` beside it, against servers of its own. */

const run = promisify(execFile)
const folder = join(import.meta.dirname, 'python')
const cache = join(import.meta.dirname, '../node_modules/.cache/postern-conformance')
const installMilliseconds = 180_000
const checkMilliseconds = 300_000

/** What was found, or why nothing could be. */
export type PythonResults = { readonly results: readonly Result[] } | { readonly reason: string }

/** Installs the pinned SDK in a virtual environment of its own, unless it is there, and runs the checks on the embedded database and, with a server for it, on PostgreSQL. */
export async function checkPython(postgresUrl: string | undefined): Promise<PythonResults> {
  const version = (await readFile(join(folder, 'requirements.txt'), 'utf8')).trim().replace('descope==', '')
  const environment = join(cache, `python-${version}`)
  const reason = await prepare(environment)
  if (reason) return { reason }
  const results = [...(await checkOn('embedded', undefined, environment, version))]
  if (postgresUrl) results.push(...(await checkOn('PostgreSQL', postgresUrl, environment, version)))
  return { results }
}

/** Answers why the SDK cannot be installed here, or nothing. */
async function prepare(environment: string): Promise<string | undefined> {
  const marker = join(environment, 'ready')
  if (existsSync(marker)) return undefined
  await rm(environment, { recursive: true, force: true })
  await mkdir(cache, { recursive: true })
  try {
    await run('python3', ['-m', 'venv', environment], { timeout: installMilliseconds })
    const pip = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '--requirement', join(folder, 'requirements.txt')]
    await run(join(environment, 'bin/python'), pip, { timeout: installMilliseconds })
    await mkdir(marker)
    return undefined
  } catch (error) {
    return `Python or pip cannot install it: ${lastLine(error instanceof Error ? error.message : String(error))}`
  }
}

async function checkOn(
  kind: DatabaseKind,
  postgresUrl: string | undefined,
  environment: string,
  version: string,
): Promise<readonly Result[]> {
  const database = postgresUrl === undefined ? undefined : await createDatabase(postgresUrl)
  const installation = await install(database ? { databaseUrl: database.url } : {})
  try {
    const server = await installation.serve()
    try {
      const { projectId, managementKey } = installation
      const names = { DESCOPE_BASE_URL: server.url, DESCOPE_PROJECT_ID: projectId, DESCOPE_MANAGEMENT_KEY: managementKey }
      const options = { env: { PATH: process.env.PATH ?? '', PYTHONDONTWRITEBYTECODE: '1', ...names }, timeout: checkMilliseconds }
      const { stdout } = await run(join(environment, 'bin/python'), [join(folder, 'check.py')], options)
      return stdout
        .trim()
        .split('\n')
        .map((line) => resultOf(JSON.parse(line), kind, version))
    } finally {
      await server.stop()
    }
  } finally {
    await installation.remove()
    await database?.drop()
  }
}

function resultOf(line: { operation: string; isPassed: boolean; problem: string }, database: DatabaseKind, version: string): Result {
  const { operation, isPassed, problem } = line
  process.stdout.write(`${isPassed ? '✔' : '✖'} Python: ${operation} [${database}]${isPassed ? '' : ` ${problem}`}\n`)
  return { sdk: 'Python', version, operation, database, isPassed }
}

function lastLine(text: string): string {
  return text.trim().split('\n').at(-1) ?? ''
}
