import type { Auth } from '../../src/auth.ts'
import { adminEvent, recordEvent } from '../../src/core/events.ts'
import { newPasswordCredential } from '../../src/core/password/credential.ts'
import { newId } from '../../src/core/secrets.ts'
import type { NewAccount, TextPrefix, UserFilter, UserQuery } from '../../src/core/storage.ts'
import { newLoginId, newUserRecord } from '../../src/core/users.ts'
import { createDatabase } from '../../test/server-process.ts'
import type { Bench } from '../bench.ts'
import { atMost, shortNumber } from '../report.ts'
import { sharedHash, vacuum } from '../seed.ts'
import { install } from '../servers.ts'
import { median, quantile } from '../statistics.ts'

const users = 1_000_000
const tenants = 1000
const events = 200_000
/** As many calls of a search, or so long, whichever is over first. */
const calls = 200
const milliseconds = 15_000

interface Crowd {
  readonly auth: Auth
  readonly projectId: string
  readonly startedAt: number
}

/** Searches in the administration of a million users, straight through the storage port, one after the other (MG-07). */
export async function measureSearch(bench: Bench, postgresUrl: string | undefined): Promise<void> {
  await onDatabase(bench, 'sqlite', undefined)
  if (!postgresUrl) return
  const { url, drop } = await createDatabase(postgresUrl)
  try {
    await onDatabase(bench, 'postgres', url)
  } finally {
    await drop()
  }
}

async function onDatabase(bench: Bench, database: string, url: string | undefined): Promise<void> {
  const installation = await install(url ? { database: url } : {})
  const auth = await installation.open()
  try {
    const crowd = { auth, projectId: installation.projectId, startedAt: auth.deps.clock.nowSeconds() - users }
    await seed(bench, database, crowd)
    if (url) await vacuum(url)
    for (const [name, { isBroad = false, make }] of Object.entries(searches)) {
      await measure(bench, { database, name, isBroad }, (index) => {
        const query: UserQuery = { sort: [], limit: 100, offset: 0, ...make(index, crowd) }
        return auth.deps.storage.users.search(crowd.projectId, query)
      })
    }
    await measureAudit(bench, database, crowd)
  } finally {
    await auth.close()
    await installation.remove()
  }
}

async function measure(
  bench: Bench,
  { database, name, isBroad }: { readonly database: string; readonly name: string; readonly isBroad: boolean },
  search: (index: number) => Promise<{ readonly total: number } | undefined>,
): Promise<void> {
  const times: number[] = []
  let total = 0
  const until = performance.now() + milliseconds
  for (let call = 0; call < calls && (call < 5 || performance.now() < until); call++) {
    const before = performance.now()
    total = (await search(Math.floor(Math.random() * users)))?.total ?? 0
    times.push(performance.now() - before)
  }
  const value = quantile(times, 0.99)
  const raw = `median ${shortNumber(median(times))} ms of ${times.length}, ${total} found by the last`
  const target = isBroad ? {} : { target: atMost(value, 300) }
  bench.report.add({ measure: 'search', name: `${database}: ${name}, p99`, value, unit: 'ms', raw, ...target })
}

interface Search {
  /** Finds a large part of all users, or looks at all of them without an index. */
  readonly isBroad?: boolean
  readonly make: (index: number, crowd: Crowd) => Partial<UserQuery> & { readonly filter: UserFilter }
}

const none = { testUsers: 'none' } as const
const textOf = (text: string): TextPrefix => ({ userId: text, loginId: text, phone: text, lower: text })

const searches: Readonly<Record<string, Search>> = {
  'first page of all': { make: () => ({ filter: none }) },
  'a page of all': { make: (index) => ({ filter: none, offset: index - (index % 100) }) },
  'last changed': { make: () => ({ filter: none, sort: [{ field: 'modifiedAt', isDescending: true }] }) },
  'test users': { make: () => ({ filter: { testUsers: 'only' } }) },
  disabled: { make: () => ({ filter: { ...none, statuses: ['disabled'] } }) },
  'verified addresses': { make: () => ({ filter: { ...none, isEmailVerified: true } }) },
  'made on a day': {
    make: (index, { startedAt }) => ({ filter: { ...none, createdAt: { from: startedAt + index, to: startedAt + index + 86_400 } } }),
  },
  'by e-mail address': { make: (index) => ({ filter: { ...none, emails: [addressOf(index)] } }) },
  'by login IDs': { make: (index) => ({ filter: { ...none, loginIds: [addressOf(index), addressOf(index + 1), 'nobody'] } }) },
  'a tenant of 900': { make: (index) => ({ filter: { ...none, tenantIds: [`T${1 + (index % (tenants - 1))}`] } }) },
  'a tenant of 900, by name, disabled': {
    make: (index) => ({
      filter: { ...none, tenantIds: [`T${1 + (index % (tenants - 1))}`], statuses: ['disabled'] },
      sort: [{ field: 'name', isDescending: false }],
    }),
  },
  'role in a tenant': {
    make: (index) => ({ filter: { ...none, tenantRoleNames: [{ tenantId: `T${index % tenants}`, roles: ['admin'], isEvery: false }] } }),
  },
  'text that few begin with': { make: (index) => ({ filter: { ...none, text: textOf(`ada${index}`) } }) },
  'a custom attribute': {
    make: (index) => ({ filter: { ...none, attributes: [{ name: 'externalId', values: [`ext-${index}`] }] } }),
  },
  'a tenant of 100 000': { isBroad: true, make: () => ({ filter: { ...none, tenantIds: ['T0'] } }) },
  'text that everybody begins with': { isBroad: true, make: () => ({ filter: { ...none, text: textOf('ada') } }) },
  'all by name': { isBroad: true, make: () => ({ filter: none, sort: [{ field: 'name', isDescending: false }] }) },
  'without a password': { isBroad: true, make: () => ({ filter: { ...none, credentials: [{ kind: 'password', isThere: false }] } }) },
}

