import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { chmodSync, cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, beforeEach, describe, test } from 'node:test'

/** The entry, copied into a package of its own with a command line that only answers. */
describe('the folder of compiled modules', () => {
  let root: string
  const start = () => execFileSync(process.execPath, [join(root, 'src/cli/main.ts')], { env: { PATH: process.env.PATH }, encoding: 'utf8' })
  const cache = () => join(root, 'node_modules/.cache/postern')

  before(() => {
    root = mkdtempSync(join(tmpdir(), 'postern-entry-'))
    mkdirSync(join(root, 'src/cli'), { recursive: true })
    cpSync(new URL('./main.ts', import.meta.url), join(root, 'src/cli/main.ts'))
    writeFileSync(join(root, 'package.json'), '{ "type": "module" }')
    writeFileSync(
      join(root, 'src/cli/program.ts'),
      `export const runCommandLine = async (): Promise<number> => { console.log('ran'); return 0 }`,
    )
  })
  after(() => rmSync(root, { recursive: true, force: true }))
  beforeEach(() => rmSync(join(root, 'node_modules'), { recursive: true, force: true }))

  test('is made for its owner alone, and filled', () => {
    assert.equal(start(), 'ran\n')
    assert.equal(statSync(cache()).mode & 0o777, 0o700)
    assert.equal(readdirSync(cache()).length, 1)
    assert.equal(start(), 'ran\n')
  })
  for (const mode of [0o755, 0o770, 0o777]) {
    test(`is not used when others may enter it (${mode.toString(8)})`, () => {
      mkdirSync(cache(), { recursive: true })
      chmodSync(cache(), mode)
      assert.equal(start(), 'ran\n')
      assert.deepEqual(readdirSync(cache()), [])
    })
  }
  test('is done without where it cannot be made', () => {
    writeFileSync(join(root, 'node_modules'), '')
    assert.equal(start(), 'ran\n')
    assert.ok(!existsSync(cache()))
  })
})
