import assert from 'node:assert/strict'
import type { Json, Kit } from '../../../test/kit.ts'
import { tenant as tenantRecord } from '../../../test/storage-contract/records.ts'
import { newManagementKey, Rights } from '../../core/management-keys.ts'
import { newId } from '../../core/secrets.ts'

export const idForm = /^AK[A-Za-z0-9]{27}$/
/** ID, a dot, 256 bits: not of the form of a JWT, so that the bearer's parser takes it for a key. */
export const keyForm = /^AK[A-Za-z0-9]{27}\.[A-Za-z0-9_-]{43}$/

/** The claims of a token, unchecked. */
export function claimsOf(jwt: string): Json {
  return JSON.parse(Buffer.from(jwt.split('.')[1] ?? '', 'base64url').toString('utf8'))
}

/** What the tests of access keys do again and again. */
export function accessKeyKit(kit: Kit) {
  const { storage } = kit.auth.deps
  const { projectId } = kit
  const succeeded = async (path: string, body?: object): Promise<Json> => {
    const answer = await kit.manage(`/v1/mgmt/accesskey${path}`, body ? { body } : {})
    assert.equal(answer.status, 200, answer.text)
    return answer.body
  }
  const createdAt = kit.clock.nowSeconds()
  return {
    make: (facts: object = {}): Promise<{ cleartext: string; key: Json }> => succeeded('/create', { name: 'program', ...facts }),
    load: async (id: string): Promise<Json> => (await succeeded(`?id=${id}`)).key,
    update: async (facts: object): Promise<Json> => (await succeeded('/update', facts)).key,
    search: async (query: object): Promise<readonly Json[]> => (await succeeded('/search', query)).keys,
    exchange: (token: string, body: object = {}, more: object = {}) => kit.call('/v1/auth/accesskey/exchange', { token, body, ...more }),
    async role(name: string, permissionNames: readonly string[]) {
      const facts = { tenantId: '', description: '', isDefault: false, isPrivate: false, createdAt }
      await storage.roles.insert({ projectId, id: newId(kit.auth.deps, 'R'), name, permissionNames, ...facts })
    },
    async tenant(name: string): Promise<string> {
      const id = newId(kit.auth.deps, 'T')
      await storage.tenants.insert(tenantRecord(projectId, id, { name, createdAt, modifiedAt: createdAt }))
      return id
    },
    /** A management key with limits. */
    async limitedKey(rights: object): Promise<string> {
      const made = newManagementKey(kit.auth.deps, { projectId, name: 'limited', rights: Rights.parse(rights) })
      await storage.managementKeys.insert(made.record)
      return made.key
    },
  }
}
