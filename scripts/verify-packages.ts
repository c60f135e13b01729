import assert from 'node:assert/strict'
import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { createInterface } from 'node:readline'

/** Packs both packages, installs them in an empty project, and uses them there as somebody would who has never seen this repository. */

interface Packed {
  readonly name: string
  readonly filename: string
  readonly size: number
  readonly unpackedSize: number
  readonly files: readonly { readonly path: string; readonly mode: number }[]
}

const program = `import { createClient } from '@postern/client'
import { type Auth, createAuth, parseOptions } from 'postern'

const options = parseOptions({ flags: { data: './library', database: 'sqlite::memory:', logLevel: 'warn' }, environment: {}, file: undefined })
const auth: Auth = await createAuth(options, { masterKey: crypto.getRandomValues(new Uint8Array(32)) })
const { projectId } = await auth.api.createProject({ name: 'Library' })
await auth.api.changeSettings({ projectId, changes: { password: { enablePasswordStrength: true, passwordStrengthScore: 4 } } })
const client = createClient({
  projectId,
  baseUrl: 'http://127.0.0.1:8787',
  fetch: (url, init) => auth.handler(new Request(url, init), { remoteAddress: '127.0.0.1' }),
})
const { ok, data } = await client.password.signUp('ada@example.com', 'correct horse battery staple 7')
const weak = await client.password.signUp('bob@example.com', 'January2031Monday')
await auth.close()
if (!ok || !data.user) throw new Error('Nobody was signed up')
if (weak.ok) throw new Error('The strength of passwords was not measured')
console.log(data.user.userId)
`

/** Runs the whole round in a temporary folder and prints sizes. Throws at the first thing that is not as it should be. */
export async function verifyPackages(root: string): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'postern-package-'))
  try {
    const server = pack(root, folder, [])
    const client = pack(root, folder, ['--workspace', '@postern/client'])
    checkContents(
      server,
      /^(dist\/.+\.(js|d\.ts|bin|css|txt)|dist\/http\/assets\/(LICENSE|NOTICE)|docs\/[^/]+\.md|[A-Z]+(\.md)?|openapi\.json|package\.json)$/,
    )
    checkContents(client, /^(dist\/.+\.(js|d\.ts)|[A-Z]+(\.md)?|package\.json)$/)
    assert.ok(!existsSync(join(root, 'client/package.json.kept')), 'packing the client leaves its manifest as it was')
    assert.equal(server.files.find(({ path }) => path === 'dist/cli/main.js')?.mode, 0o755)
    const project = join(folder, 'project')
    install(
      project,
      [server, client].map(({ filename }) => join(folder, filename)),
    )
    for (const packed of [server, client]) checkSecrets(project, packed)
    checkTypes(root, project)
    await checkServer(project)
    for (const [name, { size, unpackedSize, files }] of [
      ['postern', server],
      ['@postern/client', client],
    ] as const) {
      process.stdout.write(`${name}: ${kilobytes(size)} packed, ${kilobytes(unpackedSize)} unpacked, ${files.length} files\n`)
    }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

function kilobytes(bytes: number): string {
  return `${Math.round(bytes / 1000)} kB`
}

/** What a shell of somebody else has: this runtime first in the path, nothing of the npm that runs this script. */
function environment(): NodeJS.ProcessEnv {
  const own = Object.entries(process.env).filter(([name]) => !/^(npm_(package|lifecycle|config_local)|INIT_CWD|POSTERN_|NODE_)/.test(name))
  return { ...Object.fromEntries(own), PATH: `${dirname(process.execPath)}:${process.env.PATH}` }
}

function run(cwd: string, command: string, words: readonly string[]): string {
  return execFileSync(command, words, { cwd, env: environment(), encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] })
}

