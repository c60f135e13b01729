import assert from 'node:assert/strict'
import { readdirSync } from 'node:fs'
import test from 'node:test'
import type { Command } from 'commander'
import { compose, dockerfile, image, manifest, manifestFiles, manifests, textOf, unit } from '../scripts/deployment-files.ts'
import { createProgram } from '../src/cli/program.ts'
import { health } from '../src/features/health/index.ts'
import { configVariable, optionNames, parseOptions, secretFileVariables, variableOf } from '../src/options.ts'

/** The files that the server is deployed with say what is true of it. `npm run deploy:check` starts it by them. */

const files = [
  'Dockerfile',
  'compose.yaml',
  'deploy/postern.service',
  'deploy/config.json',
  'deploy/make-secrets.sh',
  ...manifestFiles,
  'docs/deploying.md',
]
const [servers, firstStart] = manifestFiles
const stopSeconds = 25

function withSubcommands(command: Command): readonly Command[] {
  return [command, ...command.commands.flatMap(withSubcommands)]
}

test('deployment: every file of the folder is looked at', () => {
  const there = readdirSync(new URL('../deploy', import.meta.url), { recursive: true, withFileTypes: true }).filter((entry) =>
    entry.isFile(),
  )
  const known = new Set(['lay-out.sh', ...files.map((file) => file.split('/').at(-1))])
  assert.deepEqual(
    there.map(({ name }) => name).filter((name) => !known.has(name)),
    [],
  )
})

for (const file of files) {
  test(`deployment: variables, flags and commands in ${file} exist`, () => {
    const text = textOf(file)
    const variables = new Set([...optionNames().map(variableOf), ...secretFileVariables.keys(), configVariable])
    const named = [...text.matchAll(/\bPOSTERN_[A-Z_]+/g)].map(([name]) => name)
    assert.deepEqual(
      [...new Set(named)].filter((name) => !variables.has(name)),
      [],
    )
    const commands = createProgram().commands
    for (const [, name = '', rest = ''] of text.matchAll(
      /(?:main\.js|run --rm postern|args: \[|^postern|`postern) ?([a-z]+)([^\n`\]]*)/gm,
    )) {
      const command = commands.find((one) => one.name() === name)
      assert.ok(command, `${file}: postern ${name}`)
      const flags = new Set(withSubcommands(command).flatMap((one) => one.options.map(({ long }) => long)))
      const given = [...rest.replace(/ #.*/, '').matchAll(/--[a-z-]+/g)].map(([flag]) => flag)
      assert.deepEqual(
        given.filter((flag) => !flags.has(flag)),
        [],
        `${file}: postern ${name}`,
      )
    }
  })
}

test('SC-02: the image is built in stages, of exact and replaceable bases, by the lock file, and ends as a user by number', () => {
  const instructions = dockerfile()
  const of = (name: string) => instructions.filter((one) => one.name === name).map(({ rest }) => rest)
  assert.deepEqual(of('FROM'), [`$\{NODE_IMAGE} AS build`, `$\{NODE_IMAGE}`])
  assert.match(
    of('ARG').join(),
    /^NODE_IMAGE=\S+:\d+\.\d+\.\d+-[a-z-]+$/,
    'the base has an exact tag, and nothing that is secret comes as an argument',
  )
  assert.equal(of('USER').at(-1), '10001:10001')
  assert.deepEqual(of('ADD'), [])
  assert.doesNotMatch(of('RUN').join('\n'), /curl|wget|npm install|--mount=type=secret/)
  const installs = [
    ...of('RUN')
      .join('\n')
      .matchAll(/npm ci[^&]*/g),
    ...textOf('deploy/lay-out.sh').matchAll(/^npm ci.*/gm),
  ].map(([line]) => line)
  assert.equal(installs.length, 2)
  for (const line of installs) assert.match(line, /--ignore-scripts/)
  assert.match(installs.at(-1) ?? '', /--omit=dev/)
  assert.equal(instructions.filter(({ name }) => name === '').length, 0, 'every line is an instruction')
  assert.equal(of('HEALTHCHECK').length, 1)
})

test('SC-01: the lock file knows the digest of every package that it names', () => {
  interface Locked {
    readonly packages: Readonly<Record<string, { readonly integrity?: string; readonly link?: boolean }>>
  }
  const { packages } = JSON.parse(textOf('package-lock.json')) as Locked
  const unknown = Object.entries(packages).filter(
    ([path, { integrity, link }]) => path.includes('node_modules/') && !link && !integrity?.startsWith('sha512-'),
  )
  assert.deepEqual(
    unknown.map(([path]) => path),
    [],
  )
})

test('SC-02: of a working copy only what is named reaches the engine that builds', () => {
  const lines = textOf('.dockerignore')
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'))
  assert.equal(lines[0], '*')
  for (const secret of ['**/*.key', '**/.env*', '**/data', '**/node_modules']) assert.ok(lines.includes(secret), secret)
  const copied = dockerfile().flatMap(({ name, rest }) =>
    name === 'COPY' && !rest.startsWith('--from') ? rest.split(/\s+/).slice(0, -1) : [],
  )
  const missing = copied.filter((path) => path !== '.' && !lines.includes(`!${path}`) && !lines.includes(`!${path.split('/')[0]}`))
  assert.deepEqual(missing, [])
})

test('SC-02: containers of compose.yaml have a read-only root, no capabilities, and secrets in files alone', () => {
  const { services, secrets } = compose()
  for (const [name, service] of Object.entries(services)) {
    assert.equal(service.read_only, true, name)
    assert.deepEqual(service.cap_drop, ['ALL'], name)
    assert.deepEqual(service.security_opt, ['no-new-privileges:true'], name)
    assert.doesNotMatch(service.user, /root|^0/, name)
    assert.doesNotMatch(service.image, /:latest\b|^[^:]+$/, name)
    assert.deepEqual(
      service.secrets.filter((one) => !(one in secrets)),
      [],
      name,
    )
    const open = Object.keys(service.environment).filter(
      (key) => /PASSWORD|SECRET|TOKEN|URL$|DATABASE/.test(key) && !/_FILE$|PUBLIC_URL$/.test(key),
    )
    assert.deepEqual(open, [], name)
  }
  assert.deepEqual(services.postern.depends_on, { database: { condition: 'service_healthy' } })
  assert.ok(Number.parseInt(services.postern.stop_grace_period, 10) > stopSeconds)
})

test('RL-08: the unit gives the server time to end, and a way to write to its own folder alone', () => {
  const keys = unit()
  const only = (key: string) => keys.get(key)?.join(' ')
  assert.equal(only('KillSignal'), 'SIGTERM')
  assert.ok(Number.parseInt(only('TimeoutStopSec') ?? '', 10) > stopSeconds)
  for (const [key, value] of [
    ['User', 'postern'],
    ['StateDirectory', 'postern'],
    ['ProtectSystem', 'strict'],
    ['NoNewPrivileges', 'yes'],
    ['CapabilityBoundingSet', ''],
    ['LoadCredential', 'master.key:/etc/postern/master.key'],
    ['Environment', 'POSTERN_MASTER_KEY_FILE=%d/master.key'],
  ] as const) {
    assert.equal(only(key), value, key)
  }
  const options = parseOptions({ flags: {}, environment: {}, file: JSON.parse(textOf('deploy/config.json')) })
  assert.equal(options.data, `/var/lib/${only('StateDirectory')}`)
})

test('RL-08: two servers in Kubernetes are replaced one after the other, with probes on routes that exist', () => {
  const deployment = manifest(servers, 'Deployment')
  assert.equal(deployment.spec?.replicas, 2)
  assert.deepEqual(deployment.spec?.strategy, { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: 0, maxSurge: 1 } })
  const pod = deployment.spec?.template?.spec
  const container = pod?.containers[0]
  assert.ok(pod && container?.startupProbe && container.livenessProbe && container.readinessProbe)
  const paths = new Set(health.routes.map(({ path }) => path))
  for (const probe of [container.startupProbe, container.livenessProbe, container.readinessProbe]) assert.ok(paths.has(probe.httpGet.path))
  assert.equal(container.livenessProbe.httpGet.path, '/healthz', 'a database that is away restarts nothing')
  assert.equal(container.readinessProbe.httpGet.path, '/readyz')
  assert.ok((pod.terminationGracePeriodSeconds ?? 0) > stopSeconds)
  const drainSeconds = Number(manifest(servers, 'ConfigMap').data?.POSTERN_DRAIN_SECONDS)
  const { periodSeconds, failureThreshold } = container.readinessProbe
  assert.ok(drainSeconds >= periodSeconds * failureThreshold, 'what asks for readiness sees that a pod goes')
  const budget = manifest(servers, 'PodDisruptionBudget')
  assert.deepEqual(budget.spec, { minAvailable: 1, selector: deployment.spec?.selector })
  assert.deepEqual(manifest(servers, 'Service').spec?.selector, { 'app.kubernetes.io/name': 'postern' })
})

