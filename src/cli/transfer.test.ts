import assert from 'node:assert/strict'
import { readdirSync } from 'node:fs'
import { readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { before, test } from 'node:test'
import { gzipSync } from 'node:zlib'
import { type Ended, freshPath, run, type Setting } from './test-program.ts'

const fixture = (name: string) => new URL(`../../test/moving/fixtures/${name}`, import.meta.url).pathname
const data = freshPath()
let folder: string

before(async () => {
  const { code, stderr } = await run(['init', '--data', data, '--json'])
  assert.equal(code, 0, stderr)
  folder = data
})

const on = (words: readonly string[], setting: Setting = {}): Promise<Ended> => run([...words, '--data', data], setting)
const file = (name: string) => join(folder, name)

test('import: a dry run, then the run, with rejects in a file that others cannot read', async () => {
  const words = ['import', fixture('auth0-import.json'), '--from', 'auth0']
  const dry = await on([...words, '--dry-run'])
  assert.equal(dry.code, 0, dry.stderr)
  assert.match(dry.stdout, /^dry run: nothing was written.*^imported: 5$.*^rejected: 2$.*^line 63: custom_password_hash: a salt in front/ms)
  const done = await on([...words, '--json', '--rejects', file('rejects.jsonl'), '--progress'])
  assert.equal(done.code, 0, done.stderr)
  const report = JSON.parse(done.stdout)
  assert.deepEqual([report.imported, report.rejected, report.hashes.bcrypt], [5, 2, 1])
  const rejects = (await readFile(file('rejects.jsonl'), 'utf8'))
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))
  assert.deepEqual(
    rejects.map(({ line, who }) => [line, who]),
    [
      [63, 'prefix@example.com'],
      [77, 'md4@example.com'],
    ],
  )
  assert.equal((await stat(file('rejects.jsonl'))).mode & 0o777, 0o600)
  assert.match(done.stderr, /^7 users, \d+\/s, 100 %, 0 s left, 2 rejected$/m)
})

test('import: hashes in a second file, and packed files', async () => {
  const packed = file('users.ndjson.gz')
  await writeFile(packed, gzipSync(await readFile(fixture('auth0-users.ndjson'))))
  const words = ['import', packed, '--from', 'auth0', '--hashes', fixture('auth0-hashes.ndjson'), '--json']
  const { code, stdout, stderr } = await on(words)
  assert.equal(code, 0, stderr)
  const report = JSON.parse(stdout)
  assert.deepEqual([report.imported, report.existing, report.hashes], [3, 1, { bcrypt: 2, none: 2 }])
})

test('import: standard input, and what is missing for Firebase', async () => {
  const input = await readFile(fixture('firebase-users.csv'))
  const without = await on(['import', '-', '--from', 'firebase'], { input })
  assert.equal(without.code, 2)
  assert.match(without.stderr, /hash parameters of the Firebase project are needed/)
  const { code, stdout, stderr } = await on(
    ['import', '-', '--from', 'firebase', '--json', '--hash-config', fixture('firebase-hash-config.txt')],
    { input },
  )
  assert.equal(code, 0, stderr)
  assert.equal(JSON.parse(stdout).hashes['firebase-scrypt'], 1)
})

for (const [name, words, code, message] of [
  ['a file that is not there', ['import', '/nothing/here.json', '--from', 'auth0'], 2, /\/nothing\/here.json: there is no such file/],
  ['a format that is not there', ['import', fixture('users.csv'), '--from', 'excel'], 2, /Users come from postern/],
  ['no format', ['import', fixture('users.csv')], 2, /--from/],
  [
    'a file of another form',
    ['import', fixture('users.csv'), '--from', 'keycloak'],
    1,
    /rejected: 4[\s\S]*Every user of the file was rejected/,
  ],
  [
    'hashes where there are none apart',
    ['import', fixture('users.csv'), '--from', 'csv', '--hashes', fixture('users.csv')],
    2,
    /in no second file/,
  ],
  ['a gzip file that is none', ['import', '{broken}.gz', '--from', 'csv'], 1, /no gzip file, or is damaged/],
  ['an export into a folder that is not there', ['export', '/nothing/here.jsonl'], 2, /cannot be written/],
] as const) {
  test(`import and export: ${name} is told`, async () => {
    const broken = file('broken.gz')
    await writeFile(broken, 'no gzip')
    const ended = await on(words.map((word) => (word === '{broken}.gz' ? broken : word)))
    assert.equal(ended.code, code, ended.stderr)
    assert.match(`${ended.stdout}${ended.stderr}`, message)
  })
}

test('import: a file that should hold hashes and holds none is warned of', async () => {
  const words = ['import', fixture('auth0-users.ndjson'), '--from', 'auth0', '--dry-run']
  assert.match((await on(words)).stdout, /^warning: not one user of this file has a password hash/m)
  const { stdout } = await on([...words, '--hashes', fixture('auth0-hashes.ndjson')])
  assert.doesNotMatch(stdout, /warning/)
  const wrong = await on(['import', fixture('keycloak-realm.json'), '--from', 'auth0'])
  assert.equal(wrong.code, 2)
  assert.match(wrong.stderr, /this is a record of keycloak/)
})

test('export: a private file that import reads, and nothing half', async () => {
  const target = file('users.jsonl')
  const { code, stdout, stderr } = await on(['export', target, '--with-hashes', '--json'])
  assert.equal(code, 0, stderr)
  const again = await on(['export', target])
  assert.deepEqual([again.code, /--force replaces it/.test(again.stderr)], [2, true])
  assert.equal((await on(['export', target, '--with-hashes', '--force'])).code, 0)
  assert.equal((await stat(target)).mode & 0o777, 0o600)
  const text = await readFile(target, 'utf8')
  assert.equal(JSON.parse(text.split('\n')[0] ?? '').counts.users, JSON.parse(stdout).users)
  assert.deepEqual(
    readdirSync(folder).filter((name) => name.endsWith('.part')),
    [],
  )
  const other = freshPath()
  await run(['init', '--data', other])
  const imported = await run(['import', target, '--from', 'postern', '--data', other, '--json'])
  assert.equal(JSON.parse(imported.stdout).rejected, 0, imported.stdout)
  const back = await run(['export', '-', '--with-hashes', '--data', other])
  assert.equal(back.stdout, text)
  const plain = await run(['export', '-', '--data', other])
  assert.doesNotMatch(plain.stdout, /\$2b\$/)
})
