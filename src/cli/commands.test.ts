import assert from 'node:assert/strict'
import { chmod, readFile, stat, writeFile } from 'node:fs/promises'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { before, test } from 'node:test'
import type { Command } from 'commander'
import { createProgram } from './program.ts'
import { type Ended, freshPath, run, type Setting } from './test-program.ts'

const data = freshPath()
let made: { projectId: string; managementKey: string; baseUrl: string }

before(async () => {
  const { code, stdout, stderr } = await run(['init', '--data', data, '--json'])
  assert.equal(code, 0, stderr)
  made = JSON.parse(stdout)
})

const on = (words: readonly string[], setting: Setting = {}): Promise<Ended> => run([...words, '--data', data], setting)
const json = async (words: readonly string[], setting: Setting = {}) => JSON.parse((await on([...words, '--json'], setting)).stdout)

function leaves(command: Command, path: readonly string[] = []): readonly (readonly [string, Command])[] {
  if (command.commands.length === 0) return [[path.join(' '), command]]
  return command.commands.flatMap((one) => leaves(one, [...path, one.name()]))
}

const commands = new Map(leaves(createProgram()))

test('commands: there is one for each thing that an operator does', () => {
  assert.deepEqual([...commands.keys()].sort(), [
    'audit',
    'backup',
    'doctor',
    'export',
    'import',
    'init',
    'keys list',
    'keys management create',
    'keys management limit',
    'keys management list',
    'keys management revoke',
    'keys rotate',
    'message counts',
    'message list',
    'message retry',
    'message show',
    'migrate',
    'openapi',
    'project list',
    'restore',
    'serve',
    'settings set',
    'settings show',
    'template activate',
    'template built-in',
    'template deactivate',
    'template delete',
    'template kinds',
    'template list',
    'template preview',
    'template send-test',
    'template set',
    'template show',
    'user create',
    'user delete',
    'user disable',
    'user enable',
    'user list',
    'user set-password',
    'user show',
    'user unlock',
    'user verify',
  ])
})

for (const [name, command] of commands) {
  test(`commands: ${name} explains itself, speaks JSON and takes no password as an argument`, () => {
    const flags = command.options.map((option) => option.long)
    assert.ok(flags.includes('--json'))
    assert.match(command.helpInformation(), /--help/)
    assert.ok(command.description().length > 10)
    assert.ok(!flags.includes('--password'))
    for (const option of command.options) assert.ok(option.description.length > 5, option.flags)
  })
}

test('init: prints one object with what a client needs, once', async () => {
  assert.deepEqual(Object.keys(made), ['projectId', 'managementKey', 'baseUrl'])
  assert.match(made.projectId, /^P[0-9A-Za-z]{27}$/)
  assert.equal(made.baseUrl, 'http://127.0.0.1:8787')
  const again = await on(['init', '--json'])
  assert.equal(again.code, 1)
  assert.equal(again.stdout, '')
  assert.match(JSON.parse(again.stderr).error.message, /There is a project already/)
  assert.equal((await stat(join(data, 'master.key'))).mode & 0o777, 0o600)
})

test('init --hardened: doctor finds nothing weaker than its standard', async () => {
  const hardened = freshPath()
  const first = await run(['init', '--data', hardened, '--hardened'])
  assert.match(first.stdout, /^DESCOPE_PROJECT_ID=P/)
  const { code, stdout } = await run(['doctor', '--data', hardened, '--json'])
  assert.equal(code, 0)
  const { findings } = JSON.parse(stdout)
  assert.deepEqual(
    findings.filter(({ level }: { level: string }) => level === 'weaker' || level === 'problem'),
    [],
  )
})

test('doctor: tells what is weaker with its row, and masks secrets', async () => {
  const environment = {
    ...{ POSTERN_SMTP_URL: 'smtps://canary:canary@mail.example', POSTERN_MAIL_FROM: 'auth@example.com' },
    ...{ POSTERN_TEXT_WEBHOOK_URL: 'https://hooks.example/canary?canary', POSTERN_TEXT_WEBHOOK_SECRETS: `whsec_${'canary00'.repeat(5)}` },
  }
  const { code, stdout, stderr } = await on(['doctor'], { environment })
  assert.equal(code, 0)
  assert.match(stdout, /^weaker .*PW-04: minimum length 8 is under 15/m)
  assert.match(stdout, /^weaker .*SE-01: /m)
  assert.match(stdout, /^ok .*One password hash takes [\d.]+ ms/m)
  assert.match(stdout, /^smtpUrl: smtps:\/\/\*\*\*@mail\.example$/m)
  assert.match(stdout, /^textWebhookUrl: https:\/\/hooks\.example\/\*\*\*\ntextWebhookSecrets: \*\*\*$/m)
  assert.match(stdout, /^twilioAuthToken: not set$/m)
  assert.doesNotMatch(stdout + stderr, /canary/)
  assert.ok(!stdout.includes((await readFile(join(data, 'master.key'), 'utf8')).trim()))
})