const addressOf = (index: number) => `ada${index}@example.com`

const batch = 1000

/** Users with a password, an attribute that is theirs alone, and a tenant: every tenth in the first, the others all over. */
async function seed(bench: Bench, database: string, { auth, projectId, startedAt }: Crowd): Promise<void> {
  const { storage, random, clock } = auth.deps
  const hash = await sharedHash()
  const now = clock.nowSeconds()
  await storage.transaction(async (tx) => {
    for (let index = 0; index < tenants; index++) await tx.tenants.insert(tenantOf(projectId, index, now))
    const role = { id: 'R1', tenantId: '', name: 'admin', description: '', permissionNames: [], isDefault: false, isPrivate: false }
    await tx.roles.insert({ projectId, createdAt: now, ...role })
  })
  const before = performance.now()
  for (let first = 0; first < users; first += batch) {
    const accounts = Array.from({ length: batch }, (_, offset): NewAccount => {
      const index = first + offset
      const loginId = newLoginId(addressOf(index))
      const made = newUserRecord({
        projectId,
        id: newId(auth.deps, 'U'),
        loginId,
        details: { name: `Ada ${index}` },
        now: startedAt + index,
      })
      const user = {
        ...made,
        isEmailVerified: index % 5 > 0,
        status: index % 33 === 0 ? ('disabled' as const) : ('enabled' as const),
        isTest: index % 100 === 7,
        customAttributes: { externalId: `ext-${index}`, plan: index % 3 === 0 ? 'pro' : 'free' },
      }
      const tenantId = `T${index % 10 === 0 ? 0 : 1 + (index % (tenants - 1))}`
      const assignments = index % 7 === 0 ? [{ tenantId, roleId: 'R1' }] : []
      const credentials = index % 10 === 3 ? [] : [newPasswordCredential({ projectId, userId: user.id, hash, now })]
      return { user, loginIds: [loginId], credentials, tenantIds: [tenantId], assignments }
    })
    await storage.transaction((tx) => tx.accounts.insertMany(accounts))
  }
  const perSecond = users / ((performance.now() - before) / 1000)
  bench.report.add({
    measure: 'search',
    name: `${database}: users inserted`,
    value: perSecond,
    unit: '/s',
    raw: `${users} in batches of ${batch}`,
  })
  for (let first = 0; first < events; first += batch) {
    await storage.transaction(async (tx) => {
      for (let index = 0; index < batch; index++) {
        const type = index % 50 === 0 ? 'user.status' : 'user.update'
        await recordEvent({ clock, random }, tx, adminEvent({ projectId, actor: { kind: 'commandLine', id: '' }, type }))
      }
    })
  }
}

function tenantOf(projectId: string, index: number, now: number) {
  return {
    ...{ projectId, id: `T${index}`, name: `Tenant ${index}`, parentId: '', selfProvisioningDomains: [], customAttributes: {} },
    ...{ isDisabled: false, isSsoEnforced: false, ssoExclusions: [], roleInheritance: '' as const, defaultRoleNames: [] },
    ...{ sessionSettings: {}, passwordSettings: {}, createdAt: now, modifiedAt: now },
  }
}

async function measureAudit(bench: Bench, database: string, { auth, projectId }: Crowd): Promise<void> {
  const page = { from: 0, to: Number.MAX_SAFE_INTEGER, isOldestFirst: false, limit: 200, offset: 0 }
  for (const [name, filter] of [
    ['newest events', {}],
    ['events of a type', { anyOf: [[{ type: 'user.status' }]] }],
    ['events that hold a text', { text: { lower: 'nowhere', patterns: [], userIds: [] } }],
  ] as const) {
    await measure(bench, { database, name: `${name}, of ${events}`, isBroad: false }, () =>
      auth.deps.storage.events.search(projectId, { ...page, filter }),
    )
  }
}
