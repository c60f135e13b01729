import assert from 'node:assert/strict'
import { resolve } from 'node:path'
import { test } from 'node:test'
import {
  type OptionSources,
  type Options,
  OptionsProblem,
  optionFacts,
  optionNames,
  parseOptions,
  secretFileVariables,
  variableOf,
} from './options.ts'

const none: OptionSources = { flags: {}, environment: {}, file: undefined }

function problemsOf(sources: Partial<OptionSources>): readonly string[] {
  try {
    parseOptions({ ...none, ...sources })
  } catch (error) {
    assert.ok(error instanceof OptionsProblem)
    return error.problems
  }
  return []
}

test('options: without any, everything has its default', () => {
  const options = parseOptions(none)
  const { address, port, publicUrl, smtpUrl, data, database, masterKeyFile, trustedProxyHops, trustedSources, outbox, trustLoopback } =
    options
  assert.deepEqual(
    { address, port, publicUrl, smtpUrl, data, database, masterKeyFile, trustedProxyHops, trustedSources, outbox, trustLoopback },
    {
      address: '127.0.0.1',
      port: 8787,
      publicUrl: undefined,
      smtpUrl: undefined,
      data: resolve('data'),
      database: `sqlite:${resolve('data/postern.db')}`,
      masterKeyFile: resolve('data/master.key'),
      trustedProxyHops: 0,
      trustedSources: [],
      outbox: true,
      trustLoopback: true,
    },
  )
  assert.deepEqual(options.hash, { memoryKib: 19_456, iterations: 2 })
})

test('BF-01, BF-02, BF-04, BF-09, EN-04: default limits are those of the bar', () => {
  assert.deepEqual(parseOptions(none).limits, {
    accountSource: { max: 10, perSeconds: 900 },
    accountFailures: 100,
    sourceFailures: { max: 30, perSeconds: 300 },
    sourceAccounts: { max: 20, perSeconds: 600 },
    sourceSignUps: { max: 10, perSeconds: 3600 },
    recipientMessages: { max: 3, perSeconds: 900 },
    recipientMessagesDaily: { max: 10, perSeconds: 86_400 },
    sourceMessages: { max: 20, perSeconds: 3600 },
    projectMails: { max: 10_000, perSeconds: 3600 },
    projectTexts: { max: 1_000, perSeconds: 3600 },
  })
})

test('options: flags win over the environment, which wins over the file', () => {
  const file = { port: 1, logLevel: 'debug', trustedProxyHops: 3, limits: { accountFailures: 5, accountSource: { max: 1, perSeconds: 2 } } }
  const environment = { POSTERN_PORT: '2', POSTERN_LOG_LEVEL: 'warn', POSTERN_LIMITS_ACCOUNT_FAILURES: '6', OTHER: 'x' }
  const options = parseOptions({ flags: { port: '3' }, environment, file })
  const { accountFailures, accountSource } = options.limits
  assert.deepEqual([options.port, options.logLevel, options.trustedProxyHops, accountFailures], [3, 'warn', 3, 6])
  assert.deepEqual(accountSource, { max: 1, perSeconds: 2 })
})

test('options: the result cannot be changed', () => {
  const options = parseOptions(none)
  assert.throws(() => Object.assign(options, { port: 1 }), TypeError)
  assert.throws(() => Object.assign(options.limits.accountSource, { max: 0 }), TypeError)
})

for (const [name, environment, read] of [
  ['tries in seconds', { POSTERN_LIMITS_ACCOUNT_SOURCE: '5/60' }, (o: Options) => o.limits.accountSource.max === 5],
  ['a limit as JSON', { POSTERN_LIMITS_ACCOUNT_SOURCE: '{"max":0,"perSeconds":1}' }, (o: Options) => o.limits.accountSource.max === 0],
  ['a list', { POSTERN_TRUSTED_SOURCES: '10.0.0.0/8, fd00::/8,' }, (o: Options) => o.trustedSources.length === 2],
  ['no list', { POSTERN_TRUSTED_SOURCES: '' }, (o: Options) => o.trustedSources.length === 0],
  ['a truth value', { POSTERN_OUTBOX: 'false' }, (o: Options) => !o.outbox],
  ['an empty variable', { POSTERN_PORT: '', POSTERN_SMTP_URL: '' }, (o: Options) => o.port === 8787 && o.smtpUrl === undefined],
  ['a URL with a slash', { POSTERN_PUBLIC_URL: 'https://a.example/x//' }, (o: Options) => o.publicUrl === 'https://a.example/x'],
  [
    'a data folder',
    { POSTERN_DATA: '/srv/p' },
    (o: Options) => o.database === 'sqlite:/srv/p/postern.db' && o.masterKeyFile === '/srv/p/master.key',
  ],
  [
    'a database beside',
    { POSTERN_DATABASE: 'sqlite:x.db', POSTERN_DATA: '/srv' },
    (o: Options) => o.database === `sqlite:${resolve('x.db')}`,
  ],
  ['PostgreSQL', { POSTERN_DATABASE: 'postgres://u:p%40@db/x' }, (o: Options) => o.database === 'postgres://u:p%40@db/x'],
  ['a variable of the test suite', { POSTERN_TEST_POSTGRES_URL: 'x' }, () => true],
  ['a sender with a name', { POSTERN_MAIL_FROM: 'Ada Ltd <auth@example.com>' }, (o: Options) => o.mailFrom.startsWith('Ada')],
  [
    'a cheaper hash with more memory',
    { POSTERN_HASH_MEMORY_KIB: '47104', POSTERN_HASH_ITERATIONS: '1' },
    (o: Options) => o.hash.iterations === 1,
  ],
] as const) {
  test(`options: ${name} is read from the environment`, () => {
    assert.ok(read(parseOptions({ ...none, environment })))
  })
}

