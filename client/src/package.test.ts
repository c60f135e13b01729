import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { publishedManifest } from '../pack.ts'

const folder = new URL('./', import.meta.url)
const sources = readdirSync(folder).filter((name) => name.endsWith('.ts') && !name.endsWith('.test.ts'))
const read = (name: string) => readFileSync(new URL(name, folder), 'utf8')

for (const name of sources) {
  test(`${name} imports nothing but jose and its neighbours`, () => {
    const text = read(name)
    const imported = [...text.matchAll(/\bfrom\s*['"]([^'"]+)['"]|\bimport\s*\(?\s*['"]([^'"]+)['"]/g)].map((match) => match[1] ?? match[2])
    for (const specifier of imported) assert.match(specifier ?? '', /^(jose|\.\/[a-z-]+\.ts)$/)
    assert.equal(/\brequire\s*\(|\bimport\s*\(/.test(text), false)
  })
}

test('the sources are there', () => assert.ok(sources.includes('index.ts') && sources.length >= 10))

test('runs where there is the web platform and no Node: sign-in, check, refresh, refusal', async () => {
  const script = fileURLToPath(new URL('../test/edge.ts', import.meta.url))
  const { stdout } = await promisify(execFile)(process.execPath, ['--no-warnings', '--experimental-vm-modules', script])
  assert.deepEqual(JSON.parse(stdout), {
    missingGlobals: ['Buffer', 'process', 'require', 'global', 'setImmediate'],
    signedIn: 'E062903',
    subject: 'U1',
    refreshed: 'U1',
    refused: ['TokenError', 'kind'],
  })
})

test('the published manifest leads to built files and says what a workspace needs not', () => {
  const manifest = JSON.parse(readFileSync(new URL('../package.json', folder), 'utf8'))
  assert.deepEqual(manifest.exports, { '.': './src/index.ts' })
  const published = publishedManifest(manifest)
  assert.deepEqual(published.exports, { '.': { types: './dist/index.d.ts', default: './dist/index.js' } })
  assert.deepEqual(published.publishConfig, { access: 'public' })
  assert.equal('scripts' in published, false)
  assert.deepEqual(Object.keys(manifest.dependencies), ['jose'])
})
