import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import DescopeClient from '@descope/node-sdk'
import { goodPassword, onEveryDatabase, succeeded } from './fixture.ts'

const check = onEveryDatabase()

check('managementKey: the licence handshake', async ({ url: baseUrl, projectId, managementKey }) => {
  const licences: string[] = []
  const sdk = DescopeClient({
    ...{ projectId, baseUrl, managementKey },
    hooks: {
      beforeRequest: (config) => {
        if (config.path.startsWith('/v1/mgmt/user')) licences.push(new Headers(config.headers).get('x-descope-license') ?? '')
        return config
      },
    },
  })
  // The handshake runs in the background; a management call after it carries what it learned.
  for (let round = 0; round < 100 && !licences.at(-1); round++) await sdk.management.user.load('nobody@example.com')
  assert.match(licences.at(-1) ?? '', /^tier[1-4]$/)
})

check('managementKey: an SDK that has one signs users in like any other', async ({ newSdk, managementKey }) => {
  const sdk = newSdk({ managementKey })
  const { sessionJwt } = succeeded(await sdk.password.signUp('managed@example.com', goodPassword))
  await sdk.validateSession(sessionJwt)
})

check('managementKey: a program that only makes the client ends by itself', async ({ url, projectId, managementKey }) => {
  const program = `import DescopeClient from '@descope/node-sdk'; DescopeClient(${JSON.stringify({ projectId, baseUrl: url, managementKey })})`
  const child = spawn(process.execPath, ['--input-type=module', '--eval', program], {
    cwd: import.meta.dirname,
    stdio: 'ignore',
    timeout: 20_000,
  })
  const [code] = await once(child, 'exit')
  assert.equal(code, 0)
})