test('SC-02: pods are restricted, and take keys from files that are theirs', () => {
  const pods = manifestFiles.flatMap((file) => manifests(file).flatMap(({ spec }) => spec?.template?.spec ?? []))
  assert.equal(pods.length, 2)
  for (const pod of pods) {
    assert.equal(pod.enableServiceLinks, false, 'a Service would set variables that look like options')
    assert.equal(pod.automountServiceAccountToken, false)
    assert.deepEqual(pod.securityContext, {
      runAsNonRoot: true,
      runAsUser: 10_001,
      runAsGroup: 10_001,
      fsGroup: 10_001,
      seccompProfile: { type: 'RuntimeDefault' },
    })
    assert.deepEqual(pod.containers[0].securityContext, {
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ['ALL'] },
    })
    assert.deepEqual(pod.volumes, [{ name: 'secrets', secret: { secretName: 'postern', defaultMode: 0o440 } }])
    assert.doesNotMatch(pod.containers[0].image, /:latest\b|^[^:]+$/)
  }
})

test('deployment: what the files set are options that can be used', () => {
  const { services } = compose()
  const plain = Object.fromEntries(
    Object.entries(services.postern.environment).map(([name, value]) => [
      name,
      value.replace(/^\$\{\w+:-(.*)\}$/, '$1').replace(/^\$\{.*\}$/, 'https://a.example'),
    ]),
  )
  const job = manifest(firstStart, 'Job').spec?.template?.spec.containers[0].env ?? []
  const all: readonly Readonly<Record<string, string>>[] = [
    plain,
    manifest(servers, 'ConfigMap').data ?? {},
    Object.fromEntries(job.map(({ name, value }) => [name, value])),
  ]
  for (const environment of all) {
    const secretFiles = { POSTERN_DATABASE_FILE: 'postgres://postern:secret@database/postern' }
    const options = parseOptions({ flags: {}, environment: { ...image().environment, ...environment }, file: undefined, secretFiles })
    assert.equal(options.database, secretFiles.POSTERN_DATABASE_FILE)
    assert.match(options.masterKeyFile, /^\/run\/secrets\//)
  }
})
