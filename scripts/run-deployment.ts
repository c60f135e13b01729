import assert from 'node:assert/strict'
import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { chmodSync, chownSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { root } from './build.ts'
import { compose, type Image, manifest, textOf, unit, type Variables } from './deployment-files.ts'

/** Starts what was laid out by the command lines and variables of the unit, the image and the Kubernetes files, with paths mapped into one temporary folder. */

export interface Place {
  readonly folder: string
  readonly program: string
  readonly node: string
}

const isRoot = process.getuid?.() === 0
/** The user of the image. Who is not root runs as himself. */
const user = isRoot ? 10_001 : (process.getuid?.() ?? 0)
const group = isRoot ? 10_001 : (process.getgid?.() ?? 0)

/** Whether this machine lets us give a process a root file system that nobody can write to. */
const canSeal =
  isRoot && spawnSync('unshare', ['--mount', 'sh', '-c', 'mount -o remount,bind,ro / && ! touch /sealed 2>/dev/null']).status === 0

const how = `${isRoot ? `as user ${user}` : 'as the user who checks'}, ${canSeal ? 'on a read-only root' : 'NOT on a read-only root: this machine does not allow it'}`

function ownFolder(path: string): string {
  mkdirSync(path, { mode: 0o700 })
  chownSync(path, user, group)
  return path
}

/** A command under the user of the server, without capabilities, where only one folder, if any, can be written to. */
function sealed(words: readonly string[], writable: string | undefined): readonly string[] {
  if (!isRoot) return words
  const drop = [
    'setpriv',
    `--reuid=${user}`,
    `--regid=${group}`,
    '--clear-groups',
    '--no-new-privs',
    '--bounding-set=-all',
    '--inh-caps=-all',
    ...words,
  ]
  if (!canSeal) return drop
  const keep = writable ? 'mount --bind "$0" "$0" && ' : ''
  return ['unshare', '--mount', 'sh', '-c', `${keep}mount -o remount,bind,ro / && exec "$@"`, writable ?? '-', ...drop]
}

interface Start {
  readonly words: readonly string[]
  readonly environment: Variables
  readonly cwd: string
  readonly writable?: string
}

function begin({ words, environment, cwd, writable }: Start): ChildProcess {
  const [program = '', ...rest] = sealed(words, writable)
  return spawn(program, rest, { cwd, env: { PATH: '/usr/bin:/bin:/usr/sbin:/sbin', ...environment }, stdio: ['ignore', 'pipe', 'pipe'] })
}

function gather(stream: NodeJS.ReadableStream | null): () => string {
  let text = ''
  stream?.setEncoding('utf8').on('data', (chunk: string) => {
    text += chunk
  })
  return () => text
}

/** Runs a command to its end and answers what it printed. */
async function finish(start: Start): Promise<string> {
  const child = begin(start)
  const [stdout, stderr] = [gather(child.stdout), gather(child.stderr)]
  const [code] = await once(child, 'close')
  assert.equal(code, 0, `${start.words.slice(1).join(' ')}: ${stderr()}`)
  return stdout()
}

interface Running {
  readonly url: string
  /** What it has printed so far; a first start prints its project in one go with the URL. */
  stdout(): string
  /** Sends SIGTERM and waits for the end, which must be a good one. */
  stop(): Promise<void>
}

const startMilliseconds = 60_000

/** Waits for the URL, which is the first line that a start prints. */
async function serve(start: Start): Promise<Running> {
  const child = begin(start)
  const [stdout, stderr] = [gather(child.stdout), gather(child.stderr)]
  const closed = once(child, 'close')
  const late = setTimeout(() => child.kill('SIGKILL'), startMilliseconds)
  while (!stdout().includes('\n')) {
    if (child.exitCode !== null || child.signalCode !== null) throw new Error(`The server did not start: ${stderr()}`)
    await Promise.race([closed, once(child.stdout ?? child, 'data')])
  }
  clearTimeout(late)
  return {
    url: stdout().slice(0, stdout().indexOf('\n')),
    stdout,
    async stop() {
      child.kill('SIGTERM')
      await closed
      assert.equal(child.exitCode, 0, `SIGTERM ends the server well: ${stderr()}`)
    },
  }
}

async function statusOf(url: string, path: string): Promise<number> {
  return (await fetch(url + path)).status
}

async function call(url: string, projectId: string, path: string, body: object): Promise<unknown> {
  const headers = { authorization: `Bearer ${projectId}`, 'content-type': 'application/json' }
  const response = await fetch(url + path, { method: 'POST', headers, body: JSON.stringify(body) })
  const answer: unknown = await response.json()
  assert.equal(response.status, 200, `${path} answers ${JSON.stringify(answer)}`)
  return answer
}

/** Health, a sign-up on one server and a sign-in on the other, if there is another. */
async function drive(projectId: string, first: Running, second = first): Promise<void> {
  for (const { url } of [first, second]) {
    assert.deepEqual([await statusOf(url, '/healthz'), await statusOf(url, '/readyz')], [200, 200])
  }
  const who = { loginId: `ada${randomBytes(4).toString('hex')}@example.com`, password: 'correct horse battery staple 7' }
  await call(first.url, projectId, '/v1/auth/password/signup', who)
  await call(second.url, projectId, '/v1/auth/password/signin', who)
}

/** As systemd does: its options from the file, its key as a credential, its state in one folder. Twice, since a second start meets what the first has left. */
export async function runAsUnit({ folder, program, node }: Place): Promise<string> {
  const keys = unit()
  const state = ownFolder(join(folder, 'state'))
  const credentials = ownFolder(join(folder, 'credentials'))
  const etc = join(folder, 'etc')
  mkdirSync(etc)
  const map = (text: string) =>
    text
      .replaceAll('/usr/local/bin/node', node)
      .replaceAll('/opt/postern', program)
      .replaceAll('/etc/postern', etc)
      .replaceAll('/var/lib/postern', state)
      .replaceAll('%d', credentials)
  writeFileSync(join(etc, 'config.json'), map(textOf('deploy/config.json')))
  // A credential is root's, and the access of the service shows as that of a group, where the manager can use an access control list.
  const key = join(credentials, 'master.key')
  writeFileSync(key, `${randomBytes(32).toString('base64url')}\n`)
  chmodSync(key, isRoot ? 0o440 : 0o400)
  chownSync(key, isRoot ? 0 : user, group)
  const environment = (keys.get('Environment') ?? []).map((line) => map(line).split('=', 2) as [string, string])
  const start: Start = {
    words: map(keys.get('ExecStart')?.[0] ?? '').split(' '),
    environment: { ...Object.fromEntries(environment), POSTERN_PORT: '0' },
    cwd: map(keys.get('WorkingDirectory')?.[0] ?? ''),
    writable: state,
  }
  const first = await serve(start)
  const projectId = /^DESCOPE_PROJECT_ID=(\S+)$/m.exec(first.stdout())?.[1] ?? ''
  await drive(projectId, first)
  await first.stop()
  const second = await serve(start)
  await drive(projectId, second)
  await second.stop()
  assert.deepEqual(readdirSync(credentials), ['master.key'])
  assert.ok(readdirSync(state).includes('postern.db'))
  return `unit: its command line started twice ${how}; signed somebody up and in; SIGTERM ended it with 0`
}

/** A port that nobody has now. */
async function freePort(): Promise<string> {
  const probe = createServer().listen(0, '127.0.0.1')
  await once(probe, 'listening')
  const address = probe.address()
  probe.close()
  await once(probe, 'close')
  assert.ok(typeof address === 'object' && address)
  return String(address.port)
}

/** As containers of the image do: `init` and a server as in `compose.yaml`, beside it one as in Kubernetes, on one PostgreSQL. Nothing can be written to. */
export async function runAsImage(
  { folder, program, node }: Place,
  input: { readonly image: Image; readonly databaseUrl: string },
): Promise<string> {
  const { image, databaseUrl } = input
  const secrets = makeSecrets(folder, databaseUrl)
  const map = (text: string) =>
    text
      .replace(/^\$\{POSTERN_PUBLIC_URL:.*\}$/, 'https://auth.example.com')
      .replace(/^\$\{\w+:-(.*)\}$/, '$1')
      .replace(/^\/app\//, `${program}/`)
      .replace(/^\/run\/secrets\/(postern\/)?/, `${secrets}/`)
      .replace('/master-key', '/master.key')
      .replace(/^\/data$/, join(folder, 'data'))
  const mapped = (environment: Variables) => Object.fromEntries(Object.entries(environment).map(([name, value]) => [name, map(value)]))
  const container = async (own: Variables, words: readonly string[]): Promise<Start> => ({
    words: [node, ...image.entrypoint.slice(1), ...words].map(map),
    environment: { ...mapped({ ...image.environment, ...own }), POSTERN_PORT: await freePort() },
    cwd: program,
  })
  const inCompose = compose().services.postern.environment
  const inKubernetes = manifest('deploy/kubernetes/postern.yaml', 'ConfigMap').data ?? {}
  const made: unknown = JSON.parse(await finish(await container(inCompose, ['init', '--json'])))
  const { projectId } = made as { projectId: string }
  const starts = [await container(inCompose, image.command), await container(inKubernetes, ['serve'])] as const
  const [first, second] = await Promise.all([serve(starts[0]), serve(starts[1])])
  await drive(projectId, first, second)
  const asking: Start = { ...starts[0], words: [node, ...image.health.slice(1)] }
  await finish(asking)
  await Promise.all([first.stop(), second.stop()])
  await assert.rejects(finish(asking), 'the health check sees that the server is gone')
  return `image: init and two servers, by compose.yaml and by Kubernetes, ${how}, on one PostgreSQL; health check told up from down; SIGTERM ended both with 0`
}

function makeSecrets(folder: string, databaseUrl: string): string {
  const base = join(folder, 'compose')
  mkdirSync(base)
  execFileSync('sh', [join(root, 'deploy/make-secrets.sh')], { cwd: base, stdio: ['ignore', 'ignore', 'inherit'] })
  const secrets = join(base, 'secrets')
  const url = join(secrets, 'database-url')
  chmodSync(url, 0o600)
  writeFileSync(url, databaseUrl)
  chmodSync(url, 0o444)
  // A container has each file for itself; the folder that keeps others away is not in it.
  chmodSync(secrets, 0o755)
  return secrets
}
