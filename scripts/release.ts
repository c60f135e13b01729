import { execFileSync } from 'node:child_process'
import { copyFileSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { version } from '../src/auth.ts'
import { root } from './build.ts'
import { type Bill, type Listed, type Lock, problemsOfBill, provenance, settledBill, sha256, withDigests } from './release-documents.ts'

const help = `npm run release -- [flags]: makes a release of the commit that is checked out, in an empty clone, and publishes nothing.

  --output <folder>      where it goes (release)
  --skip-tests           without npm test, npm run check and the trial of the packages
  --signing-key <file>   sign SHA256SUMS with an SSH key (ssh-keygen -Y sign, namespace postern-release)
  --publish              hand the packages to npm at the end: only at a tag v<version>, with a dated changelog, and under an identity of a CI job, by which npm signs their provenance
`

interface Flags {
  readonly output: string
  readonly 'skip-tests': boolean
  readonly publish: boolean
  readonly help: boolean
  readonly 'signing-key'?: string | undefined
}

function flagsGiven(): Flags {
  const { values } = parseArgs({
    options: {
      output: { type: 'string', default: 'release' },
      'skip-tests': { type: 'boolean', default: false },
      'signing-key': { type: 'string' },
      publish: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  })
  return values
}

const say = (line: string) => process.stdout.write(`${line}\n`)

/** Runs a program of a clean shell: this runtime first in the path, nothing of the npm that runs this script. */
function run(cwd: string, program: string, words: readonly string[], isShown = false): string {
  const own = Object.entries(process.env).filter(([name]) => !/^(npm_(package|lifecycle|config_local)|INIT_CWD|POSTERN_|NODE_)/.test(name))
  const env = { ...Object.fromEntries(own), PATH: `${dirname(process.execPath)}:${process.env.PATH}` }
  // What a program shows goes where messages go; only what it is asked for is read.
  const stdout = isShown ? 2 : 'pipe'
  return (
    execFileSync(program, words, { cwd, env, encoding: 'utf8', stdio: ['ignore', stdout, 'inherit'], maxBuffer: 1 << 26 }) ?? ''
  ).trim()
}

function manifestOf(folder: string): Readonly<Record<string, unknown>> {
  return JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
}

/** Throws when the commit cannot be released as it is. */
function checkSource({ publish }: Flags): void {
  const versions = [version, manifestOf(root).version, manifestOf(join(root, 'client')).version]
  if (new Set(versions).size !== 1) throw new Error(`The versions differ: ${versions.join(', ')}`)
  if (run(root, 'git', ['status', '--porcelain']) !== '')
    throw new Error('The working copy is not clean: commit, or remove what is not committed')
  const heading = new RegExp(`^## ${version.replaceAll('.', '\\.')} \\((.*)\\)$`, 'm').exec(
    readFileSync(join(root, 'CHANGELOG.md'), 'utf8'),
  )?.[1]
  if (heading === undefined) throw new Error(`CHANGELOG.md says nothing of ${version}`)
  if (!publish) return
  if (!/^\d{4}-\d\d-\d\d$/.test(heading)) throw new Error(`CHANGELOG.md gives ${version} no date`)
  const tags = run(root, 'git', ['tag', '--points-at', 'HEAD']).split('\n')
  if (!tags.includes(`v${version}`)) throw new Error(`The commit has no tag v${version}`)
  if (!identityOfJob()) throw new Error('There is no identity of a CI job to sign the provenance with')
}

/** Who runs this, as npm finds out: GitHub's workflow with the right to an identity token, or a GitLab job with one. */
function identityOfJob(): string | undefined {
  const { ACTIONS_ID_TOKEN_REQUEST_URL, GITHUB_SERVER_URL, GITHUB_WORKFLOW_REF, SIGSTORE_ID_TOKEN, CI_JOB_URL } = process.env
  if (ACTIONS_ID_TOKEN_REQUEST_URL) return `${GITHUB_SERVER_URL}/${GITHUB_WORKFLOW_REF}`
  return SIGSTORE_ID_TOKEN ? CI_JOB_URL : undefined
}

/** Builds both packages and packs them into a folder, which is made. */
function buildAndPack(clone: string, folder: string): readonly string[] {
  mkdirSync(folder)
  run(clone, 'node', ['scripts/build.ts'], true)
  run(clone, 'npm', ['pack', '--ignore-scripts', '--silent', '--pack-destination', folder])
  // The client's scripts change its manifest into the one that is published.
  run(clone, 'npm', ['pack', '--silent', '--workspace', '@postern/client', '--pack-destination', folder])
  return readdirSync(folder).sort()
}

/** Packs twice, of two builds, and keeps the first if the second is the same to the byte. */
function packReproducibly(clone: string, folder: string): readonly string[] {
  const first = buildAndPack(clone, join(folder, 'first'))
  const second = buildAndPack(clone, join(folder, 'second'))
  const digests = (name: string, files: readonly string[]) =>
    files.map((file) => `${sha256(readFileSync(join(folder, name, file)))} ${file}`)
  const [one, other] = [digests('first', first).join('\n'), digests('second', second).join('\n')]
  if (one !== other) throw new Error(`Two builds differ:\n${one}\n${other}`)
  say(`packed twice, to the same bytes:\n${one}`)
  return first
}

/** The bill of materials of a package: of what `lay-out.sh` installs of it on this platform, checked against what npm lists there. */
function billOf(input: { readonly tarball: string; readonly clone: string; readonly folder: string; readonly committedAt: string }): Bill {
  const { tarball, clone, folder, committedAt } = input
  run(clone, 'sh', ['deploy/lay-out.sh', tarball, 'package-lock.json', folder])
  // Workspaces and development are not in the package, only in its manifest; npm would look for them.
  const { workspaces, devDependencies, scripts, ...manifest } = manifestOf(folder)
  writeFileSync(join(folder, 'package.json'), JSON.stringify(manifest))
  rmSync(join(folder, 'package-lock.json'))
  const lock = JSON.parse(readFileSync(join(clone, 'package-lock.json'), 'utf8')) as Lock
  const bill = withDigests(JSON.parse(run(folder, 'npm', ['sbom', '--omit=dev', '--sbom-format=cyclonedx'])), lock)
  const tree = JSON.parse(run(folder, 'npm', ['ls', '--all', '--omit=dev', '--json'])) as Listed
  const problems = problemsOfBill(bill, tree)
  if (problems.length > 0) throw new Error(`The bill of materials is not right:\n${problems.join('\n')}`)
  say(`bill of materials: ${bill.components.length} packages, the same as npm lists, each with digest and licence`)
  return settledBill(bill, { name: String(manifest.name), committedAt })
}

function test(clone: string): void {
  for (const words of [['test'], ['run', 'check'], ['run', 'build', '--', '--verify']]) run(clone, 'npm', words, true)
}

function release(flags: Flags): void {
  checkSource(flags)
  const startedOn = new Date().toISOString()
  const folder = mkdtempSync(join(tmpdir(), 'postern-release-'))
  const clone = join(folder, 'clone')
  const output = resolve(root, flags.output)
  try {
    run(folder, 'git', ['clone', '--quiet', '--no-hardlinks', root, clone])
    const commit = run(clone, 'git', ['rev-parse', 'HEAD'])
    say(`version ${version}, commit ${commit}`)
    run(clone, 'npm', ['ci', '--ignore-scripts', '--prefer-offline', '--no-audit', '--no-fund', '--loglevel=error'], true)
    if (!flags['skip-tests']) test(clone)
    const packed = packReproducibly(clone, folder)
    const server = packed.find((name) => name === `postern-${version}.tgz`)
    if (!server) throw new Error(`Nothing of ${version} was packed`)
    const committedAt = new Date(run(clone, 'git', ['log', '-1', '--format=%cI'])).toISOString()
    const bill = billOf({ tarball: join(folder, 'first', server), clone, folder: join(folder, 'app'), committedAt })
    rmSync(output, { recursive: true, force: true })
    mkdirSync(output, { recursive: true })
    for (const name of packed) copyFileSync(join(folder, 'first', name), join(output, name))
    copyFileSync(join(clone, 'package-lock.json'), join(output, 'package-lock.json'))
    writeFileSync(join(output, `postern-${version}.cdx.json`), `${JSON.stringify(bill, null, 2)}\n`)
    const made = readdirSync(output).sort()
    const statement = provenance(
      made.map((name) => ({ name, content: readFileSync(join(output, name)) })),
      {
        version,
        commit,
        repository: remoteOf(root),
        lockDigest: sha256(readFileSync(join(clone, 'package-lock.json'))),
        node: process.versions.node,
        npm: run(clone, 'npm', ['--version']),
        builder: identityOfJob() ?? 'urn:postern:builder:unattested',
        startedOn,
        finishedOn: new Date().toISOString(),
      },
    )
    writeFileSync(join(output, `postern-${version}.provenance.json`), `${JSON.stringify(statement, null, 2)}\n`)
    const sums = readdirSync(output).sort()
    writeFileSync(join(output, 'SHA256SUMS'), sums.map((name) => `${sha256(readFileSync(join(output, name)))}  ${name}\n`).join(''))
    sign(output, flags['signing-key'])
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
  say(`made ${output}: ${readdirSync(output).join(', ')}`)
  if (flags.publish) publish(output)
  else say('published nothing (--publish)')
}

/** Without name and password, if somebody put them there. */
function remoteOf(folder: string): string {
  const named = run(folder, 'git', ['remote']) === '' ? '' : run(folder, 'git', ['remote', 'get-url', 'origin'])
  return /^(https|ssh):/.test(named) ? named.replace(/\/\/[^/@]*@/, '//') : 'unknown'
}

function sign(output: string, key: string | undefined): void {
  if (key === undefined) {
    say('NOT SIGNED: no --signing-key')
    return
  }
  run(output, 'ssh-keygen', ['-Y', 'sign', '-q', '-n', 'postern-release', '-f', resolve(key), 'SHA256SUMS'], true)
  say('signed: SHA256SUMS.sig')
}

function publish(output: string): void {
  for (const name of readdirSync(output).filter((one) => one.endsWith('.tgz'))) {
    run(output, 'npm', ['publish', `./${name}`, '--access=public', '--provenance'], true)
    say(`published ${name}`)
  }
}

const flags = flagsGiven()
if (flags.help) process.stdout.write(help)
else release(flags)
