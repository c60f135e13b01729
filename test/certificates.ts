import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)

/** A certificate and its private key, in PEM. */
export interface Certificate {
  readonly certificate: string
  readonly key: string
}

/** Authorities and what they vouch for, made by `openssl` for one test. */
export interface Authority extends Certificate {
  /** A certificate for a name, `DNS:localhost` for one, and for a subject, which is a user for the client's end. */
  issue(subject: string, alternativeName: string): Promise<Certificate>
}

/** Makes an authority that nobody knows. */
export async function createAuthority(name: string): Promise<Authority> {
  const own = await inFolder(async (folder) => {
    await openssl(folder, ['req', '-x509', ...fresh, '-keyout', 'key.pem', '-out', 'certificate.pem', '-days', '2', '-subj', `/CN=${name}`])
    return read(folder)
  })
  return {
    ...own,
    issue: (subject, alternativeName) =>
      inFolder(async (folder) => {
        const files = { 'authority.pem': own.certificate, 'authority.key': own.key }
        for (const [file, text] of Object.entries(files)) await writeFile(join(folder, file), text)
        await openssl(folder, ['req', ...fresh, '-keyout', 'key.pem', '-out', 'request.pem', '-subj', `/CN=${subject}`])
        await writeFile(join(folder, 'extensions'), `subjectAltName=${alternativeName}\n`)
        const signing = ['-CA', 'authority.pem', '-CAkey', 'authority.key', '-CAcreateserial', '-extfile', 'extensions']
        await openssl(folder, ['x509', '-req', '-in', 'request.pem', '-out', 'certificate.pem', '-days', '2', ...signing])
        return read(folder)
      }),
  }
}

const fresh = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes']

const openssl = (cwd: string, words: readonly string[]) => run('openssl', [...words], { cwd })

async function read(folder: string): Promise<Certificate> {
  const [certificate, key] = await Promise.all(['certificate.pem', 'key.pem'].map((file) => readFile(join(folder, file), 'utf8')))
  return { certificate: certificate ?? '', key: key ?? '' }
}

async function inFolder<T>(work: (folder: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'postern-certificates-'))
  try {
    return await work(folder)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}
