import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { createMasterKey, hasMasterKey, isOpenToOthers, loadMasterKey, MasterKeyProblem } from './master-key.ts'

const root = await mkdtemp(join(tmpdir(), 'postern-key-'))
after(() => rm(root, { recursive: true, force: true }))

let count = 0
const freshFile = () => join(root, `folder${count++}`, 'master.key')

async function written(text: string, mode = 0o600): Promise<string> {
  const file = join(root, `key${count++}`)
  await writeFile(file, text, { mode })
  return file
}

test('CR-01: a key file holds 32 bytes and belongs to its owner alone', async () => {
  const file = freshFile()
  await createMasterKey({ file })
  const key = await loadMasterKey({ file })
  assert.equal(key.length, 32)
  assert.equal((await stat(file)).mode & 0o777, 0o600)
  assert.equal((await stat(join(file, '..'))).mode & 0o777, 0o700)
  assert.equal((await readFile(file, 'utf8')).trim(), Buffer.from(key).toString('base64url'))
})

test('CR-01: two processes that make the file at once end up with one whole key, and no draft is left', async () => {
  const file = freshFile()
  const keys = await Promise.all(Array.from({ length: 8 }, () => loadMasterKey({ file, mayCreate: true })))
  assert.equal(new Set(keys.map((key) => Buffer.from(key).toString('hex'))).size, 1)
  assert.deepEqual(await readdir(join(file, '..')), ['master.key'])
})

test('CR-02: a key that is there is never written over', async () => {
  const file = freshFile()
  const key = await loadMasterKey({ file, mayCreate: true })
  await createMasterKey({ file })
  assert.deepEqual(await loadMasterKey({ file, mayCreate: true }), key)
})

test('CR-02: a missing key is not made unless that is asked for', async () => {
  const file = freshFile()
  await assert.rejects(loadMasterKey({ file }), /^MasterKeyProblem: masterKeyFile .*there is no such file/)
  assert.equal(await hasMasterKey({ file }), false)
})

const counting = Buffer.from(Array.from({ length: 32 }, (_, index) => index)).toString('base64url')
const half = randomBytes(16)

for (const [name, text, expected] of [
  ['empty', '', /32 random bytes/],
  ['31 bytes', randomBytes(31).toString('base64url'), /32 random bytes/],
  ['33 bytes', randomBytes(33).toString('base64url'), /32 random bytes/],
  ['hexadecimal', randomBytes(32).toString('hex'), /32 random bytes/],
  ['text', 'change me please', /32 random bytes/],
  ['two lines', `${randomBytes(32).toString('base64url')}\nmore`, /32 random bytes/],
  ['all zero', Buffer.alloc(32).toString('base64url'), /not random/],
  ['one byte over and over', Buffer.alloc(32, 0xa5).toString('base64url'), /not random/],
  ['a word over and over', Buffer.alloc(32, 'changeme').toString('base64url'), /not random/],
  ['one half twice', Buffer.concat([half, half]).toString('base64url'), /not random/],
  ['counting', counting, /not random/],
] as const) {
  test(`CR-02: a key file that is ${name} is refused, and its content is not told`, async () => {
    const file = await written(text)
    await assert.rejects(loadMasterKey({ file, mayCreate: true }), (error: Error) => {
      assert.ok(error instanceof MasterKeyProblem)
      assert.match(error.message, expected)
      assert.match(error.message, /^masterKeyFile /)
      assert.ok(text === '' || !error.message.includes(text))
      return true
    })
  })
}

for (const mode of [0o640, 0o604, 0o644, 0o660, 0o620]) {
  test(`CR-02: a key file of mode ${mode.toString(8)} is refused`, async () => {
    const file = await written(randomBytes(32).toString('base64url'))
    await chmod(file, mode)
    await assert.rejects(loadMasterKey({ file }), /chmod 600/)
  })
}

test('CR-02: a folder or a device is no key file', async () => {
  const folder = join(root, 'key-folder')
  await mkdir(folder, { mode: 0o700 })
  await assert.rejects(loadMasterKey({ file: folder, mayCreate: true }), /it is not a file/)
  await assert.rejects(loadMasterKey({ file: '/dev/zero' }), /it is not a file/)
  await assert.rejects(loadMasterKey({ file: join(await written('x'), 'below'), mayCreate: true }), MasterKeyProblem)
})

for (const [name, mode, uid, ownUid, expected] of [
  ['its owner alone', 0o600, 10_001, 10_001, false],
  ['its owner and its group', 0o640, 10_001, 10_001, true],
  ['root, read by the group of the server', 0o440, 0, 10_001, false],
  ['root, written by a group', 0o460, 0, 10_001, true],
  ['root, read by everybody', 0o444, 0, 10_001, true],
  ['root, read by a group, for a server that is root', 0o440, 0, 0, true],
] as const) {
  test(`CR-02: a key file of ${name} is ${expected ? 'refused' : 'taken'}`, () => {
    assert.equal(isOpenToOthers({ mode, uid }, ownUid), expected)
  })
}
