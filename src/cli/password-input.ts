import { createInterface } from 'node:readline/promises'
import { Writable } from 'node:stream'
import { CommandFailed, exitCodes } from './exit.ts'

const maxBytes = 8192

/**
 * Reads a password: from a terminal, twice and without showing it, else the first line of standard input as it is, without its line end. `undefined` when it is empty.
 * Never from the arguments: they show in process lists and in the history of shells.
 */
export async function readPassword(): Promise<string | undefined> {
  const password = process.stdin.isTTY ? await askTwice() : await firstLine()
  return password === '' ? undefined : password
}

/** Reads a password that must be there. */
export async function requirePassword(): Promise<string> {
  const password = await readPassword()
  if (password === undefined) throw new CommandFailed('A password is expected on standard input', exitCodes.usage)
  return password
}

async function firstLine(): Promise<string> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of process.stdin as AsyncIterable<Buffer>) {
    chunks.push(chunk)
    size += chunk.length
    if (chunk.includes(10) || size > maxBytes) break
  }
  const input = Buffer.concat(chunks)
  const end = input.indexOf(10)
  const line = end < 0 ? input : input.subarray(0, end)
  if (line.length > maxBytes) throw new CommandFailed('The password is too long', exitCodes.usage)
  return decoded(line).replace(/\r$/, '')
}

function decoded(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch {
    throw new CommandFailed('The password is not UTF-8', exitCodes.usage)
  }
}

async function askTwice(): Promise<string> {
  const first = await askHidden('Password: ')
  if (first !== '' && (await askHidden('Once more: ')) !== first) throw new CommandFailed('The two are not the same', exitCodes.usage)
  return first
}

async function askHidden(question: string): Promise<string> {
  process.stderr.write(question)
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() })
  const reader = createInterface({ input: process.stdin, output: nowhere, terminal: true })
  const interrupted = new AbortController()
  reader.once('SIGINT', () => interrupted.abort())
  try {
    return await reader.question('', { signal: interrupted.signal })
  } catch (cause) {
    throw new CommandFailed('Nothing was entered', exitCodes.usage, cause)
  } finally {
    reader.close()
    process.stderr.write('\n')
  }
}
