import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import pg from 'pg'
import { openPostgres, type PostgresOptions } from '../../src/storage/postgres.ts'
import { type Certificate, createAuthority } from '../certificates.ts'
import { startPostgres, type TestPostgres } from '../postgres.ts'

/** A server that speaks TLS, with a certificate for `localhost` of an authority that nobody knows; the user `proven` proves itself by a certificate of that authority. */

const plainUrl = process.env.POSTERN_TEST_POSTGRES_URL
let server: TestPostgres
let folder = ''
const path = (name: string) => join(folder, name)

if (plainUrl) {
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'postern-tls-'))
    const [own, other] = [await createAuthority('Test authority'), await createAuthority('Another authority')]
    const atServer: Certificate = await own.issue('server', 'DNS:localhost')
    const atClient = await own.issue('proven', 'DNS:client')
    const material = {
      'ca.pem': own.certificate,
      'other.pem': other.certificate,
      'proven.pem': atClient.certificate,
      'proven.key': atClient.key,
    }
    for (const [name, text] of Object.entries(material)) await writeFile(path(name), text)
    const started = await startPostgres({
      files: {
        'server.pem': atServer.certificate,
        'server.key': atServer.key,
        'ca.pem': own.certificate,
        'access.conf': 'hostssl all proven 127.0.0.1/32 cert\nhostssl all postern 127.0.0.1/32 trust\n',
      },
      settings: {
        ssl: 'on',
        ssl_cert_file: '../server.pem',
        ssl_key_file: '../server.key',
        ssl_ca_file: '../ca.pem',
        hba_file: 'access.conf',
      },
    })
    if ('reason' in started) throw new Error(started.reason)
    server = started
    const admin = new pg.Client({ connectionString: server.url, ssl: { rejectUnauthorized: false } })
    await admin.connect()
    await admin.query('create role proven login superuser')
    await admin.end()
  })
  after(async () => {
    await server?.stop()
    await rm(folder, { recursive: true, force: true })
  })
}

type Given = Omit<PostgresOptions, 'url'> & { readonly host?: string; readonly user?: string; readonly parameters?: string }

function open({ host = 'localhost', user = 'postern', parameters = '', ...options }: Given) {
  const url = Object.assign(new URL(server.url), { hostname: host, username: user })
  return openPostgres({ ...options, url: `${url.href}${parameters.replaceAll('FOLDER', encodeURIComponent(folder))}`, migrations: [] })
}

const tls = (mode: NonNullable<PostgresOptions['tls']>['mode'], caFile?: string) => ({
  tls: { mode, ...(caFile && { caFile: path(caFile) }) },
})

/** What was asked for, and what the reason says where it is refused. Files are known only once the server is there. */
const cases: readonly (readonly [name: string, given: () => Given, refusal?: RegExp])[] = [
  ['verify-full with the authority of the server', () => tls('verify-full', 'ca.pem')],
  ['require means the same', () => tls('require', 'ca.pem')],
  ['an authority alone asks for the whole proof', () => tls(undefined, 'ca.pem')],
  ['the words of libpq in the URL', () => ({ parameters: '?sslmode=require&sslrootcert=FOLDER%2Fca.pem&channel_binding=require' })],
  ['verify-ca takes another name', () => ({ ...tls('verify-ca', 'ca.pem'), host: '127.0.0.1' })],
  ['no-verify takes anybody', () => ({ parameters: '?sslmode=no-verify', host: '127.0.0.1' })],
  ['another name', () => ({ ...tls('verify-full', 'ca.pem'), host: '127.0.0.1' }), /ALTNAME_INVALID.*The certificate is for another name/],
  [
    'require with another name',
    () => ({ parameters: '?sslmode=require&sslrootcert=FOLDER%2Fca.pem', host: '127.0.0.1' }),
    /ALTNAME_INVALID/,
  ],
  ['another authority', () => tls('verify-full', 'other.pem'), /(UNABLE|SELF_SIGNED).*databaseTlsCaFile/],
  ['verify-ca with another authority', () => tls('verify-ca', 'other.pem'), /(UNABLE|SELF_SIGNED).*databaseTlsCaFile/],
  ['the authorities of the runtime', () => ({ parameters: '?sslmode=require' }), /(UNABLE|SELF_SIGNED).*databaseTlsCaFile/],
  ['verify-ca without an authority', () => tls('verify-ca'), /verify-ca needs databaseTlsCaFile/],
  ['no TLS where the server wants it', () => ({}), /no encryption.*set databaseTlsMode to verify-full/],
  [
    'a file that is not there',
    () => tls('verify-full', 'missing.pem'),
    /databaseTlsCaFile \(.*missing\.pem\): the file cannot be read \(ENOENT\)/,
  ],
  [
    'a certificate of its own',
    () => ({ user: 'proven', tls: { caFile: path('ca.pem'), certFile: path('proven.pem'), keyFile: path('proven.key') } }),
  ],
  [
    'no certificate where the server wants one',
    () => ({ user: 'proven', ...tls('verify-full', 'ca.pem') }),
    /28000 connection requires a valid client certificate/,
  ],
  [
    'a key of somebody else',
    () => ({ tls: { certFile: path('proven.pem'), keyFile: path('ca.pem') } }),
    /not certificates and a key in PEM that fit together/,
  ],
]

for (const [name, given, refusal] of plainUrl ? cases : []) {
  test(`postgres: TLS: ${refusal ? 'refused: ' : ''}${name}`, async () => {
    const opening = open(given()).then((storage) => storage.close())
    if (refusal) await assert.rejects(opening, (error: Error) => assert.match(error.message, refusal) === undefined)
    else await opening
  })
}

if (plainUrl) {
  test('postgres: TLS: where it is asked for, a server without it is refused', async () => {
    for (const parameters of ['?sslmode=no-verify', '?sslmode=require', '?sslmode=verify-full']) {
      await assert.rejects(openPostgres({ url: `${plainUrl}${parameters}` }), /does not support SSL.*switch it on there/)
    }
  })
}