test('options: a secret is read from the file that a variable names', () => {
  assert.deepEqual([...secretFileVariables.keys()].sort(), [
    ...['POSTERN_DATABASE_FILE', 'POSTERN_MAIL_WEBHOOK_SECRETS_FILE', 'POSTERN_MAIL_WEBHOOK_URL_FILE', 'POSTERN_SMTP_URL_FILE'],
    ...['POSTERN_TEXT_WEBHOOK_SECRETS_FILE', 'POSTERN_TEXT_WEBHOOK_URL_FILE', 'POSTERN_TWILIO_AUTH_TOKEN_FILE'],
  ])
  const environment = { POSTERN_SMTP_URL_FILE: '/run/secrets/smtp', POSTERN_MAIL_FROM: 'a@example.com' }
  const secretFiles = { POSTERN_SMTP_URL_FILE: 'smtps://u:canary@mail.example\n' }
  assert.equal(parseOptions({ ...none, environment, secretFiles }).smtpUrl, 'smtps://u:canary@mail.example')
})

for (const [name, sources, expected] of [
  ['unknown flag', { flags: { prot: '1' } }, /^prot .*no such option; did you mean port\?/],
  ['unknown variable', { environment: { POSTERN_PUBLIC_ULR: 'x' } }, /^POSTERN_PUBLIC_ULR: .*did you mean POSTERN_PUBLIC_URL\?/],
  ['unknown member of the file', { file: { publicURL: 'x' } }, /^publicURL .*did you mean publicUrl\?/],
  ['unknown limit', { file: { limits: { acountSource: {} } } }, /^limits\.acountSource .*did you mean limits\.accountSource\?/],
  ['polluting member', { file: JSON.parse('{"__proto__":{"port":1}}') }, /^__proto__ .*no such option/],
  ['file that is a list', { file: [] }, /^configuration file: it must hold a JSON object/],
  ['limits that are no object', { file: { limits: 3 } }, /^limits .*Give an object/],
  ['port that is a word', { environment: { POSTERN_PORT: 'web' } }, /^port \(POSTERN_PORT\): .*0 to 65535/],
  ['port beyond', { flags: { port: 65_536 } }, /^port \(--port\)/],
  ['text in the file where a number belongs', { file: { port: '80' } }, /^port \(configuration file\)/],
  ['URL of another kind', { environment: { POSTERN_PUBLIC_URL: 'ftp://a.example' } }, /^publicUrl /],
  ['URL with a user', { environment: { POSTERN_PUBLIC_URL: 'https://u:canary@a.example' } }, /^publicUrl /],
  [
    'database of another kind',
    { environment: { POSTERN_DATABASE: 'mysql://u:canary@db' } },
    /^database \(POSTERN_DATABASE\): .*postgres:\/\//,
  ],
  ['SMTP that is a host', { environment: { POSTERN_SMTP_URL: 'canary.example' } }, /^smtpUrl .*percent-encoded/],
  ['SMTP with a broken escape', { environment: { POSTERN_SMTP_URL: 'smtp://u:%canary@localhost' } }, /^smtpUrl /],
  ['SMTP without a sender', { environment: { POSTERN_SMTP_URL: 'smtps://mail.example' } }, /^mailFrom \(default\)/],
  ['sender with a line break', { file: { mailFrom: 'a@example.com\nBcc: b@example.com' } }, /^mailFrom /],
  ['two senders', { file: { mailFrom: 'a@example.com, b@example.com' } }, /^mailFrom /],
  ['range that is none', { environment: { POSTERN_TRUSTED_SOURCES: '10.0.0.0/33' } }, /^trustedSources /],
  ['range with a name', { file: { trustedSources: ['back.example'] } }, /^trustedSources /],
  ['too many hops', { flags: { trustedProxyHops: 11 } }, /^trustedProxyHops /],
  ['limit without a time', { environment: { POSTERN_LIMITS_SOURCE_FAILURES: '30' } }, /^limits\.sourceFailures .*30\/300/],
  ['negative limit', { file: { limits: { accountFailures: -1 } } }, /^limits\.accountFailures /],
  ['level of no log', { flags: { logLevel: 'verbose' } }, /^logLevel .*debug, info/],
  [
    'secret twice',
    { environment: { POSTERN_DATABASE: 'sqlite:x', POSTERN_DATABASE_FILE: '/x' } },
    /^POSTERN_DATABASE_FILE: POSTERN_DATABASE is set as well/,
  ],
  ['secret file that cannot be read', { environment: { POSTERN_SMTP_URL_FILE: '/nowhere' } }, /^POSTERN_SMTP_URL_FILE: .*cannot be read/],
  ['file for what is no secret', { environment: { POSTERN_PORT_FILE: '/x' } }, /^POSTERN_PORT_FILE: there is no such option/],
  ['address beyond this machine', { flags: { address: '0.0.0.0' } }, /^address \(--address\): .*https publicUrl/],
  ['address beyond with plain HTTP', { flags: { address: '::', publicUrl: 'http://a.example' } }, /^address /],
  ['public URL without TLS', { flags: { publicUrl: 'http://auth.example' } }, /^publicUrl .*https/],
  ['outbox for everybody', { flags: { address: '0.0.0.0', publicUrl: 'https://a.example', outbox: true } }, /^outbox /],
] as const) {
  test(`CR-02: ${name} stops the start, with its place and no value`, () => {
    const problems = problemsOf(sources)
    assert.equal(problems.length, 1, problems.join('\n'))
    assert.match(problems[0] ?? '', expected)
    assert.doesNotMatch(problems[0] ?? '', /canary/)
  })
}

