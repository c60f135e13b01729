import assert from 'node:assert/strict'
import { hash, randomBytes } from 'node:crypto'
import { after, test } from 'node:test'
import { gunzipSync, gzipSync } from 'node:zlib'
import { type DatabaseKind, databases } from '../test/databases.ts'
import { inspect } from '../test/faults/ledger/database.ts'
import { createKit, goodPassword, type Kit, testLog } from '../test/kit.ts'
import { emptyDatabase, removeDatabases } from '../test/upgrades/empty-database.ts'
import { loadFixture, readFixtures } from '../test/upgrades/fixtures.ts'
import { assertKept } from '../test/upgrades/promises.ts'
import { type Auth, bundledPasswordRules, createAuth } from './auth.ts'
import { createBackup, restoreBackup, verifyBackup } from './backups.ts'
import type { Clock } from './core/ports.ts'
import { parseOptions } from './options.ts'
import { openStorage } from './storage/open.ts'
import { openWholeDatabase } from './storage/whole-database.ts'

after(removeDatabases)

const masterKey = randomBytes(32)
const nowSeconds = 1_790_000_000

const optionsFor = (database: string) => parseOptions({ flags: { database, outbox: true }, environment: {}, file: undefined })

/** A file in memory. */
async function backUp(database: string): Promise<Uint8Array> {
  const chunks: Uint8Array[] = []
  const write = async (chunk: Uint8Array) => void chunks.push(Uint8Array.from(chunk))
  await createBackup({ options: optionsFor(database), program: 'test', nowSeconds, write })
  return Buffer.concat(chunks)
}

async function* asRead(file: Uint8Array): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < file.length; at += 1000) yield file.subarray(at, at + 1000)
}

const restore = (file: Uint8Array, database: string, options: { endSessions?: boolean; masterKey?: Uint8Array } = {}) =>
  restoreBackup({ options: optionsFor(database), masterKey, endSessions: false, nowSeconds, open: () => asRead(file), ...options })

/** A backup as somebody would write it who knows how: with a header that says something else, without some lines, and with the digests that go with it. */
function rewritten(text: string, changes: object, isKept: (line: string) => boolean = () => true): string {
  const [first = '', ...others] = text.split('\n').filter((line) => line !== '')
  const header = { ...JSON.parse(first), ...changes }
  const { sha256: _, ...facts } = header
  const lines = [
    JSON.stringify({ ...facts, sha256: hash('sha256', JSON.stringify(Object.values(facts)), 'hex') }),
    ...others.slice(0, -1).filter(isKept),
  ]
  const content = lines.map((line) => `${line}\n`).join('')
  return `${content}${JSON.stringify({ ...JSON.parse(others.at(-1) ?? ''), sha256: hash('sha256', content, 'hex') })}\n`
}

/** A server on a database that was restored. */
async function serve<T>(database: string, clock: Clock, run: (auth: Auth) => Promise<T>): Promise<T> {
  const passwordRules = await bundledPasswordRules()
  const auth = await createAuth(optionsFor(database), { masterKey, clock, passwordRules, hashMilliseconds: 10, log: testLog() })
  try {
    return await run(auth)
  } finally {
    await auth.close()
  }
}

async function post(auth: Auth, path: string, bearer: string, body: object): Promise<number> {
  const headers = { authorization: `Bearer ${bearer}`, 'content-type': 'application/json' }
  const request = new Request(`http://127.0.0.1${path}`, { method: 'POST', headers, body: JSON.stringify(body) })
  return (await auth.handler(request, { remoteAddress: '127.0.0.1' })).status
}

/** A database with users, and what was told to them. */
async function world(
  kind: DatabaseKind,
  run: (on: { url: string; kit: Kit; tokens: Map<string, string> }) => Promise<void>,
): Promise<void> {
  const { storage, url, close } = await kind.open()
  try {
    const kit = await createKit(storage, {}, { masterKey })
    const tokens = new Map<string, string>()
    for (const name of ['ada', 'grace', 'zoë']) tokens.set(name, (await kit.signUp(name)).refreshJwt)
    await run({ url, kit, tokens })
  } finally {
    await close()
  }
}

