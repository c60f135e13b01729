import assert from 'node:assert/strict'
import { type Json, type Kit, onEveryDatabase } from '../../../test/kit.ts'

const path = '/v1/mgmt/project/snapshot'
const definition = {
  type: 'singleselect',
  displayName: 'Plan',
  options: [{ value: 'free', label: 'Free' }],
  defaultValue: 'free',
  viewPermissions: [],
  editPermissions: [],
}

async function call(kit: Kit, verb: string, body: object = {}, there: object = {}): Promise<Json> {
  const answer = await kit.manage(`${path}/${verb}`, { body, ...there })
  assert.equal(answer.status, 200, answer.text)
  return answer.body
}

/** A project with something of everything. */
async function furnish(kit: Kit): Promise<void> {
  const { storage } = kit.auth.deps
  await kit.set({
    password: { minLength: 11, disallowedCharacters: 'é"\\' },
    project: { rotateJwt: true, trustedDomains: 'example.com' },
    otp: { expirationTime: 5 },
  })
  for (const name of ['Read', 'Write']) await kit.manage('/v1/mgmt/permission/create', { body: { name, description: `may ${name}` } })
  await kit.manage('/v1/mgmt/role/create', { body: { name: 'Reader', permissionNames: ['Read'], default: true } })
  await kit.manage('/v1/mgmt/role/create', {
    body: { name: 'Writer', description: 'writes', permissionNames: ['Write', 'Read', 'SSO Admin'] },
  })
  for (const subject of ['user', 'tenant'] as const)
    await storage.attributes.put({ projectId: kit.projectId, subject, name: 'plan', definition, createdAt: 1 })
  await addTemplate(kit, {
    name: 'long',
    active: true,
    public: true,
    versions: { en: { subject: 'Reset', body: `${linked}${'é'.repeat(9000)}` } },
  })
}

const linked = '<a href="{{ link }}">Reset</a>'

async function addTemplate(kit: Kit, more: object = {}): Promise<Json> {
  const texts = { kind: 'password.reset', channel: 'email', versions: { en: { subject: 'Reset', body: linked } } }
  const answer = await kit.manage('/v1/mgmt/message/template/create', { body: { ...texts, name: 'short', ...more } })
  assert.equal(answer.status, 200, answer.text)
  return answer.body.template
}

onEveryDatabase('what is exported and imported into another project is what that exports', async (kit) => {
  await furnish(kit)
  const exported = await call(kit, 'export')
  assert.deepEqual(Object.keys(exported.files), [
    'snapshot.json',
    'settings.json',
    'permissions.json',
    'roles.json',
    'attributes.json',
    'messageTemplates.json',
  ])
  assert.deepEqual(exported.files['roles.json'], [
    { name: 'Reader', description: '', permissionNames: ['Read'], default: true, private: false },
    { name: 'Writer', description: 'writes', permissionNames: ['Read', 'SSO Admin', 'Write'], default: false, private: false },
  ])
  assert.deepEqual(exported.files['attributes.json'], {
    user: [{ name: 'plan', definition }],
    tenant: [{ name: 'plan', definition }],
    accessKey: [],
  })
  const other = await kit.auth.api.createProject({ name: 'Other' })
  const there = { projectId: other.projectId, token: other.managementKey }
  const elsewhere = async (verb: string, body: object): Promise<Json> => {
    const answer = await kit.call(`${path}/${verb}`, { ...there, body })
    assert.equal(answer.status, 200, answer.text)
    return answer.body
  }
  assert.deepEqual(await elsewhere('validate', exported), {
    ...{ ok: true, failures: [], deletions: [] },
    missingSecrets: { connectors: [], oauthProviders: [] },
  })
  assert.deepEqual(await elsewhere('import', { ...exported, inputSecrets: { connectors: [] } }), {})
  assert.deepEqual(await elsewhere('export', {}), exported)
  assert.deepEqual(await elsewhere('import', exported), {}, 'again')
  assert.deepEqual(await elsewhere('export', {}), exported)

  const older = await kit.call('/v1/mgmt/project/export', { ...there, body: {} })
  assert.deepEqual(older.body, exported)
  const { body } = await kit.call('/v1/mgmt/project/import', { ...there, body: { files: exported.files, excludes: ['roles'] } })
  assert.deepEqual(body, {})
})

