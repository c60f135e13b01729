import { execFileSync } from 'node:child_process'
import { chmodSync, cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/**
 * `npm run build`: makes what is published, `dist` of the server and of the client. The compiler starts at the two entries of `tsconfig.build.json` and emits what they
 * reach, so that no test and no test helper can come along. `-- --verify` packs and installs both and drives them as their users would.
 */

export const root = fileURLToPath(new URL('../', import.meta.url))
const dist = join(root, 'dist')

/** Files beside the code, with where the code looks for them. */
const copies: readonly (readonly [from: string, to: string])[] = [
  ['src/core/password/blocklist.bin', 'core/password/blocklist.bin'],
  ['src/core/password/dictionaries.bin', 'core/password/dictionaries.bin'],
  ['src/mail/layout/layout.html', 'mail/layout/layout.html'],
  ['node_modules/swagger-ui-dist/swagger-ui.css', 'http/assets/swagger-ui.css'],
  ['node_modules/swagger-ui-dist/swagger-ui-bundle.js', 'http/assets/swagger-ui-bundle.js'],
  ['node_modules/swagger-ui-dist/swagger-ui-bundle.js.LICENSE.txt', 'http/assets/swagger-ui-bundle.js.LICENSE.txt'],
  ['node_modules/swagger-ui-dist/LICENSE', 'http/assets/LICENSE'],
  ['node_modules/swagger-ui-dist/NOTICE', 'http/assets/NOTICE'],
]

function compile(project: string, outDir: string): void {
  rmSync(join(root, outDir), { recursive: true, force: true })
  execFileSync(join(root, 'node_modules/.bin/tsc'), ['-p', join(root, project)], { stdio: 'inherit' })
}

function files(folder: string): readonly string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8', withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
}

/** What would be noticed only by users: helpers of tests, and files that the code looks for beside itself. */
function problemsOf(folder: string): readonly string[] {
  return files(folder).flatMap((file) => {
    if (/(^|\/)(test-|fakes?\.|test\/)|\.test\./.test(file.slice(folder.length))) return [`${file}: belongs to the tests`]
    if (!file.endsWith('.js')) return []
    const beside = readFileSync(file, 'utf8').matchAll(/new URL\('(\.\/[^']*)', import\.meta\.url\)/g)
    const missing = [...beside].map(([, name = '']) => name).filter((name) => !existsSync(join(dirname(file), name)))
    return missing.map((name) => `${file}: ${name} is not there`)
  })
}

function build(): void {
  compile('tsconfig.build.json', 'dist')
  compile('client', 'client/dist')
  for (const [from, to] of copies) {
    mkdirSync(dirname(join(dist, to)), { recursive: true })
    cpSync(join(root, from), join(dist, to))
  }
  chmodSync(join(dist, 'cli/main.js'), 0o755)
  const problems = [...problemsOf(dist), ...problemsOf(join(root, 'client/dist'))]
  if (problems.length > 0) throw new Error(`The build is not whole:\n${problems.join('\n')}`)
}

if (import.meta.main) {
  build()
  if (process.argv.includes('--verify')) {
    const { verifyPackages } = await import('./verify-packages.ts')
    await verifyPackages(root)
  }
}