for (const from of databases) {
  for (const to of databases) {
    test(`RL-09, F13: a backup of ${from.name} under load, restored into ${to.name}, has all that was acknowledged before it`, async () => {
      await world(from, async ({ url, kit, tokens }) => {
        const over = new AbortController()
        let written = 0
        const writing = (async () => {
          for (; !over.signal.aborted; written++) await kit.signUp(`later-${written}`, undefined, { isVerified: false })
        })()
        const file = await backUp(url)
        over.abort()
        await writing
        const target = await emptyDatabase(to.name)
        const facts = await restore(file, target)
        assert.ok(facts.users >= tokens.size && facts.users <= tokens.size + written)
        await serve(target, kit.clock, async (auth) => {
          for (const [loginId, token] of tokens) {
            assert.equal(await post(auth, '/v1/auth/password/signin', kit.projectId, { loginId, password: goodPassword }), 200)
            assert.equal(await post(auth, '/v1/auth/refresh', `${kit.projectId}:${token}`, {}), 200)
          }
          assert.equal(await post(auth, '/v1/mgmt/user/search', `${kit.projectId}:${kit.managementKey}`, {}), 200)
        })
        const folder = to.name === 'sqlite' ? target.slice('sqlite:'.length, -'/postern.db'.length) : ''
        const halves = await inspect({ folder, databaseUrl: to.name === 'sqlite' ? undefined : target })
        assert.deepEqual(
          halves.filter((one) => !one.includes('verification mail')),
          [],
          'one state: no part of an account without the rest',
        )
      })
    })
  }

  test(`RL-09: ${from.name}: with its sessions ended, a restored database revives none, nor a link`, async () => {
    await world(from, async ({ url, kit, tokens }) => {
      await kit.signUp('linus@example.com', undefined, { isVerified: false })
      await kit.call('/v1/auth/password/reset', { body: { loginId: 'linus@example.com' } })
      const link = await kit.linkToken('linus@example.com', 'email.verify')
      const target = await emptyDatabase(from.name)
      await restore(await backUp(url), target, { endSessions: true })
      await serve(target, kit.clock, async (auth) => {
        for (const [loginId, token] of tokens) {
          assert.equal(await post(auth, '/v1/auth/refresh', `${kit.projectId}:${token}`, {}), 401)
          assert.equal(await post(auth, '/v1/auth/password/signin', kit.projectId, { loginId, password: goodPassword }), 200)
        }
        assert.equal(await post(auth, '/v1/auth/magiclink/verify', kit.projectId, { token: link }), 401)
      })
    })
  })

  test(`RL-09, CR-02: ${from.name}: what is not empty, not whole or not of this key is refused, and nothing changes`, async () => {
    await world(from, async ({ url }) => {
      const file = await backUp(url)
      const target = await emptyDatabase(from.name)
      const flipped = (at: number) => file.with(at, (file[at] ?? 0) ^ 4)
      const text = gunzipSync(file).toString()
      const refused = (bad: Uint8Array, reason: RegExp, options = {}) => assert.rejects(restore(bad, target, options), reason)
      for (const cut of [0, 1, 20, file.length >> 1, file.length - 1]) await refused(file.subarray(0, cut), /backup|empty/)
      for (const at of [0, 100, file.length >> 1, file.length - 6]) await refused(flipped(at), /damaged|no backup/)
      const packed = (changed: string) => gzipSync(changed)
      await refused(packed(text.replace('"ada"', '"eve"')), /damaged/)
      await refused(packed(`${text}[]\n`), /behind the end/)
      await refused(packed(text.slice(0, text.indexOf('{"sums"'))), /end is missing/)
      await refused(packed(text.replace('"format":1', '"format":2')), /format 2/)
      await refused(packed('{"users":[]}\n'), /no backup of Postern/)
      await refused(file, /master key/, { masterKey: randomBytes(32) })
      await refused(packed(text.replace(/"schema":\d+/, '"schema":999')), /header of the backup is damaged/)
      await refused(packed(rewritten(text, { schema: 999 })), /schema version 999/)
      await refused(packed(rewritten(text, {}, (line) => !line.startsWith('{"table":"roles"'))), /damaged/)
      const place = await openWholeDatabase({ database: target })
      assert.equal(await place.schemaVersion(), 0, 'nothing was made')
      await place.close()
      await assert.rejects(restore(file, url), /not empty/)
      assert.equal((await restore(file, target)).users, 3, 'all that left the place as it was')
      await assert.rejects(restore(file, target), /not empty/)
    })
  })

  test(`RL-09: ${from.name}: what breaks off in the middle leaves the place empty, and can be done again`, async () => {
    await world(from, async ({ url }) => {
      const file = await backUp(url)
      const target = await emptyDatabase(from.name)
      let reads = 0
      async function* breaking(): AsyncGenerator<Uint8Array> {
        const isLoad = ++reads === 3
        yield file.subarray(0, file.length - 100)
        if (isLoad) throw new Error('the disk is gone')
        yield file.subarray(file.length - 100)
      }
      await assert.rejects(
        restoreBackup({ options: optionsFor(target), masterKey, endSessions: false, nowSeconds, open: breaking }),
        /the disk is gone/,
      )
      const storage = await openStorage({ database: target })
      assert.deepEqual(await storage.projects.list(), [])
      await storage.close()
      assert.equal((await restore(file, target)).users, 3)
    })
  })

  test(`RL-09: ${from.name}: nothing is in a backup that was not told to be kept in clear`, async () => {
    await world(from, async ({ url, kit, tokens }) => {
      const secrets = [goodPassword, kit.managementKey.slice(29), ...tokens.values(), Buffer.from(masterKey).toString('base64url')]
      const text = gunzipSync(await backUp(url)).toString()
      for (const secret of secrets) assert.ok(!text.includes(secret))
      // Private members of a key as JSON.
      assert.doesNotMatch(text, /\\?"(?:d|p|q|dp|dq|qi)\\?":/)
    })
  })

  for (const fixture of readFixtures()) {
    test(`RL-09, RL-10: ${from.name}: a backup of schema ${fixture.version} is restored and brought up to date`, async () => {
      const url = await emptyDatabase(from.name)
      await loadFixture(url, fixture)
      const file = await backUp(url)
      assert.equal((await verifyBackup(() => asRead(file))).schema, fixture.version)
      const target = await emptyDatabase(from.name)
      await restore(file, target, { masterKey: Buffer.from(fixture.promises.masterKey, 'base64url') })
      await assertKept(target, fixture.promises)
    })
  }
}
