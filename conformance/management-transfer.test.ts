import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { onEveryDatabase, succeeded } from './fixture.ts'

const check = onEveryDatabase()

const fixture = (file: string) => readFileSync(new URL(`../test/moving/fixtures/${file}`, import.meta.url))

check('management.user.import: a dry run tells who would come in, and nobody has', async ({ newSdk, managementKey }) => {
  const sdk = newSdk({ managementKey })
  const users = fixture('auth0-import.json').toString('base64')
  const { users: found = [], failures = [] } = succeeded(await sdk.management.user.import('auth0', users, undefined, true))
  assert.equal(found.length, 5)
  assert.equal(failures[0]?.user, 'prefix@example.com')
  assert.match(failures[0]?.reason ?? '', /salt in front of the password/)
  assert.equal((await sdk.management.user.load('scrypt@example.com')).ok, false)
})

check('management.user.import: users of an export and of its file of hashes sign in with their old passwords', async (target) => {
  const sdk = target.newSdk({ managementKey: target.managementKey })
  const files = [fixture('auth0-users.ndjson'), fixture('auth0-hashes.ndjson')] as const
  const { users = [], failures } = succeeded(await sdk.management.user.import('auth0', ...files))
  assert.deepEqual(failures, [])
  assert.deepEqual(
    users.map(({ loginIds }) => loginIds[0]),
    ['ada@example.com', 'grace@example.com', 'alan@example.com', '+15555550100'],
  )
  const { user } = succeeded(await sdk.password.signIn('ada@example.com', 'correct horse battery 1'))
  assert.equal(user?.userId, 'auth0|5f7c8ec7c33c6c004bbafe82')
  assert.equal(user?.name, 'Ada Lovelace')
  assert.deepEqual(await target.mails(), [])
})

check('management.user.import: a file that cannot be read is refused', async ({ newSdk, managementKey }) => {
  const sdk = newSdk({ managementKey })
  const answer = await sdk.management.user.import('keycloak', '{"users":[')
  assert.equal(answer.ok, false)
  assert.equal(answer.error?.errorCode, 'E112150')
})
