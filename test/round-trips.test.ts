import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openStorage } from '../src/storage/open.ts'
import { databases } from './databases.ts'
import { startProxy, type TcpProxy } from './faults/proxy.ts'
import { type Answer, createKit, goodPassword, type Kit } from './kit.ts'

/** Round trips to PostgreSQL for what callers do, counted on the wire: each piece from this process is one that it waits for. */

const ip = '203.0.113.7'
const ada = 'ada@acme.example'

interface World {
  readonly kit: Kit
  readonly proxy: TcpProxy
  readonly trips: Map<string, number>
  /** Makes a call and notes what it cost. */
  counted(name: string, path: string, call?: Parameters<Kit['call']>[1], status?: number): Promise<Answer>
}

/** One test against PostgreSQL behind a proxy. Projects and keys are in memory, as they are when more than one call comes in a second: the clock stands still. */
function onPostgres(title: string, run: (world: World) => Promise<void>): void {
  const kind = databases.find(({ name }) => name === 'postgres')
  if (!kind) return
  test(title, async () => {
    const database = await kind.open()
    const { port, pathname } = new URL(database.url)
    const proxy = await startProxy({ port: Number(port) })
    const storage = await openStorage({ database: `postgres://postern@127.0.0.1:${proxy.port}${pathname}` })
    try {
      const kit = await createKit(storage)
      const trips = new Map<string, number>()
      const counted: World['counted'] = async (name, path, call = {}, status = 200) => {
        const before = proxy.pieces()
        const answer = await kit.call(path, { ip, ...call })
        trips.set(name, proxy.pieces() - before)
        assert.equal(answer.status, status, `${name}: ${answer.text}`)
        return answer
      }
      await run({ kit, proxy, trips, counted })
    } finally {
      await storage.close()
      await proxy.close()
      await database.close()
    }
  })
}

/** A user with as much around them as there may be. */
async function prepare({ kit }: World): Promise<void> {
  for (const name of ['Reader', 'Writer']) await kit.manage('/v1/mgmt/role/create', { body: { name } })
  for (const id of ['T1', 'T2']) await kit.manage('/v1/mgmt/tenant/create', { body: { name: id, id } })
  await kit.signUp(ada)
  const roles = await kit.manage('/v1/mgmt/user/update/role/set', { body: { loginId: ada, roleNames: ['Reader', 'Writer'] } })
  assert.equal(roles.status, 200, roles.text)
  for (const tenantId of ['T1', 'T2']) {
    const added = await kit.manage('/v1/mgmt/user/update/tenant/add', { body: { loginId: ada, tenantId } })
    assert.equal(added.status, 200, added.text)
  }
  await kit.set({ password: { tempLock: true, tempLockAttempts: 2, lock: true, lockAttempts: 4 } })
  await kit.call('/v1/auth/password/signin', { ip, body: { loginId: ada, password: goodPassword } })
}

const signIn = '/v1/auth/password/signin'

onPostgres('RL-03: a sign-in with a password takes at most four round trips, a refresh three', async (world) => {
  const { kit, trips, counted } = world
  await prepare(world)
  const body = (password: string, loginId = ada) => ({ body: { loginId, password } })
  await counted('sign-in', signIn, body(goodPassword))
  await counted('sign-in from an own back end', signIn, { ip: '127.0.0.1', ...body(goodPassword) })
  await counted('sign-in that ends other sessions', signIn, {
    body: { loginId: ada, password: goodPassword, loginOptions: { revokeOtherSessions: true } },
  })
  const { refreshJwt } = (await counted('sign-in, first of a source', signIn, { ip: '203.0.113.8', ...body(goodPassword) })).body
  await counted('sign-in, nobody of this name', signIn, body('wrong', 'nobody@acme.example'), 401)
  await counted('sign-in, wrong password', signIn, body('wrong'), 401)
  await counted('sign-in, wrong password that locks for a while', signIn, body('wrong'), 401)
  await counted('sign-in, locked for a while', signIn, body('wrong'), 401)
  await counted('refresh', '/v1/auth/refresh', { token: refreshJwt, body: {} })
  await kit.set({ project: { rotateJwt: true } })
  // Reads the settings anew.
  await kit.call('/v1/auth/refresh', { token: refreshJwt, body: {} })
  kit.clock.advance(301)
  const again = (await kit.call(signIn, { ip, ...body(goodPassword) })).body
  await counted('refresh, rotating', '/v1/auth/refresh', { token: again.refreshJwt, body: {} })
  await counted('refresh, of the generation before', '/v1/auth/refresh', { token: again.refreshJwt, body: {} })
  const most = (name: string) => (name.startsWith('sign-in') ? 4 : 3)
  assert.deepEqual(
    [...trips].filter(([name, count]) => count > most(name) || count < 1),
    [],
  )
})