onEveryDatabase('an import changes and takes away what the files say, and holders keep roles that stay', async (kit) => {
  await furnish(kit)
  const { storage } = kit.auth.deps
  const { user } = await kit.signUp('ada@example.com')
  const writer = await storage.roles.byName(kit.projectId, '', 'Writer')
  await storage.grants.give(kit.projectId, user.userId, [{ tenantId: '', roleId: writer?.id ?? '' }])
  const before = (await call(kit, 'export')).files
  const files = {
    'settings.json': { password: { minLength: 9 } },
    'permissions.json': [{ name: 'Read', description: 'new' }, { name: 'List' }],
    'roles.json': [{ name: 'Writer', permissionNames: ['Read', 'List'] }],
    'attributes.json': { user: [{ name: 'size', definition: { ...definition, type: 'number', options: [] } }] },
  }
  const dry = await call(kit, 'validate', { files })
  assert.deepEqual([dry.ok, dry.deletions], [true, ['permission Write', 'role Reader', 'user attribute plan', 'tenant attribute plan']])
  assert.deepEqual((await call(kit, 'export')).files, before, 'validation changes nothing')
  await call(kit, 'import', { files })
  const after = (await call(kit, 'export')).files
  assert.deepEqual(after['settings.json'], { ...before['settings.json'], password: { ...before['settings.json'].password, minLength: 9 } })
  assert.deepEqual(after['permissions.json'], [
    { name: 'List', description: '' },
    { name: 'Read', description: 'new' },
  ])
  assert.deepEqual(after['roles.json'], [
    { name: 'Writer', description: '', permissionNames: ['List', 'Read'], default: false, private: false },
  ])
  assert.deepEqual(after['attributes.json'].tenant, [])
  const me = await kit.call('/v1/auth/password/signin', { body: { loginId: 'ada@example.com', password: 'correct horse battery 1' } })
  assert.deepEqual([me.body.user.roleNames, me.body.user.permissions], [['Writer'], ['List', 'Read']])

  kit.clock.advance(1) // Events of one second come in no certain order.
  await call(kit, 'import', { files: { 'roles.json': [], 'permissions.json': [] }, excludes: ['roles', 'permissions.json'] })
  const [imported] = await kit.auth.deps.storage.events.forUser(kit.projectId, '', { types: ['project.import'], limit: 1 })
  assert.deepEqual(imported?.data, { files: [] }, 'what was left alone was not imported')
  assert.deepEqual((await call(kit, 'export')).files, after, 'what is excluded stays')
  await call(kit, 'import', { files: {} })
  assert.deepEqual((await call(kit, 'export')).files, after, 'what is not there stays')
  const [event] = await storage.events.forUser(kit.projectId, '', { types: ['project.import'], limit: 200 })
  assert.equal(event?.actorKind, 'managementKey')
})

