import { createInterface } from 'node:readline/promises'
import { Writable } from 'node:stream'
import { CommandFailed, exitCodes } from './exit.ts'

const maxLength = 4096

/** Reads a password: the first line of standard input, or from a terminal, without showing it. */
export async function readPassword(): Promise<string> {
  const password = process.stdin.isTTY ? await askHidden('Password: ') : await firstLine()
  if (password === '') throw new CommandFailed('A password is expected on standard input', exitCodes.usage)
  return password
}

async function firstLine(): Promise<string> {
  let text = ''
  for await (const chunk of process.stdin.setEncoding('utf8')) {
    text += chunk
    if (text.includes('\n') || text.length > maxLength) break
  }
  return (text.split('\n')[0] ?? '').replace(/\r$/, '').slice(0, maxLength)
}

async function askHidden(question: string): Promise<string> {
  process.stderr.write(question)
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() })
  const reader = createInterface({ input: process.stdin, output: nowhere, terminal: true })
  try {
    return await reader.question('')
  } finally {
    reader.close()
    process.stderr.write('\n')
  }
}
