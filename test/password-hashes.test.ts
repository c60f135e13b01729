import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import test from 'node:test'
import { readHash } from '../src/core/password/foreign/schemes.ts'
import { vectors } from '../src/core/password/foreign/test-vectors.ts'
import { HashedPassword, storedHashOf } from '../src/core/password/hashed-password.ts'

const page = readFileSync(new URL('../docs/password-hashes.md', import.meta.url), 'utf8')
const examples = [...page.matchAll(/```json\n([\s\S]*?)```/g)].flatMap(([, lines = '']) => lines.trim().split('\n'))
const passwords = ['correct horse', 'user1password', 'my password'].map((text) => Buffer.from(text))

test('documentation: every wire form has an example, and each is accepted and of its password', async () => {
  const kinds = new Set<string>()
  for (const line of examples) {
    const wire = JSON.parse(line)
    kinds.add(Object.keys(wire).join())
    const found = readHash(storedHashOf(HashedPassword.parse(wire)))
    const answers = await Promise.all(passwords.map((password) => found?.matches(password)))
    assert.equal(answers.filter((answer) => answer === true).length, 1, line)
  }
  assert.deepEqual(kinds, new Set(Object.keys(HashedPassword.shape)))
})

test('documentation: every scheme is in the table', () => {
  for (const { scheme } of vectors) assert.ok(page.includes(`\`${scheme.replace(/-salted$/, '')}\``), scheme)
})
