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
  /** Prints them. */
  tell(trips: World['trips']): void
  /** Makes a call and notes what it cost. */
  counted(name: string, path: string, call?: Parameters<Kit['call']>[1], status?: number): Promise<Answer>
}

/** One test against PostgreSQL behind a proxy. Projects and keys are in memory, as they are when more than one call comes in a second: the clock stands still. */
function onPostgres(title: string, run: (world: World) => Promise<void>): void {
  const kind = databases.find(({ name }) => name === 'postgres')
  if (!kind) return
  test(title, async (context) => {
    const database = await kind.open()
    const { port, pathname } = new URL(database.url)
    const proxy = await startProxy({ port: Number(port) })
    const storage = await openStorage({ database: `postgres://postern@127.0.0.1:${proxy.port}${pathname}` })
    try {
      const kit = await createKit(storage)
      const trips = new Map<string, number>()
      const counted: World['counted'] = async (name, path, call = {}, status = 200) => {
        // So that connections are there: on a slow machine those of before may have been closed as idle, and a new one begins with a talk of its own.
        await Promise.all([storage.ping(), storage.ping()])
        const before = proxy.pieces()
        const answer = await kit.call(path, { ip, ...call })
        trips.set(name, proxy.pieces() - before)
        assert.equal(answer.status, status, `${name}: ${answer.text}`)
        return answer
      }
      const tell: World['tell'] = (all) => context.diagnostic([...all].map(([name, count]) => `${name}: ${count}`).join('; '))
      await run({ kit, proxy, trips, tell, counted })
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
  const { kit, trips, tell, counted } = world
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
  tell(trips)
  const most = (name: string) => (name.startsWith('sign-in') ? 4 : 3)
  assert.deepEqual(
    [...trips].filter(([name, count]) => count > most(name) || count < 1),
    [],
  )
})

/** The most that each other operation may take, so that none grows unseen. `docs/performance.md` shows them. */
const most: Readonly<Record<string, number>> = {
  'sign-up': 4,
  'sign-up, taken': 4,
  'link that verifies an address': 5,
  me: 1,
  history: 2,
  validate: 1,
  'key set': 0,
  'password policy': 0,
  'update password': 5,
  'replace password': 9,
  'send reset': 5,
  'send reset, nobody of this name': 5,
  'reset link': 5,
  'set password after a reset': 5,
  'start magic link': 5,
  'magic link': 5,
  'start code': 5,
  'code, wrong': 6,
  code: 9,
  logout: 4,
  'logout everywhere': 5,
  'create user': 7,
  'load user': 2,
  'search users': 5,
  'update user': 12,
  'delete user': 10,
}

onPostgres('the round trips of everything else that is done often', async (world) => {
  const { kit, trips, tell, counted } = world
  await prepare(world)
  const signUp = { body: { loginId: 'bob@acme.example', password: goodPassword } }
  await kit.call('/v1/auth/password/signup', { ip, body: { loginId: 'first@acme.example', password: goodPassword } })
  const bob = (await counted('sign-up', '/v1/auth/password/signup', signUp)).body
  await counted('sign-up, taken', '/v1/auth/password/signup', signUp, 400)
  const verifying = await kit.linkToken('bob@acme.example', 'email.verify')
  await counted('link that verifies an address', '/v1/auth/magiclink/verify', { body: { token: verifying } })
  await counted('me', '/v1/auth/me', { token: bob.refreshJwt })
  await counted('history', '/v1/auth/me/history', { token: bob.refreshJwt })
  await counted('validate', '/v1/auth/validate', { token: bob.sessionJwt, body: {} })
  await counted('key set', `/v2/keys/${kit.projectId}`)
  await counted('password policy', '/v1/auth/password/policy')
  const newPassword = 'another good passphrase 2'
  await counted('update password', '/v1/auth/password/update', {
    token: bob.refreshJwt,
    body: { loginId: 'bob@acme.example', newPassword },
  })
  const replace = { loginId: 'bob@acme.example', oldPassword: newPassword, newPassword: goodPassword }
  await counted('replace password', '/v1/auth/password/replace', { body: replace })
  await counted('send reset', '/v1/auth/password/reset', { body: { loginId: 'bob@acme.example' } })
  await counted('send reset, nobody of this name', '/v1/auth/password/reset', { body: { loginId: 'nobody@acme.example' } })
  const reset = await kit.linkToken('bob@acme.example', 'password.reset')
  const resetSession = (await counted('reset link', '/v1/auth/magiclink/verify', { body: { token: reset } })).body
  await counted('set password after a reset', '/v1/auth/password/update', {
    token: resetSession.refreshJwt,
    body: { loginId: 'bob@acme.example', newPassword: 'a third passphrase 33' },
  })
  await counted('start magic link', '/v1/auth/magiclink/signin/email', { body: { loginId: ada } })
  const [link] = await kit.mails()
  const linkToken = new URL(link?.link ?? '').searchParams.get('t')
  await counted('magic link', '/v1/auth/magiclink/verify', { body: { token: linkToken } })
  await counted('start code', '/v1/auth/otp/signin/email', { body: { loginId: ada } })
  const [mail] = await kit.mails()
  await counted(
    'code, wrong',
    '/v1/auth/otp/verify/email',
    { body: { loginId: ada, code: '000000' === mail?.code ? '000001' : '000000' } },
    401,
  )
  const last = (await counted('code', '/v1/auth/otp/verify/email', { body: { loginId: ada, code: mail?.code } })).body
  await counted('logout', '/v1/auth/logout', { token: last.refreshJwt, body: {} })
  const more = (await kit.call('/v1/auth/password/signin', { ip, body: { loginId: ada, password: goodPassword } })).body
  await counted('logout everywhere', '/v1/auth/logoutall', { token: more.refreshJwt, body: {} })
  const token = kit.managementKey
  const user = { loginId: 'carol@acme.example', email: 'carol@acme.example', roleNames: ['Reader'] }
  await counted('create user', '/v1/mgmt/user/create', { token, body: user })
  await counted('load user', `/v1/mgmt/user?loginId=${encodeURIComponent(user.loginId)}`, { token })
  await counted('search users', '/v2/mgmt/user/search', { token, body: { limit: 10 } })
  await counted('update user', '/v1/mgmt/user/update', { token, body: { ...user, name: 'Carol' } })
  await counted('delete user', '/v1/mgmt/user/delete', { token, body: { loginId: user.loginId } })
  tell(trips)
  assert.deepEqual(
    [...trips].filter(([name, count]) => count > (most[name] ?? 0)),
    [],
  )
})
