import { createHash } from 'node:crypto'
import { createReadStream, statSync } from 'node:fs'
import { createGunzip } from 'node:zlib'
import { CommandFailed, exitCodes } from './exit.ts'

/** A file that is read once, or standard input. */
export interface InputFile {
  /** Its content, unpacked when the name ends in `.gz`. Read it once. */
  readonly content: AsyncIterable<Uint8Array>
  /** Size as it lies on the disk; `undefined` for standard input. */
  readonly sizeBytes: number | undefined
  /** Bytes read so far, of `sizeBytes`. */
  readBytes(): number
}

/** Bytes that are read at once: the fewer calls, the less time. */
const chunkBytes = 262_144

/** Opens a file, `-` for standard input. Throws `CommandFailed` when there is no such file. */
export function openInput(path: string): InputFile {
  const sizeBytes = path === '-' ? undefined : sizeOf(path)
  let read = 0
  async function* counted(stream: AsyncIterable<Uint8Array>) {
    for await (const chunk of stream) {
      read += chunk.length
      yield chunk
    }
  }
  const raw = counted(path === '-' ? process.stdin : createReadStream(path, { highWaterMark: chunkBytes }))
  return { content: path.endsWith('.gz') ? unpacked(raw) : raw, sizeBytes, readBytes: () => read }
}

function sizeOf(path: string): number {
  try {
    const found = statSync(path)
    if (found.isFile()) return found.size
  } catch {
    // Told below.
  }
  throw new CommandFailed(`${path}: there is no such file`, exitCodes.usage)
}

async function* unpacked(raw: AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array> {
  const gunzip = createGunzip()
  const feeding = (async () => {
    try {
      for await (const chunk of raw) {
        if (gunzip.destroyed) return
        if (!gunzip.write(chunk)) await new Promise((resolve) => gunzip.once('drain', resolve).once('close', resolve))
      }
      gunzip.end()
    } catch (error) {
      gunzip.destroy(error instanceof Error ? error : new Error('The file could not be read'))
    }
  })()
  try {
    yield* gunzip as AsyncIterable<Uint8Array>
  } catch (error) {
    throw new CommandFailed('The file is no gzip file, or is damaged', exitCodes.failed, error)
  } finally {
    gunzip.destroy()
    await feeding
  }
}

/** Tells a file from every other by its content; `undefined` for standard input, which can be read once only. */
export async function fingerprintOf(path: string): Promise<string | undefined> {
  if (path === '-') return undefined
  const hash = createHash('sha256')
  for await (const chunk of createReadStream(path)) hash.update(chunk)
  return hash.digest('base64url')
}