test('doctor: makes nothing, and says what to run', async () => {
  const nowhere = freshPath()
  const { code, stdout } = await run(['doctor', '--data', nowhere])
  assert.equal(code, 1)
  assert.match(stdout, /^problem .*postern init/m)
  assert.equal(await stat(nowhere).catch(() => undefined), undefined)
})

test('user: a life from create to delete', async () => {
  const loginId = 'ada@example.com'
  const words = ['user', 'create', loginId, '--name', 'Ada \u001b[31m\u202e', '--verified', '--password-stdin']
  const created = await json(words, { input: 'correct horse battery staple\nnot read' })
  assert.deepEqual(
    [created.loginIds, created.status, created.isEmailVerified, created.credentialKinds],
    [[loginId], 'enabled', true, ['password']],
  )
  assert.equal((await on(['user', 'create', loginId])).code, 1)

  const shown = await on(['user', 'show', created.userId])
  assert.match(shown.stdout, /^loginIds: ada@example\.com$/m)
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must not reach a terminal
  assert.doesNotMatch(shown.stdout, /[\u001b\u202e]/)

  assert.equal((await json(['user', 'disable', loginId])).status, 'disabled')
  assert.equal((await json(['user', 'enable', loginId])).status, 'enabled')
  assert.equal((await on(['user', 'unlock', loginId])).code, 0)
  assert.deepEqual((await json(['user', 'list', '--prefix', 'ada'])).users.length, 1)
  assert.equal((await on(['user', 'delete', loginId])).code, 0)
  assert.equal((await on(['user', 'show', loginId])).code, 3)
})

test('user set-password: reads one line of standard input, and the policy of the project holds', async () => {
  await on(['user', 'create', 'grace'])
  const set = (input: string | Uint8Array) => on(['user', 'set-password', 'grace'], { input })
  assert.deepEqual((await set('correct horse battery staple')).code, 0)
  assert.deepEqual((await json(['user', 'show', 'grace'])).credentialKinds, ['password'])
  assert.equal((await set('password')).code, 1)
  assert.equal((await set('')).code, 2)
  assert.equal((await set(Buffer.from('correct horse \xff battery', 'latin1'))).code, 2)
  assert.equal((await set('x'.repeat(9000))).code, 2)
})

test('settings: shown and set by name, every wrong name told with the right one', async () => {
  const set = await on(['settings', 'set', 'password.minLength=12', 'project.rotateJwt=true', 'project.appUrl=https://app.example'])
  assert.equal(set.code, 0)
  assert.deepEqual(set.stdout.split('\n').sort(), [
    '',
    'password.minLength=12',
    'project.appUrl="https://app.example"',
    'project.rotateJwt=true',
  ])
  const { password } = await json(['settings', 'show', 'password.minLength'])
  assert.deepEqual(password, { minLength: 12 })

  const wrong = await on(['settings', 'set', 'password.minLenght=9', 'projekt.domain=x'])
  assert.equal(wrong.code, 2)
  assert.match(
    wrong.stderr,
    /password\.minLenght: no such setting; did you mean password\.minLength\?\nprojekt\.domain: .*project\.domain\?/,
  )
  assert.equal((await on(['settings', 'set', 'password.minLength=3'])).code, 2)
  assert.equal((await on(['settings', 'set', 'password.minLength'])).code, 2)
})

test('keys: one signs, a new one waits beside it', async () => {
  const { kid, activeAt } = await json(['keys', 'rotate'])
  const { keys } = await json(['keys', 'list'])
  assert.deepEqual(
    keys.map((key: { id: string; isSigning: boolean }) => [key.id === kid, key.isSigning]),
    [
      [true, false],
      [false, true],
    ],
  )
  assert.equal(keys[0].activeAt, activeAt)
  assert.doesNotMatch(JSON.stringify(keys), /sealed|"d"|"p"/)
})

