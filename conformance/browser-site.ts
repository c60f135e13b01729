import { readFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import { createRequire } from 'node:module'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'

/**
 * The web site of the application, on an origin of its own. The SDK comes as npm installs it, its modules found by an import map; no bundler touches it. The site answers on
 * two names, so that the server (which is on 127.0.0.1 too) is on the same site as the page or on another one, at the test's choice.
 */
export interface Site {
  /** Listed as an allowed origin. To a server on `127.0.0.1` this page is another site, to one on `localhost` it is the same site. */
  readonly origin: string
  /** The same pages on another port, an origin that nobody lists. */
  readonly strangerOrigin: string
  /** Serves a script at a path, below a page at `/page?script=PATH` that runs it. */
  serve(path: string, script: string): void
  close(): Promise<void>
}

const sdkPackage = '@descope/web-js-sdk'
const dependencies = ['@descope/core-js-sdk', 'tslib', 'jwt-decode', 'js-cookie', '@fingerprintjs/fingerprintjs-pro']

interface File {
  readonly type: string
  readonly text: string
}

export async function startSite(): Promise<Site> {
  const files = new Map<string, File>()
  const serve: Site['serve'] = (path, text) => void files.set(path, { type: 'text/javascript', text })
  const imports: Record<string, string> = {}
  for (const [name, text] of await sdkModules()) {
    imports[name] = `/modules/${name}.js`
    serve(`/modules/${name}.js`, text)
  }
  serve('/main.js', await readFile(new URL('application/main.js', import.meta.url), 'utf8'))
  const servers = [await listen(files, imports), await listen(files, imports)] as const
  return {
    origin: `http://localhost:${servers[0].port}`,
    strangerOrigin: `http://localhost:${servers[1].port}`,
    serve,
    async close() {
      for (const server of servers) await server.close()
    },
  }
}

/** The modules of the SDK and of what it imports, by name: the files that their manifests give to those who import. */
async function sdkModules(): Promise<readonly (readonly [name: string, text: string])[]> {
  const own = createRequire(import.meta.url).resolve(sdkPackage)
  const names = [sdkPackage, ...dependencies]
  return Promise.all(
    names.map(async (name) => {
      const entry = createRequire(own).resolve(name)
      const folder = join(entry.slice(0, entry.lastIndexOf(`node_modules/${name}/`)), 'node_modules', name)
      const manifest: unknown = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8'))
      return [name, await readFile(join(folder, String(Reflect.get(Object(manifest), 'module'))), 'utf8')] as const
    }),
  )
}

async function listen(files: ReadonlyMap<string, File>, imports: Readonly<Record<string, string>>) {
  const server = createServer((request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://localhost')
    const script = searchParams.get('script') ?? '/main.js'
    const file = pathname === '/page' ? { type: 'text/html', text: pageOf(imports, script) } : files.get(pathname)
    response.writeHead(file ? 200 : 404, { 'content-type': `${file?.type ?? 'text/plain'}; charset=utf-8`, 'cache-control': 'no-store' })
    response.end(file?.text ?? 'Not here')
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const close = () =>
    new Promise<void>((resolve) => {
      server.close(() => resolve())
      server.closeAllConnections()
    })
  return { port, close }
}

function pageOf(imports: Readonly<Record<string, string>>, script: string): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>Application</title>
<link rel="icon" href="data:,">
<script type="importmap">${JSON.stringify({ imports })}</script>
<script type="module" src="${script}"></script>
</head>
<body></body>
</html>
`
}
