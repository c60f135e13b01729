import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'
import test from 'node:test'

/** The placement rules of CONTRIBUTING.md: imports point inward, and each outside library is named in one folder. */

const root = new URL('../', import.meta.url).pathname

interface Import {
  readonly from: string
  readonly to: string
}

function sources(folder: string): readonly string[] {
  return readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => join(folder, name))
}

function importsOf(file: string): readonly Import[] {
  const text = readFileSync(join(root, file), 'utf8')
  const found = text.matchAll(
    /(?:^|\n)\s*(?:import|export)\b[^'"\n;]*?(?:\{[^}]*\}[^'"\n;]*?)?from\s*'([^']+)'|import\(\s*'([^']+)'\s*\)|(?:^|\n)import '([^']+)'/g,
  )
  return [...found].map((match) => {
    const to = match[1] ?? match[2] ?? match[3] ?? ''
    return { from: file, to: to.startsWith('.') ? normalize(join(dirname(file), to)) : to }
  })
}

const isTest = (file: string) => file.endsWith('.test.ts') || /(^|\/)(test-|fake-|test\/)/.test(file)
const files = [...sources('src'), ...sources('client/src')].filter((file) => !isTest(file))
const imports = files.flatMap(importsOf)
const inside = (folder: string) => (path: string) => path.startsWith(`${folder}/`)
const isRelative = (path: string) => path.startsWith('src/') || path.startsWith('client/')
const named = (name: string) => (path: string) => path === name || path.startsWith(`${name}/`)

/** Folder, what may be imported from the project, and which outside modules. */
const rules: readonly { readonly folder: string; readonly project: readonly string[]; readonly outside: readonly string[] }[] = [
  {
    folder: 'src/core',
    project: ['src/core'],
    outside: [
      'zod',
      'jose',
      'node:async_hooks',
      'node:crypto',
      'node:net',
      'node:url',
      'node:zlib',
      '@node-rs/argon2',
      '@node-rs/bcrypt',
      '@zxcvbn-ts/core',
    ],
  },
  { folder: 'src/features', project: ['src/core', 'src/features', 'src/http'], outside: ['zod', 'csv-parse'] },
  { folder: 'src/http', project: ['src/core', 'src/http'], outside: ['zod', 'hono', '@hono/node-server', 'prom-client', 'node:', 'jose'] },
  { folder: 'src/storage', project: ['src/core', 'src/storage'], outside: ['kysely', 'pg', 'node:'] },
  { folder: 'src/mail', project: ['src/core', 'src/mail'], outside: ['nodemailer', 'node:', 'zod', 'liquidjs'] },
  { folder: 'src/logging', project: ['src/core', 'src/logging'], outside: ['pino', 'node:'] },
  {
    folder: 'src/cli',
    project: [
      'src/cli',
      'src/auth.ts',
      'src/backups.ts',
      'src/database-moves.ts',
      'src/options.ts',
      'src/http/node.ts',
      'src/logging',
      'src/master-key.ts',
    ],
    outside: ['commander', 'node:'],
  },
  { folder: 'client/src', project: ['client/src'], outside: ['jose'] },
]

for (const { folder, project, outside } of rules) {
  test(`layers: ${folder} imports only what it may`, () => {
    const mine = imports.filter(({ from }) => inside(folder)(from))
    assert.ok(mine.length > 0, 'the folder is there')
    const isAllowed = ({ from, to }: Import): boolean => {
      if (isRelative(to)) {
        const isType = folder === 'src/cli' && to.startsWith('src/core/')
        return isType || project.some((allowed) => to === allowed || inside(allowed)(to))
      }
      return from.endsWith('.ts') && outside.some((allowed) => (allowed.endsWith(':') ? to.startsWith(allowed) : named(allowed)(to)))
    }
    const broken = mine.filter((one) => !isAllowed(one)).map(({ from, to }) => `${from} imports ${to}`)
    assert.deepEqual(broken, [])
  })
}

test('layers: the command line takes nothing but types from core', () => {
  const broken = files
    .filter(inside('src/cli'))
    .filter((file) => /\nimport (?!type)[^\n]*'\.\.\/core\//.test(readFileSync(join(root, file), 'utf8')))
  assert.deepEqual(broken, [])
})

test('layers: no feature imports another', () => {
  const feature = (path: string) => /^src\/features\/([^/]+)\//.exec(path)?.[1]
  const broken = imports.filter(({ from, to }) => feature(from) && feature(to) && feature(from) !== feature(to))
  assert.deepEqual(broken, [])
})

test('layers: CSV is read in one folder', () => {
  const broken = imports.filter(({ from, to }) => named('csv-parse')(to) && !inside('src/features/transfer/reading')(from))
  assert.deepEqual(broken, [])
})

test('layers: in features only routes, their schemas, pages and index know HTTP', () => {
  const broken = imports.filter(
    ({ from, to }) =>
      inside('src/features')(from) && inside('src/http')(to) && !/\/(?:[a-z-]+-)?(?:routes|schemas|page|index)\.ts$/.test(from),
  )
  assert.deepEqual(broken, [])
})

test('layers: cryptography is named in five files of core, and where hashes of other systems are checked', () => {
  const knowing = new Set(
    ['password/hash.ts', 'password/blocklist.ts', 'password/dictionaries.ts', 'secrets.ts', 'tokens.ts'].map((name) => `src/core/${name}`),
  )
  const isCryptography = (path: string) => path === 'node:crypto' || named('jose')(path) || path.startsWith('@node-rs/')
  const knows = (path: string) => knowing.has(path) || inside('src/core/password/foreign')(path)
  const broken = imports.filter(({ from, to }) => inside('src/core')(from) && isCryptography(to) && !knows(from))
  const values = broken.filter(({ from, to }) => !new RegExp(`import type [^\\n]*'${to}'`).test(readFileSync(join(root, from), 'utf8')))
  assert.deepEqual(values, [])
})

test('layers: core and features never read the wall clock, the environment or files, nor print', () => {
  const forbidden = /\bDate\.now\(|new Date\(\)|process\.(?!memory)|Math\.random|console\.|setTimeout\(|setInterval\(|node:fs/
  const allowed = new Set(['src/core/password/hash-queue.ts'])
  const broken = files
    .filter((file) => (inside('src/core')(file) || inside('src/features')(file)) && !allowed.has(file))
    .filter((file) => forbidden.test(readFileSync(join(root, file), 'utf8').replaceAll(/\/\*[\s\S]*?\*\/|\/\/.*/g, '')))
  assert.deepEqual(broken, [])
})

test('layers: no catch-all files, no default exports, files fit 300 lines', () => {
  const names = files.filter((file) => /\/(utils?|common|misc|types|helpers?)\.ts$/.test(file))
  const defaults = files.filter((file) => /\nexport default /.test(readFileSync(join(root, file), 'utf8')))
  const long = files.filter((file) => readFileSync(join(root, file), 'utf8').split('\n').length > 301)
  assert.deepEqual({ names, defaults, long }, { names: [], defaults: [], long: [] })
})