test('keys management: made, shown once, limited, switched off and revoked', async () => {
  const { key, cleartext } = await json(['keys', 'management', 'create', 'nightly export', '--allow', 'hashExport', '--read-only'])
  assert.match(cleartext, /^K[0-9A-Za-z]{27}\.[\w-]{43}$/)
  assert.deepEqual([key.rights.isReadOnly, key.rights.extra, key.expiresAt], [true, ['hashExport'], 0])
  const lines = await on(['keys', 'management', 'create', 'for CI', '--expires-in-days', '30', '--networks', '10.0.0.0/8,192.0.2.1'])
  assert.match(lines.stdout, /^DESCOPE_MANAGEMENT_KEY=K/)
  assert.equal(lines.stderr, '')

  const listed = await on(['keys', 'management', 'list'])
  assert.match(listed.stdout, /nightly export .*read only.*given hashExport/)
  assert.match(listed.stdout, /for CI .*until \d{4}-.*only from 10\.0\.0\.0\/8, 192\.0\.2\.1/)
  for (const text of [cleartext, lines.stdout.split('=')[1]?.split('\n')[0]])
    assert.ok(!listed.stdout.includes(String(text).split('.')[1] ?? 'no key'))

  const limit = (words: readonly string[]) => json(['keys', 'management', 'limit', key.id, ...words])
  assert.deepEqual((await limit(['--read-only', 'false', '--deny', 'impersonation,projects', '--allow', 'none'])).rights, {
    ...{ isReadOnly: false, denied: ['impersonation', 'projects'], extra: [], tenantIds: [], networks: [] },
  })
  assert.equal((await limit(['--active', 'false'])).isActive, false)
  for (const [words, code] of [
    [['limit', key.id, '--deny', 'everything'], 2],
    [['limit', key.id, '--networks', 'example.com'], 2],
    [['limit', key.id, '--tenants', 'Tnowhere'], 3],
    [['limit', 'Knothing', '--read-only'], 3],
    [['limit', key.id], 2],
    [['create', 'x', '--expires-in-days', '0'], 2],
    [['revoke', key.id, 'Knothing'], 3],
  ] as const) {
    const ended = await on(['keys', 'management', ...words])
    assert.deepEqual([ended.code, ended.stdout], [code, ''], `${words.join(' ')}: ${ended.stderr}`)
  }
  assert.equal((await on(['keys', 'management', 'revoke', key.id])).code, 0)
  assert.equal((await on(['keys', 'management', 'revoke', key.id])).code, 3)
})

test('openapi: prints the description without any data', async () => {
  const { code, stdout } = await run(['openapi', '--json'])
  assert.equal(code, 0)
  assert.match(JSON.parse(stdout).openapi, /^3\.1/)
})

test('exit codes: usage 2, no such thing 3, not available 4', async () => {
  for (const [words, code] of [
    [[], 2],
    [['sevre'], 2],
    [['user', 'list', '--limit', '0'], 2],
    [['user', 'show'], 2],
    [['keys', 'list', '--project', 'Pnone', '--data', data], 3],
    [['keys', 'list', '--data', freshPath()], 2],
    [['keys', 'list', '--data', data, '--database', 'postgres://postern@127.0.0.1:1/none'], 4],
  ] as const) {
    const ended = await run(words)
    assert.equal(ended.code, code, `${words.join(' ')}: ${ended.stderr}`)
    assert.equal(ended.stdout, '')
  }
})

test('CR-02: a start tells every problem at once, none of the values, and makes nothing', async () => {
  const nowhere = freshPath()
  const config = `${nowhere}.json`
  await writeFile(config, JSON.stringify({ hash: { memoryKib: 8192 }, smtpUrl: 'canary', prot: 1 }))
  const environment = { POSTERN_PUBLIC_ULR: 'https://canary.example', POSTERN_DATABASE_FILE: '/nowhere/canary' }
  const words = ['serve', '--data', nowhere, '--config', config, '--port', 'canary', '--address', '0.0.0.0']
  const { code, stdout, stderr } = await run(words, { environment })
  assert.equal(code, 2)
  assert.equal(stdout, '')
  for (const name of ['hash.memoryKib', 'smtpUrl', 'prot', 'POSTERN_PUBLIC_ULR', 'POSTERN_DATABASE_FILE', 'port', 'address']) {
    assert.match(stderr, new RegExp(`^ {2}- ${name.replace('.', '\\.')}[ :]`, 'm'))
  }
  assert.doesNotMatch(stderr, /canary/)
  assert.equal(await stat(nowhere).catch(() => undefined), undefined)
})

test('CR-02: a configuration file that is no JSON, and a key that others can read, stop the start', async () => {
  const config = `${freshPath()}.json`
  await writeFile(config, '{ "smtpUrl": "smtp://u:canary@x", ')
  const broken = await on(['doctor', '--config', config])
  assert.equal(broken.code, 2)
  assert.match(broken.stderr, /config \(.*\): the file is not JSON/)
  assert.doesNotMatch(broken.stderr, /canary/)

  const key = join(data, 'master.key')
  await chmod(key, 0o640)
  const open = await on(['user', 'list'])
  await chmod(key, 0o600)
  assert.equal(open.code, 2)
  assert.match(open.stderr, /masterKeyFile .*chmod 600/)
})

test('the pool of threads has the cores and four more, unless it is set', async () => {
  const source = "process.on('exit', () => process.stderr.write('pool ' + process.env.UV_THREADPOOL_SIZE))"
  const NODE_OPTIONS = `--import=data:text/javascript,${encodeURIComponent(source)}`
  const byDefault = await run(['--version'], { environment: { NODE_OPTIONS } })
  assert.equal(byDefault.stderr, `pool ${availableParallelism() + 4}`)
  const set = await run(['--version'], { environment: { NODE_OPTIONS, UV_THREADPOOL_SIZE: '3' } })
  assert.equal(set.stderr, 'pool 3')
})