function pack(root: string, folder: string, words: readonly string[]): Packed {
  // The build has just been made; the client's scripts are needed, because they change its manifest.
  const scripts = words.length > 0 ? [] : ['--ignore-scripts']
  const printed = run(root, 'npm', ['pack', '--json', '--silent', '--pack-destination', folder, ...scripts, ...words])
  // Scripts of the package may print before npm does.
  const answer: unknown = JSON.parse(printed.slice(printed.search(/^[[{]/m)))
  const [packed] = Object.values(answer as Readonly<Record<string, Packed>>)
  if (!packed) throw new Error('npm pack did not say what it packed')
  return { ...packed, filename: packed.filename.replace('@', '').replace('/', '-') }
}

function checkContents({ filename, files }: Packed, expected: RegExp): void {
  const strange = files
    .map(({ path }) => path)
    .filter((path) => !expected.test(path) || /\.test\.|(^|\/)(test-|fakes?\.|test\/)/.test(path))
  assert.deepEqual(strange, [], `${filename} holds what is not expected`)
}

/** Private keys in PEM form, and signed tokens. */
const secret = /-----BEGIN [A-Z ]*PRIVATE KEY-----|\beyJ[\w-]{20,}\.[\w-]{20,}\.[\w-]{20,}/

function checkSecrets(project: string, { name, files }: Packed): void {
  const telling = files.filter(({ path }) => secret.test(readFileSync(join(project, 'node_modules', name, path), 'latin1')))
  assert.deepEqual(telling, [], `${name} holds no secret`)
}

function install(project: string, tarballs: readonly string[]): void {
  mkdirSync(project)
  writeFileSync(join(project, 'package.json'), JSON.stringify({ name: 'somebody', private: true, type: 'module' }))
  run(project, 'npm', ['install', '--ignore-scripts', '--prefer-offline', '--no-audit', '--no-fund', '--silent', ...tarballs])
  const manifest = JSON.parse(readFileSync(join(project, 'node_modules/@postern/client/package.json'), 'utf8'))
  assert.deepEqual(manifest.exports, { '.': { types: './dist/index.d.ts', default: './dist/index.js' } })
}

/** Strictest settings, declarations of the packages included, and nothing of this repository but the compiler and the types of Node.js. */
function checkTypes(root: string, project: string): void {
  writeFileSync(join(project, 'program.ts'), program)
  const compilerOptions = {
    strict: true,
    exactOptionalPropertyTypes: true,
    noUncheckedIndexedAccess: true,
    module: 'nodenext',
    target: 'es2024',
    skipLibCheck: false,
    noEmit: true,
    types: ['node'],
    typeRoots: [join(root, 'node_modules/@types')],
  }
  writeFileSync(join(project, 'tsconfig.json'), JSON.stringify({ compilerOptions, files: ['program.ts'] }))
  run(project, join(root, 'node_modules/.bin/tsc'), ['-p', '.'])
  assert.match(run(project, 'node', ['program.ts']), /^U/)
}

async function checkServer(project: string): Promise<void> {
  const { projectId } = JSON.parse(run(project, 'npx', ['--no-install', 'postern', 'init', '--json'])) as { projectId: string }
  const server = spawn(join(project, 'node_modules/.bin/postern'), ['serve', '--port', '0'], {
    cwd: project,
    env: environment(),
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  const ended = once(server, 'exit')
  try {
    const url = await firstLine(server)
    await checkAnswers(url, projectId)
  } finally {
    server.kill('SIGTERM')
    await ended
  }
  assert.equal(server.exitCode, 0, 'the server stops when it is told to')
}

async function firstLine(server: ChildProcess): Promise<string> {
  if (!server.stdout) throw new Error('The server has no output')
  for await (const line of createInterface({ input: server.stdout })) return line
  throw new Error('The server did not start')
}

async function checkAnswers(url: string, projectId: string): Promise<void> {
  const signUp = await fetch(`${url}/v1/auth/password/signup`, {
    method: 'POST',
    headers: { authorization: `Bearer ${projectId}`, 'content-type': 'application/json' },
    body: JSON.stringify({ loginId: 'ada@example.com', password: 'correct horse battery staple 7' }),
  })
  assert.equal(signUp.status, 200)
  const paths = [
    '/docs',
    '/docs/start.js',
    '/docs/swagger-ui.css',
    '/docs/swagger-ui-bundle.js',
    '/openapi.json',
    '/outbox',
    '/metrics',
    '/readyz',
  ]
  for (const path of paths) {
    const response = await fetch(url + path)
    const { length } = await response.text()
    assert.ok(response.ok && length > 0, `${path} answers ${response.status}`)
  }
}
