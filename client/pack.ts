/**
 * Makes the manifest that is published: its `exports` are those of `publishConfig`, which npm, unlike other package managers, does not
 * apply by itself. In a checkout `exports` leads to the sources, so that nothing has to be built before a workspace imports the client.
 * `node pack.ts publish` runs before packing, `node pack.ts restore` after it.
 */
import { copyFileSync, readFileSync, renameSync, writeFileSync } from 'node:fs'

type Manifest = Readonly<Record<string, unknown>> & {
  readonly publishConfig: Readonly<Record<string, unknown>> & { readonly exports: unknown }
}

/** The manifest as it is published. */
export function publishedManifest({ publishConfig, scripts: _, ...manifest }: Manifest): Readonly<Record<string, unknown>> {
  const { exports, ...config } = publishConfig
  return { ...manifest, exports, publishConfig: config }
}

if (import.meta.main) {
  const file = new URL('package.json', import.meta.url)
  const kept = new URL('package.json.kept', import.meta.url)
  if (process.argv[2] === 'publish') {
    const manifest = JSON.parse(readFileSync(file, 'utf8')) as Manifest
    copyFileSync(file, kept)
    writeFileSync(file, `${JSON.stringify(publishedManifest(manifest), null, 2)}\n`)
  } else {
    renameSync(kept, file)
  }
}
