import { randomBytes } from 'node:crypto'
import { constants } from 'node:fs'
import { mkdir, open, stat } from 'node:fs/promises'
import { dirname } from 'node:path'

/** A problem with the key file. The message names the option and the remedy, and never holds the key. */
export class MasterKeyProblem extends Error {
  override readonly name = 'MasterKeyProblem'
}

const keyBytes = 32

/**
 * Reads the key that seals secrets: 32 bytes in base64url on one line of a file that only its owner can read. Throws `MasterKeyProblem` for a file that is missing, readable by others,
 * of another length, or plainly not random (CR-02).
 */
export async function loadMasterKey({ file }: { readonly file: string }): Promise<Uint8Array> {
  const problem = (text: string) => new MasterKeyProblem(`masterKeyFile (${file}): ${text}`)
  const handle = await open(file, constants.O_RDONLY).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') throw problem('there is no such file. Restore it from where it was kept; without it the sealed secrets cannot be opened')
    throw problem(`it cannot be read (${error.code})`)
  })
  try {
    const { mode } = await handle.stat()
    if ((mode & 0o077) !== 0) throw problem('others can read it. Run: chmod 600 on it')
    return checkedKey((await handle.readFile('utf8')).trim(), problem)
  } finally {
    await handle.close()
  }
}

function checkedKey(text: string, problem: (text: string) => Error): Uint8Array {
  if (!/^[A-Za-z0-9_-]{43}=?$/.test(text)) throw problem('it must hold 32 random bytes in base64url, 43 characters')
  const key = Buffer.from(text, 'base64url')
  if (key.length !== keyBytes || new Set(key).size < 12) throw problem('the key is not random')
  return key
}

/** Makes the key file, durable before this returns. Throws `MasterKeyProblem` when there is one already. */
export async function createMasterKey({ file }: { readonly file: string }): Promise<void> {
  await mkdir(dirname(file), { recursive: true, mode: 0o700 })
  const handle = await open(file, 'wx', 0o600).catch((error: NodeJS.ErrnoException) => {
    throw new MasterKeyProblem(`masterKeyFile (${file}): it cannot be made (${error.code})`)
  })
  try {
    await handle.writeFile(`${randomBytes(keyBytes).toString('base64url')}\n`)
    await handle.sync()
  } finally {
    await handle.close()
  }
  const folder = await open(dirname(file), constants.O_RDONLY)
  try {
    await folder.sync()
  } finally {
    await folder.close()
  }
}

/** Whether the file is there. */
export async function hasMasterKey({ file }: { readonly file: string }): Promise<boolean> {
  return stat(file).then(
    () => true,
    () => false,
  )
}
