import { writeFileSync } from 'node:fs'
import { generatedFiles } from './generated-files.ts'

/** Writes every generated file. The blocklist has a script of its own, because its source is a development dependency. */
for (const { file, content } of generatedFiles) {
  writeFileSync(new URL(`../${file}`, import.meta.url), await content())
  process.stdout.write(`${file}\n`)
}
