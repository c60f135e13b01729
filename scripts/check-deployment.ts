import assert from 'node:assert/strict'
import { execFileSync, spawnSync } from 'node:child_process'
import { chmodSync, copyFileSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { startPostgres } from '../test/postgres.ts'
import { root } from './build.ts'
import { image, manifestFiles, manifests, textOf } from './deployment-files.ts'
import { type Place, runAsImage, runAsUnit } from './run-deployment.ts'

/**
 * `npm run deploy:check`: checks the files that the server is deployed with as far as this machine can, and starts the built package by their command lines, as their user, on a read-only
 * root where this machine allows that. Says what was not checked, and why. Needs `npm run build` before. `-- --image` demands that the image be built.
 */

const say = (line: string) => process.stdout.write(`${line}\n`)

function has(program: string): boolean {
  return spawnSync('sh', ['-c', `command -v ${program}`]).status === 0
}

function run(program: string, words: readonly string[], cwd = root): string {
  const path = `${dirname(process.execPath)}:${process.env.PATH}`
  return execFileSync(program, words, { cwd, env: { ...process.env, PATH: path }, encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] })
}

/** Lays the program out like the Dockerfile does, and beside it the runtime, where every user reaches both. */
function layOut(folder: string): Place {
  const place = { folder, program: join(folder, 'app'), node: join(folder, 'node') }
  run('npm', ['pack', '--ignore-scripts', '--silent', '--pack-destination', folder])
  const [tarball = ''] = readdirSync(folder).filter((name) => name.endsWith('.tgz'))
  run('sh', ['deploy/lay-out.sh', join(folder, tarball), join(root, 'package-lock.json'), place.program])
  copyFileSync(process.execPath, place.node)
  chmodSync(place.node, 0o755)
  checkPackages(place.program)
  return place
}

interface Locked {
  readonly packages: Readonly<Record<string, { readonly version?: string; readonly integrity?: string; readonly dev?: boolean }>>
}

/** What is installed is what the lock file says, by version and digest, and nothing of it is for development. */
function checkPackages(program: string): void {
  const { packages: locked } = JSON.parse(textOf('package-lock.json')) as Locked
  const { packages } = JSON.parse(readFileSync(join(program, 'node_modules/.package-lock.json'), 'utf8')) as Locked
  const names = Object.keys(packages)
  for (const name of names) {
    assert.deepEqual([packages[name]?.version, packages[name]?.integrity], [locked[name]?.version, locked[name]?.integrity], name)
    assert.ok(locked[name]?.integrity && !locked[name].dev, `${name} is not for development, and has a digest`)
  }
  const { dependencies } = JSON.parse(textOf('package.json')) as { dependencies: Readonly<Record<string, string>> }
  const absent = Object.keys(dependencies).filter((name) => !names.includes(`node_modules/${name}`))
  assert.deepEqual(absent, [], 'every dependency is installed')
  const megabytes = Number(run('du', ['-sk', program]).split('\t')[0]) / 1000
  say(`laid out: ${Math.round(megabytes)} MB with ${names.length} packages, as locked`)
}

function checkDockerfile(): void {
  if (has('hadolint')) {
    run('hadolint', ['Dockerfile'])
    say('Dockerfile: hadolint finds nothing')
  } else {
    say('Dockerfile: NOT LINTED: no hadolint; the rules that matter are in test/deployment.test.ts')
  }
  const engine = ['docker', 'podman'].find((program) => has(program) && spawnSync(program, ['info']).status === 0)
  if (engine) {
    run(engine, ['build', '--tag', 'postern:check', '.'])
    const answer = run(engine, ['run', '--rm', '--read-only', '--cap-drop=ALL', 'postern:check', '--version'])
    say(`image: built by ${engine}, tells version ${answer.trim()}`)
  } else if (process.argv.includes('--image')) {
    throw new Error('NOT BUILT: no engine')
  } else {
    say('image: NOT BUILT: no engine')
  }
}

