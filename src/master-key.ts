import { randomBytes } from 'node:crypto'
import { constants } from 'node:fs'
import { type FileHandle, link, mkdir, open, stat, unlink } from 'node:fs/promises'
import { dirname } from 'node:path'

/** A problem with the key file. The message names the option and the remedy, and never holds the key. */
export class MasterKeyProblem extends Error {
  override readonly name = 'MasterKeyProblem'
}

const keyBytes = 32
const maxFileBytes = 1024

/**
 * Reads the key that seals secrets: 32 bytes in base64url on one line of a file that only its owner can read. Throws `MasterKeyProblem` for a file that is missing,
 * readable by others, of another length, or plainly not random (CR-02). With `mayCreate` a missing file is made; say so only where there is no data yet.
 */
export async function loadMasterKey({
  file,
  mayCreate = false,
}: {
  readonly file: string
  readonly mayCreate?: boolean
}): Promise<Uint8Array> {
  if (mayCreate && !(await hasMasterKey({ file }))) await createMasterKey({ file })
  const handle = await open(file, constants.O_RDONLY).catch((error: NodeJS.ErrnoException) => {
    const isMissing = error.code === 'ENOENT' || error.code === 'ENOTDIR'
    throw problem(file, isMissing ? missing : `it cannot be read (${error.code})`)
  })
  try {
    const facts = await handle.stat()
    if (!facts.isFile()) throw problem(file, 'it is not a file')
    if (isOpenToOthers(facts)) throw problem(file, 'others can read or write it. Run: chmod 600 on it')
    return checkedKey(file, await readStart(handle))
  } finally {
    await handle.close()
  }
}

/**
 * Whether somebody but the owner can use a file. One of root's may be readable by its group, as PostgreSQL takes its TLS key: Kubernetes and systemd hand secrets to a process that is not root
 * in this way, under a group that is the process's own.
 */
export function isOpenToOthers(
  file: { readonly mode: number; readonly uid: number },
  ownUid: number | undefined = process.getuid?.(),
): boolean {
  const forbidden = file.uid === 0 && ownUid !== 0 ? 0o037 : 0o077
  return (file.mode & forbidden) !== 0
}

const missing = 'there is no such file. Restore it from where it was kept; without it the sealed secrets cannot be opened'

function problem(file: string, text: string): MasterKeyProblem {
  return new MasterKeyProblem(`masterKeyFile (${file}): ${text}`)
}

async function readStart(handle: FileHandle): Promise<string> {
  const { buffer, bytesRead } = await handle.read(Buffer.alloc(maxFileBytes), 0, maxFileBytes, 0)
  return buffer.toString('latin1', 0, bytesRead).trim()
}

function checkedKey(file: string, text: string): Uint8Array {
  const key = Buffer.from(text, 'base64url')
  if (!/^[A-Za-z0-9_-]{43}=?$/.test(text) || key.length !== keyBytes) {
    throw problem(file, 'it must hold 32 random bytes in base64url, 43 characters on one line')
  }
  if (isPatterned(key)) throw problem(file, 'the key is not random: it repeats itself or counts')
  return key
}

/** Placeholders: few different bytes, the same part over and over, or steps of one size. Random bytes are none of that with odds beyond 2^90. */
function isPatterned(key: Buffer): boolean {
  const repeats = (period: number) => key.subarray(period).equals(key.subarray(0, -period))
  const steps = new Set([...key.subarray(1)].map((byte, index) => (byte - (key[index] ?? 0)) & 255))
  return new Set(key).size < 12 || repeats(16) || repeats(8) || repeats(4) || steps.size < 4
}

/**
 * Makes the key file, whole and durable before this returns: of two processes that start at once one makes it, and neither sees a part of it. Throws
 * `MasterKeyProblem` when it cannot be written; a file that is there already stays as it is.
 */
export async function createMasterKey({ file }: { readonly file: string }): Promise<void> {
  const draft = `${file}.${randomBytes(6).toString('hex')}.new`
  try {
    await mkdir(dirname(file), { recursive: true, mode: 0o700 })
    await writeDurably(draft, `${randomBytes(keyBytes).toString('base64url')}\n`)
    try {
      await link(draft, file)
    } finally {
      await unlink(draft)
    }
    await syncFolder(dirname(file))
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code !== 'EEXIST') throw problem(file, `it cannot be made (${code})`)
  }
}

async function writeDurably(file: string, text: string): Promise<void> {
  const handle = await open(file, 'wx', 0o600)
  try {
    await handle.writeFile(text)
    await handle.sync()
  } finally {
    await handle.close()
  }
}

async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, constants.O_RDONLY)
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}

/** Whether the file is there. */
export async function hasMasterKey({ file }: { readonly file: string }): Promise<boolean> {
  return stat(file).then(
    () => true,
    () => false,
  )
}
