import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { test } from 'node:test'
import { createAuth } from '../../src/auth.ts'
import { verifyManagementKey } from '../../src/core/management-keys.ts'
import { parseOptions } from '../../src/options.ts'
import { openStorage } from '../../src/storage/open.ts'
import { databases, type TestDatabase } from '../databases.ts'
import { createKit, type Kit, onEveryDatabase, testClock, testLog } from '../kit.ts'
import { dumpOf, formsOf } from './dump.ts'

/** What `routes.test.ts` cannot show: several processes, proxies in front, what lies in the database. */

for (const { name, open } of databases) {
  const onDatabase = async (run: (database: TestDatabase) => Promise<void>) => {
    const database = await open()
    try {
      await run(database)
    } finally {
      await database.close()
    }
  }

  test(`MG-02: what one process does to a key holds in another at once [${name}]`, () =>
    onDatabase(async (database) => {
      const masterKey = randomBytes(32)
      const clock = testClock()
      const kit = await createKit(database.storage, {}, { masterKey, clock })
      const storage = await openStorage({ database: database.url })
      const options = parseOptions({ flags: {}, environment: {}, file: undefined })
      const other = await createAuth(options, { storage, clock, log: testLog(), masterKey, isStrict: true })
      try {
        const made = await kit.manage('/v1/mgmt/managementkey', { method: 'PUT', body: { name: 'made' } })
        const access = await kit.manage('/v1/mgmt/accesskey/create', { body: { name: 'made' } })
        const there = async (path: string, token: string, body?: string) => {
          const headers = { authorization: `Bearer ${kit.projectId}:${token}`, ...(body ? { 'content-type': 'application/json' } : {}) }
          const request = new Request(`http://127.0.0.1:8787${path}`, { method: body ? 'POST' : 'GET', headers, ...(body ? { body } : {}) })
          return (await other.handler(request, { remoteAddress: '127.0.0.1' })).status
        }
        const manages = () => there('/v1/mgmt/license', made.body.cleartext)
        const exchanges = (token = access.body.cleartext) => there('/v1/auth/accesskey/exchange', token, '{}')
        assert.deepEqual([await manages(), await exchanges()], [200, 200])
        const { id } = made.body.key
        for (const [change, status] of [
          [{ status: 'inactive' }, 401],
          [{ status: 'active' }, 200],
          [{ permittedIps: ['10.0.0.0/8'] }, 401],
          [{ permittedIps: [] }, 200],
        ] as const) {
          await kit.manage('/v1/mgmt/managementkey', { method: 'PATCH', body: { id, ...change } })
          assert.equal(await manages(), status, JSON.stringify(change))
        }
        await kit.manage('/v1/mgmt/managementkey/delete', { body: { ids: [id] } })
        assert.equal(await manages(), 401)

        const rotated = await kit.manage('/v1/mgmt/accesskey/rotate', { body: { id: access.body.key.id } })
        assert.deepEqual([await exchanges(), await exchanges(rotated.body.cleartext)], [401, 200])
        await kit.manage('/v1/mgmt/accesskey/deactivate', { body: { id: access.body.key.id } })
        assert.equal(await exchanges(rotated.body.cleartext), 401)
      } finally {
        await storage.close()
      }
    }))

  test(`MG-05: networks are those of the client behind as many proxies as are trusted [${name}]`, () =>
    onDatabase(async ({ storage }) => {
      const direct = await createKit(storage)
      const proxied = await createKit(storage, { trustedProxyHops: 1 })
      const makeKey = async (kit: Kit) => {
        const body = { name: 'office', permittedIps: ['198.51.100.0/24', '2001:db8::/32'] }
        return (await kit.manage('/v1/mgmt/managementkey', { method: 'PUT', body })).body.cleartext
      }
      const keys = { direct: await makeKey(direct), proxied: await makeKey(proxied) }
      const status = async (kit: Kit, token: string, ip: string, forwarded?: string) =>
        (await kit.call('/v1/mgmt/license', { token, ip, ...(forwarded ? { headers: { 'x-forwarded-for': forwarded } } : {}) })).status
      for (const [ip, forwarded, expected] of [
        ['198.51.100.7', undefined, 200],
        ['::ffff:198.51.100.7', undefined, 200],
        ['2001:db8::7', undefined, 200],
        ['203.0.113.9', undefined, 401],
        ['203.0.113.9', '198.51.100.7', 401],
      ] as const) {
        assert.equal(await status(direct, keys.direct, ip, forwarded), expected, `direct ${ip} ${forwarded}`)
      }
      for (const [forwarded, expected] of [
        ['198.51.100.7', 200],
        ['203.0.113.9, 198.51.100.7', 200],
        ['198.51.100.7, 203.0.113.9', 401],
        ['198.51.100.7, evil', 401],
        [undefined, 401],
      ] as const) {
        assert.equal(await status(proxied, keys.proxied, '10.0.0.1', forwarded), expected, `proxied ${forwarded}`)
      }
    }))

  test(`MG-01: no text of a key lies in the database or in the log [${name}]`, () =>
    onDatabase(async (database) => {
      const kit = await createKit(database.storage)
      const made = await kit.manage('/v1/mgmt/managementkey', { method: 'PUT', body: { name: 'made' } })
      const access = await kit.manage('/v1/mgmt/accesskey/create', { body: { name: 'made' } })
      const rotated = await kit.manage('/v1/mgmt/accesskey/rotate', { body: { id: access.body.key.id } })
      for (const { body } of [access, rotated]) await kit.call('/v1/auth/accesskey/exchange', { token: body.cleartext, body: {} })
      const dump = await dumpOf(database)
      assert.ok(dump.includes(access.body.key.id), 'the dump holds the rows')
      const places = [dump, JSON.stringify(kit.log.lines)]
      for (const { body } of [made, access, rotated]) {
        const secret: string = body.cleartext.split('.')[1]
        assert.equal(Buffer.from(secret, 'base64url').length, 32)
        for (const form of formsOf(secret)) for (const place of places) assert.ok(!place.includes(form))
      }
    }))
}

onEveryDatabase('MG-01: a wrong key costs one look-up wherever it is wrong, and so does an unknown one', async (kit) => {
  const { deps } = kit.auth
  const project = await deps.projects.byId(kit.projectId)
  assert.ok(project)
  const [id = '', secret = ''] = kit.managementKey.split('.')
  const flip = (at: number) => `${secret.slice(0, at)}${secret[at] === 'A' ? 'B' : 'A'}${secret.slice(at + 1)}`
  for (const key of [`${id}.${flip(0)}`, `${id}.${flip(41)}`, `K${'0'.repeat(27)}.${secret}`]) {
    const seen: string[] = []
    const managementKeys = {
      ...deps.storage.managementKeys,
      byId: (...given: [string, string]) => {
        seen.push('byId')
        return deps.storage.managementKeys.byId(...given)
      },
    }
    const storage = { ...deps.storage, managementKeys }
    await assert.rejects(verifyManagementKey({ ...deps, storage }, project, key, '127.0.0.1'), { name: 'ManagementUnauthorized' })
    assert.deepEqual(seen, ['byId'])
  }
})