/** The most that `systemd-analyze security` may find open, in tenths. */
const exposureLimit = 20

function checkUnit({ folder, node }: Place): void {
  if (!has('systemd-analyze')) {
    say('unit: NOT VERIFIED: no systemd-analyze')
    return
  }
  const file = join(folder, 'postern.service')
  writeFileSync(file, textOf('deploy/postern.service').replace('/usr/local/bin/node', node))
  const verified = spawnSync('systemd-analyze', ['verify', file], { encoding: 'utf8' })
  assert.equal(`${verified.status} ${verified.stderr}`, '0 ')
  const words = ['security', '--offline=true', '--no-pager', `--threshold=${exposureLimit}`, file]
  const security = spawnSync('systemd-analyze', words, { encoding: 'utf8' })
  const level = /exposure level.*?: ([\d.]+)/.exec(security.stdout)?.[1]
  assert.equal(security.status, 0, `exposure ${level}`)
  say(`unit: verified by systemd-analyze, exposure ${level} of 10`)
}

/**
 * Reads what runs and what is in front of it through the types of kubectl, which drop what they do not know: what comes out must be all that went in. The server is not asked, and there is none;
 * kubectl does this for changes only, so it is made to write the image, or the selector, that stands there already.
 */
const changes: Readonly<Record<string, { readonly words: readonly string[]; readonly before: readonly [from: RegExp, to: string] }>> = {
  Deployment: { words: ['image', 'postern=registry.example.com/postern:0.1.0'], before: [/image: \S+/, 'image: before:1'] },
  Job: { words: ['image', 'postern=registry.example.com/postern:0.1.0'], before: [/image: \S+/, 'image: before:1'] },
  Service: { words: ['selector', 'app.kubernetes.io/name=postern'], before: [/selector: .*/, 'selector: { before: none }'] },
}

function checkManifests(): void {
  if (!has('kubectl')) {
    say('Kubernetes: NOT CHECKED: no kubectl')
    return
  }
  const seen: string[] = []
  for (const file of manifestFiles) {
    const texts = textOf(file).split(/^---$/m)
    manifests(file).forEach((expected, index) => {
      const change = changes[expected.kind]
      if (!change) return
      const input = texts[index]?.replace(...change.before) ?? ''
      const words = ['set', ...change.words, '--local', '--output=json', '--filename=-']
      assertWithin(expected, JSON.parse(execFileSync('kubectl', words, { input, encoding: 'utf8' })), expected.kind)
      seen.push(expected.kind)
    })
  }
  assert.equal(seen.length, Object.keys(changes).length)
  say(`Kubernetes: ${seen.join(', ')} have only fields that kubectl knows`)
}

function assertWithin(expected: unknown, actual: unknown, path: string): void {
  if (typeof expected !== 'object' || expected === null) {
    assert.equal(actual, expected, path)
    return
  }
  assert.ok(typeof actual === 'object' && actual !== null, `${path} is not known`)
  for (const [key, value] of Object.entries(expected)) assertWithin(value, (actual as Record<string, unknown>)[key], `${path}.${key}`)
}

async function check(): Promise<void> {
  if (!existsSync(join(root, 'dist/cli/main.js'))) throw new Error('There is no build: run npm run build')
  const folder = mkdtempSync(join(tmpdir(), 'postern-deployment-'))
  chmodSync(folder, 0o755)
  try {
    checkDockerfile()
    checkManifests()
    const place = layOut(folder)
    checkUnit(place)
    say(await runAsUnit(place))
    const postgres = await startPostgres()
    if ('reason' in postgres) {
      say(`image and Kubernetes: NOT RUN: ${postgres.reason}`)
      return
    }
    try {
      say(await runAsImage(place, { image: image(), databaseUrl: postgres.url }))
    } finally {
      await postgres.stop()
    }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

await check()
