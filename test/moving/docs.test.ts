import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { chmod, cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { promisify } from 'node:util'

/** The pages about moving do what they say: every block of `sh` is run, in order, beside the fixtures, and prints what the block of `output` behind it shows. */

const docs = new URL('../../docs/moving/', import.meta.url).pathname
const fixtures = new URL('./fixtures/', import.meta.url).pathname
const program = new URL('../../src/cli/main.ts', import.meta.url).pathname
const run = promisify(execFile)

interface Example {
  readonly script: string
  readonly output: string | undefined
}

function examplesIn(page: string): readonly Example[] {
  const blocks = [...page.matchAll(/^```(\w+)\n([\s\S]*?)^```$/gm)].map(([, language = '', text = '']) => ({ language, text }))
  return blocks.flatMap(({ language, text }, index) => {
    const next = blocks[index + 1]
    return language === 'sh' ? [{ script: text, output: next?.language === 'output' ? next.text : undefined }] : []
  })
}

/** A line of three dots stands for any lines. */
function matcherOf(output: string): RegExp {
  const escaped = output.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
  return new RegExp(`^${escaped.replace(/^…\n/gm, '(?:.*\\n)*')}$`)
}

for (const file of readdirSync(docs)) {
  test(`docs: the commands of moving/${file} do what the page says`, async () => {
    const folder = await mkdtemp(join(tmpdir(), 'postern-docs-'))
    try {
      await cp(fixtures, folder, { recursive: true })
      const postern = join(folder, 'postern')
      await writeFile(postern, `#!/bin/sh\nexec ${process.execPath} ${program} "$@"\n`)
      await chmod(postern, 0o700)
      const env = { PATH: `${folder}:${process.env.PATH}`, HOME: folder, POSTERN_DATA: join(folder, 'data') }
      await run('postern', ['init'], { cwd: folder, env })
      const examples = examplesIn(await readFile(join(docs, file), 'utf8'))
      assert.ok(examples.length > 0)
      for (const { script, output } of examples) {
        const { stdout, stderr } = await run('sh', ['-e', '-c', script], { cwd: folder, env })
        assert.equal(stderr, '', script)
        if (output !== undefined) assert.match(stdout, matcherOf(output), script)
      }
    } finally {
      await rm(folder, { recursive: true, force: true })
    }
  })
}
