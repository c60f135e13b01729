import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { databases } from '../databases.ts'
import { type Client, createClient } from '../faults/ledger/client.ts'
import { type Installation, install, type ServerProcess } from '../server-process.ts'
import { emptyDatabase, removeDatabases } from '../upgrades/empty-database.ts'

/** Databases are moved while a server works on them. */

after(removeDatabases)

const password = 'correct horse battery 1'
const patientMilliseconds = 60_000

interface Account {
  readonly loginId: string
  readonly refreshJwt: string
}

/** Signs users up, one after the other, until the server says that it takes no more. Answers those that were acknowledged. */
async function signUpUntilClosed(client: Client, onAccount: (count: number) => void): Promise<readonly Account[]> {
  const accounts: Account[] = []
  const deadline = Date.now() + patientMilliseconds
  for (let number = 0; Date.now() < deadline; number++) {
    const loginId = `user${number}@example.com`
    const answer = await client.call('password/signup', { loginId, password })
    if (answer?.status === 503) return accounts
    assert.equal(answer?.status, 200, `a sign-up was answered with ${answer?.status} ${answer?.errorCode}`)
    accounts.push({ loginId, refreshJwt: answer.refreshJwt })
    onAccount(accounts.length)
  }
  throw new Error('The source was not closed')
}

async function eventually(isSo: () => boolean): Promise<void> {
  const deadline = Date.now() + patientMilliseconds
  while (!isSo()) {
    assert.ok(Date.now() < deadline, 'in time')
    await delay(20)
  }
}

async function assertAllThere(server: ServerProcess, projectId: string, accounts: readonly Account[]): Promise<void> {
  const client = createClient({ urls: () => [server.url], projectId })
  for (const { loginId, refreshJwt } of accounts) {
    assert.equal((await client.call('refresh', {}, refreshJwt))?.status, 200, `the session of ${loginId} goes on`)
  }
  // Each costs a hash.
  for (const { loginId } of accounts.slice(-3)) {
    assert.equal((await client.call('password/signin', { loginId, password }))?.status, 200, `${loginId} signs in`)
  }
}

async function moveLive(
  installation: Installation,
  to: string,
): Promise<{ readonly printed: string; readonly accounts: readonly Account[] }> {
  const server = await installation.serve()
  try {
    let signedUp = 0
    const client = createClient({ urls: () => [server.url], projectId: installation.projectId })
    const signingUp = signUpUntilClosed(client, (count) => {
      signedUp = count
    })
    await eventually(() => signedUp >= 3)
    const printed = await installation.command(['migrate', '--to', to, '--json'])
    return { printed, accounts: await signingUp }
  } finally {
    await server.stop()
  }
}

for (const { name } of databases) {
  const other = name === 'sqlite' ? 'postgres' : 'sqlite'
  if (!databases.some((database) => database.name === other)) continue

  test(`moves: a live ${name} database goes to ${other} with every acknowledged sign-up, and is closed`, async () => {
    const from = name === 'postgres' ? await emptyDatabase('postgres') : undefined
    const to = await emptyDatabase(other)
    const installation = await install({ ...(from && { databaseUrl: from }) })
    try {
      const { printed, accounts } = await moveLive(installation, to)
      const move = JSON.parse(printed)
      assert.ok(move.rows > 0 && move.isSourceClosed && move.pauseMilliseconds >= 0, printed)
      assert.ok(accounts.length >= 3)

      const moved = await installation.serve({ flags: ['--database', to] })
      try {
        await assertAllThere(moved, installation.projectId, accounts)
      } finally {
        await moved.stop()
      }

      await assert.rejects(installation.command(['project', 'list']), /was moved to .* takes no more writes.*--reopen/)
      if (name === 'sqlite') {
        assert.match(await installation.command(['migrate', '--reopen']), /takes writes again/)
        await assert.rejects(installation.command(['migrate', '--to', to]), /target is not empty/)
      }
    } finally {
      await installation.remove()
    }
  })
}
