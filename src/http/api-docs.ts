/** The OpenAPI document over HTTP, and a page to read it: Swagger UI, served from here, so that nothing is fetched from elsewhere. */
import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { z } from 'zod'
import { coreErrors } from '../core/errors.ts'
import { publicPath } from './headers.ts'
import { type AnyRoute, type Feature, reply, route } from './route.ts'

const page = (path: string) => `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Postern API</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="${path}/docs/swagger-ui.css">
</head>
<body>
<div id="api"></div>
<script src="${path}/docs/swagger-ui-bundle.js"></script>
<script src="${path}/docs/start.js"></script>
</body>
</html>
`

const startScript = (path: string) =>
  `SwaggerUIBundle({ url: ${JSON.stringify(`${path}/openapi.json`)}, dom_id: '#api', deepLinking: true, docExpansion: 'none', filter: true, validatorUrl: null })\n`

// The viewer sets style attributes, which needs 'unsafe-inline' for styles; scripts come from here only.
const policy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "base-uri 'none'",
  "object-src 'none'",
  "frame-ancestors 'none'",
  "form-action 'none'",
].join('; ')

const types = { css: 'text/css; charset=utf-8', js: 'text/javascript; charset=utf-8' } as const

/** A file of the viewer: beside this module in the published package (`build` puts it there), in its own package in a checkout. */
async function asset(name: string): Promise<string> {
  try {
    return await readFile(new URL(`./assets/${name}`, import.meta.url), 'utf8')
  } catch (missing) {
    if ((missing as NodeJS.ErrnoException).code !== 'ENOENT') throw missing
    return await readFile(fileURLToPath(import.meta.resolve(`swagger-ui-dist/${name}`)), 'utf8')
  }
}

function file(
  path: string,
  summary: string,
  type: string,
  read: (path: string) => Promise<string>,
  headers: Readonly<Record<string, string>> = {},
): AnyRoute {
  return route({
    method: 'GET',
    path,
    access: 'open',
    kind: 'page',
    summary,
    reply: z.string(),
    errors: [coreErrors.NotFound],
    run: async ({ deps }) =>
      reply({
        body: await read(publicPath(deps.publicUrl())),
        headers: { 'content-type': type, 'cache-control': 'public, max-age=3600', ...headers },
      }),
  })
}

/** Makes the routes `/openapi.json` and `/docs`. `document` is asked once, when the first reader comes. */
export function apiDocs(document: () => Readonly<Record<string, unknown>>): Feature {
  let made: Readonly<Record<string, unknown>> | undefined
  const pageHeaders = { 'content-security-policy': policy }
  return {
    name: 'api-docs',
    errors: {},
    events: {},
    messages: {},
    routes: [
      route({
        method: 'GET',
        path: '/openapi.json',
        access: 'open',
        summary: 'This description of the API (OpenAPI 3.1)',
        reply: z.record(z.string(), z.unknown()),
        errors: [],
        run: async ({ deps }) => {
          made ??= document()
          return reply({
            body: { ...made, servers: [{ url: publicPath(deps.publicUrl()) || '/' }] },
            headers: { 'cache-control': 'public, max-age=300' },
          })
        },
      }),
      file('/docs', 'Page to read the description of the API', 'text/html; charset=utf-8', async (path) => page(path), pageHeaders),
      file('/docs/start.js', 'Script of that page', types.js, async (path) => startScript(path)),
      file('/docs/swagger-ui.css', 'Style of that page', types.css, () => asset('swagger-ui.css')),
      file('/docs/swagger-ui-bundle.js', 'The viewer', types.js, () => asset('swagger-ui-bundle.js')),
    ],
  }
}
