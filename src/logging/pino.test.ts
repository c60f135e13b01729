import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { openSync } from 'node:fs'
import { test } from 'node:test'
import type { LogFields } from '../core/ports.ts'
import { createLog, type LogLevel } from './pino.ts'

function memoryLog(level: LogLevel = 'debug') {
  let text = ''
  const write = (line: string) => {
    text += line
  }
  const log = createLog({ level, destination: { write } })
  const lines = () => {
    assert.ok(text === '' || text.endsWith('\n'))
    return text
      .split('\n')
      .slice(0, -1)
      .map((line) => JSON.parse(line) as Record<string, unknown>)
  }
  return { log, lines, text: () => text }
}

test('IN-08: a line is one JSON object with UTC time, level and event', () => {
  const { log, lines } = memoryLog()
  log.info('http.request', { status: 200, isSlow: false, route: '/readyz', absent: undefined })
  const [line] = lines()
  assert.match(String(line?.time), /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/)
  assert.deepEqual({ ...line, time: '' }, { level: 'info', time: '', event: 'http.request', status: 200, isSlow: false, route: '/readyz' })
})

const hostile = [
  'a\r\n{"level":"error","event":"forged"}',
  '\u001b[2J\u001b]0;title\u0007',
  '\u009b31m',
  '"},{"event":"forged',
  '\u2028event\u2029',
  '\u202eevil\u2066',
  '\ud800 alone',
  '\u0000\u007f\\',
  'x'.repeat(100_000),
]

test('IN-08: hostile values neither forge lines nor reach a terminal as commands', () => {
  const { log, lines, text } = memoryLog()
  for (const value of hostile) log.info('test', { value })
  for (const value of hostile) log.error(value, new Error(value), { value })
  assert.equal(lines().length, 2 * hostile.length)
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must not be there
  assert.doesNotMatch(text(), /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/)
  for (const line of lines()) assert.ok(JSON.stringify(line).length < 16_000)
  assert.ok(lines().every((line) => line.event !== 'forged'))
})

test('IN-08: fields cannot take the place of what every line has', () => {
  const { log, text } = memoryLog()
  log.warn('real', { event: 'other', level: 'debug', time: 'never', error: 'none' })
  assert.equal(text().match(/"event"/g)?.length, 1)
  assert.match(text(), /"level":"warn"/)
})

test('IN-07: values that are no scalars stay out, whatever the types said', () => {
  const { log, lines } = memoryLog()
  log.info('test', { body: { password: 'secret' }, list: ['secret'], ok: 1 } as unknown as LogFields)
  assert.deepEqual(Object.keys(lines()[0] ?? {}), ['level', 'time', 'event', 'ok'])
})

const token = `U${'a'.repeat(27)}.${'S'.repeat(43)}`
const jwt = 'eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJVIn0.c2lnbmF0dXJl'

for (const [name, cause] of [
  ['a database URL', new Error('cannot connect to postgres://postern:canary@db/auth')],
  ['a password with an at sign', new Error('smtps://me:canary@canary@mail.example')],
  ['a management key', new Error(`refused ${token.replace('SSSSSS', 'canary')}`)],
  ['a JWT', new Error(`bad token ${jwt}canary`)],
  ['a body that is no JSON', parseError('{"password":"canary')],
  ['members of a library', Object.assign(new Error('query failed'), { parameters: ['canary'], detail: 'Key (login)=(canary)' })],
  ['a cause', new Error('outer', { cause: Object.assign(new Error('mailto postgres://x:canary@y'), { input: 'canary' }) })],
  ['an object', { password: 'canary' }],
] as const) {
  test(`IN-07: ${name} in an error does not get into the log`, () => {
    const { log, text } = memoryLog()
    log.error('test.failed', cause)
    assert.match(text(), /"event":"test.failed"/)
    assert.doesNotMatch(text(), /canary/)
  })
}

function parseError(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    return error
  }
}

test('an error is logged with name, message, code, frames and causes', () => {
  const { log, lines } = memoryLog()
  log.error('sweep.failed', new TypeError('outer', { cause: Object.assign(new Error('inner'), { code: 'ECONNREFUSED' }) }), {
    projectId: 'P',
  })
  const error = lines()[0]?.error as Record<string, unknown>
  assert.equal(error.name, 'TypeError')
  assert.equal(error.message, 'outer')
  assert.match(String(error.stack), /^\s+at .*pino\.test\.ts/)
  assert.equal((error.cause as Record<string, unknown>).code, 'ECONNREFUSED')
})

test('an error that is its own cause ends', () => {
  const { log, lines } = memoryLog()
  const error = new Error('round')
  error.cause = error
  log.error('test', error)
  assert.equal(lines().length, 1)
})

for (const [level, expected] of [
  ['debug', 4],
  ['info', 3],
  ['warn', 2],
  ['error', 1],
  ['silent', 0],
] as const) {
  test(`level ${level} writes ${expected} of four`, () => {
    const { log, lines } = memoryLog(level)
    log.debug('a')
    log.info('b')
    log.warn('c')
    log.error('d', new Error('e'))
    assert.equal(lines().length, expected)
  })
}

const program = `
const { createLog } = await import(${JSON.stringify(new URL('./pino.ts', import.meta.url).href)})
const log = createLog({ level: 'info' })
for (let round = 0; round < 50; round++) {
  for (let line = 0; line < 200; line++) log.info('test', { filler: 'x'.repeat(1000) })
  await new Promise((resolve) => setImmediate(resolve))
}
await log.flush(200)
process.stdout.write('alive')
`

for (const [name, file] of [
  ['a full disk', '/dev/full'],
  ['a reader that has gone', undefined],
] as const) {
  test(`RL-06: the log survives ${name}`, async () => {
    const target = file === undefined ? 'pipe' : openSync(file, 'w')
    const child = spawn(process.execPath, ['--input-type=module', '-e', program], { stdio: ['ignore', 'pipe', target] })
    child.stderr?.destroy()
    let output = ''
    child.stdout?.on('data', (chunk) => {
      output += chunk
    })
    const [code] = await once(child, 'close')
    assert.deepEqual({ code, output }, { code: 0, output: 'alive' })
  })
}