onEveryDatabase(
  'everything that is wrong with a snapshot is told at once, by validation and by import, and nothing changes',
  async (kit) => {
    await furnish(kit)
    const before = await call(kit, 'export')
    for (const [files, expected] of [
      [{ 'flows/sign-up.json': {} }, [/^flows\/sign-up\.json: there is no such file/]],
      [{ 'a\u202eb': {}, 'snapshot.json': { format: 2 } }, [/^a file with an odd name/, /^snapshot\.json\.format/]],
      [
        { 'settings.json': { password: { minLength: 3 }, project: { colour: 1, cookiePolicy: 'x' } } },
        [/^settings\.json\.project\.cookiePolicy/, /^settings\.json\.project: .*colour/, /^settings\.json\.password\.minLength/],
      ],
      [{ 'settings.json': { sms: {} } }, [/^settings\.json: .*sms/]],
      [{ 'settings.json': [] }, [/^settings\.json/]],
      [{ 'roles.json': [{ name: 'A', permissionNames: ['Nothing'] }] }, [/^roles\.json\.0\.permissionNames: names a permission/]],
      [{ 'permissions.json': [] }, []],
      [{ 'permissions.json': [], 'roles.json': before.files['roles.json'] }, [/^roles\.json\.0/, /^roles\.json\.1/]],
      [{ 'permissions.json': [{ name: 'Impersonate' }] }, [/built-in/]],
      [{ 'permissions.json': [{ name: 'A' }, { name: 'A' }] }, [/^permissions\.json: has a name twice/]],
      [{ 'permissions.json': [{ name: '' }, { name: 'A\u0007' }, { name: 'x'.repeat(129) }] }, [/\.0\.name/, /\.1\.name/, /\.2\.name/]],
      [{ 'attributes.json': { user: [{ name: 'a', definition: { type: 'colour' } }] } }, [/^attributes\.json\.user\.0\.definition\.type/]],
      [{ 'attributes.json': { user: [{ name: 'a b', definition }] } }, [/^attributes\.json\.user\.0\.name/]],
      [
        { 'attributes.json': { user: [{ name: 'a', definition: { ...definition, defaultValue: 'x'.repeat(1023) } }] } },
        [/^attributes\.json\.user\.0\.definition\.defaultValue: must not be larger than 1 KiB/],
      ],
      [{ 'attributes.json': { robot: [] } }, [/^attributes\.json: .*robot/]],
    ] as const) {
      const dry = await call(kit, 'validate', { files })
      assert.equal(dry.ok, expected.length === 0, JSON.stringify(dry))
      for (const pattern of expected)
        assert.ok(
          dry.failures.some((text: string) => pattern.test(text)),
          `${pattern}: ${dry.failures.join('; ')}`,
        )
      if (dry.ok) continue
      const refused = await kit.manage(`${path}/import`, { body: { files } })
      assert.deepEqual([refused.status, refused.body.errorCode, refused.body.failures], [400, 'E111701', dry.failures])
      assert.deepEqual(await call(kit, 'export'), before)
    }
    const huge = Array.from({ length: 2001 }, (_, index) => ({ name: `p${index}` }))
    assert.equal((await call(kit, 'validate', { files: { 'permissions.json': huge } })).ok, false)
    assert.equal((await kit.manage(`${path}/import`, { body: { files: { 'roles.json': ['x'.repeat(5_242_880)] } } })).status, 413)
  },
)

onEveryDatabase('message templates come and go with snapshots, keep their IDs, and are checked first', async (kit) => {
  const list = async () => (await kit.manage('/v1/mgmt/message/template/list', { body: {} })).body.templates
  const kept = await addTemplate(kit, { name: 'kept', active: true, options: ['brand'] })
  await addTemplate(kit, { name: 'gone' })
  const { files } = await call(kit, 'export')
  const [entry] = files['messageTemplates.json']
  assert.equal(files['messageTemplates.json'].length, 2)
  const changed = { ...files['messageTemplates.json'][1], id: 'MTsomethingElse', name: 'kept', active: false, public: true }
  const wanted = { 'messageTemplates.json': [changed, { ...entry, id: 'MTfromElsewhere', name: 'new', active: true, options: [] }] }
  assert.deepEqual((await call(kit, 'validate', { files: wanted })).deletions, ['message template password.reset email gone'])
  await call(kit, 'import', { files: wanted })
  const facts = (await list()).map(({ id, name, active, public: isPublic }: Json) => [id, name, active, isPublic])
  assert.deepEqual(facts, [
    [kept.id, 'kept', false, true],
    ['MTfromElsewhere', 'new', true, false],
  ])

  const broken = [{ ...entry, versions: { en: { subject: '{{ nope }}', body: linked } } }]
  const refused = await call(kit, 'validate', { files: { 'messageTemplates.json': broken } })
  assert.deepEqual(refused.failures, ['messageTemplates.json.0: en, subject, line 1, column 4: there is no variable nope'])
  const answer = await kit.manage(`${path}/import`, { body: { files: { 'messageTemplates.json': broken, 'settings.json': { no: {} } } } })
  assert.equal(answer.body.errorCode, 'E111701')
  assert.equal(answer.body.failures.length, 2, answer.text)
  const twice = [
    { ...entry, active: true },
    { ...entry, id: 'MT2', name: 'other', active: true },
  ]
  assert.match((await call(kit, 'validate', { files: { 'messageTemplates.json': twice } })).failures[0], /two active ones/)
  assert.deepEqual((await list()).length, 2)
})

onEveryDatabase('a clone has the message templates, under their IDs', async (kit) => {
  const { id } = await addTemplate(kit, { active: true })
  const { body } = await kit.manage('/v1/mgmt/project/clone', { body: { name: 'Clone' } })
  const found = await kit.auth.deps.storage.messageTemplates.active(body.projectId, 'password.reset', 'email')
  assert.equal(found?.id, id)
})