for (const [memoryKib, iterations] of [
  [8192, 2],
  [19_455, 2],
  [19_456, 1],
  [47_103, 1],
  [262_145, 2],
  [19_456, 11],
] as const) {
  test(`PW-01: a hash of ${memoryKib} KiB and ${iterations} passes stops the start`, () => {
    assert.match(problemsOf({ file: { hash: { memoryKib, iterations } } })[0] ?? '', /^hash\..*19456 KiB with 2/)
  })
}

test('CR-02: all problems are told together, each once', () => {
  const problems = problemsOf({
    flags: { port: 'x', address: '0.0.0.0' },
    environment: { POSTERN_PROT: '1', POSTERN_SMTP_URL_FILE: '/x', POSTERN_LOG_LEVEL: 'loud' },
    file: { hash: { memoryKib: 1 }, outbocks: true },
  })
  const names = problems.map((problem) => problem.split(/[ :]/)[0])
  assert.deepEqual(names.sort(), ['POSTERN_PROT', 'POSTERN_SMTP_URL_FILE', 'address', 'hash.memoryKib', 'logLevel', 'outbocks', 'port'])
})

for (const [name, flags, expected] of [
  ['loopback', {}, { outbox: true, trustLoopback: true }],
  ['loopback by name and IPv6', { address: '::1', publicUrl: 'http://localhost:8787' }, { outbox: true, trustLoopback: true }],
  ['a mail server', { smtpUrl: 'smtp://localhost:1025' }, { outbox: false, trustLoopback: true }],
  ['a proxy on this machine', { publicUrl: 'https://auth.example' }, { outbox: false, trustLoopback: false }],
  ['beyond this machine', { address: '0.0.0.0', publicUrl: 'https://auth.example' }, { outbox: false, trustLoopback: false }],
  ['beyond, by the flag', { address: '0.0.0.0', allowInsecureHttp: true }, { outbox: false, trustLoopback: true }],
] as const) {
  test(`options: with ${name}, what only this machine may see is decided`, () => {
    const { outbox, trustLoopback } = parseOptions({ ...none, flags })
    assert.deepEqual({ outbox, trustLoopback }, expected)
  })
}

test('options: each has a sentence, a remedy and a variable of its own', () => {
  for (const [name, { description, remedy }] of optionFacts) {
    assert.match(description, /\.$/, name)
    assert.match(remedy, /^Give .*\.$/, name)
  }
  assert.equal(new Set(optionNames().map(variableOf)).size, optionNames().length)
})
