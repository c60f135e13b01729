/**
 * Runs the client in a context that has the web platform and nothing of Node, and prints what happened as JSON.
 * Needs `node --experimental-vm-modules`; `package.test.ts` starts it.
 */
import { readFileSync } from 'node:fs'
import { stripTypeScriptTypes } from 'node:module'
import { fileURLToPath } from 'node:url'
import vm from 'node:vm'
import { baseUrl, fakeServer, jsonReply, projectId, signToken } from './fake-server.ts'

/** What browsers and edge runtimes have in common, as far as the client and jose use it. */
const webPlatform = {
  ...{ AbortController, AbortSignal, Headers, Response, URL, TextDecoder, TextEncoder, crypto, CryptoKey, performance },
  ...{ atob, btoa, clearTimeout, setTimeout, structuredClone },
  // Byte arrays pass between the context and the platform, which in a real runtime are of one realm.
  ...{ ArrayBuffer, Uint8Array },
}

const context = vm.createContext({ ...webPlatform })
const modules = new Map<string, Promise<vm.SourceTextModule>>()

function load(url: string): Promise<vm.SourceTextModule> {
  const known = modules.get(url) ?? Promise.resolve(compile(url))
  modules.set(url, known)
  return known
}

function compile(url: string): vm.SourceTextModule {
  const text = readFileSync(fileURLToPath(url), 'utf8')
  return new vm.SourceTextModule(url.endsWith('.ts') ? stripTypeScriptTypes(text) : text, { identifier: url, context })
}

const entry = await load(new URL('../src/index.ts', import.meta.url).href)
await entry.link((specifier, { identifier }) => {
  const isRelative = specifier.startsWith('.')
  if (!isRelative && specifier !== 'jose') throw new Error(`${identifier} imports ${specifier}`)
  return load(isRelative ? new URL(specifier, identifier).href : import.meta.resolve(specifier))
})
await entry.evaluate()
const { createClient } = entry.namespace as typeof import('../src/index.ts')

const [sessionJwt, refreshJwt] = await Promise.all([signToken(), signToken({ drn: 'DSR' })])
const server = fakeServer({
  '/v1/auth/password/signin': () => jsonReply({ errorCode: 'E062903' }, 401),
  '/v1/auth/refresh': () => jsonReply({ sessionJwt }),
})
const client = createClient({ projectId, baseUrl, fetch: server.options.fetch })
const signedIn = await client.password.signIn('a', 'pw')
const checked = await client.validateSession(sessionJwt)
const refreshed = await client.validateAndRefreshSession(undefined, refreshJwt)
const refused = await client.validateSession(refreshJwt).catch((error) => [error.name, error.reason])
const nodeGlobals = ['Buffer', 'process', 'require', 'global', 'setImmediate']
process.stdout.write(
  JSON.stringify({
    missingGlobals: nodeGlobals.filter((name) => vm.runInContext(`typeof ${name}`, context) === 'undefined'),
    signedIn: signedIn.error?.errorCode,
    subject: checked.token.sub,
    refreshed: refreshed.token.sub,
    refused,
  }),
)
