import assert from 'node:assert/strict'
import { onEveryDatabase } from '../../../test/kit.ts'
import { mutatedFile } from '../../../test/moving/mutations.ts'
import { seededChoices } from '../../../test/security/seeded.ts'
import { AuthError } from '../../core/errors.ts'
import { exportUsers } from './export-users.ts'
import { formats } from './formats/index.ts'
import { importUsers } from './import-users.ts'
import type { SourceBytes } from './reading/source-record.ts'

const seed = Number(process.env.SEED ?? Math.floor(Math.random() * 2 ** 32))
const filesPerFormat = 25
const actor = { kind: 'commandLine', id: '' } as const

async function* bytes(content: string | Uint8Array): SourceBytes {
  yield Buffer.from(content)
}

onEveryDatabase(`hostile: whatever is imported can be exported and imported exactly (SEED=${seed})`, async (kit) => {
  const { projectId, auth } = kit
  const choices = seededChoices(seed)
  for (const from of formats.keys()) {
    for (let count = 0; count < filesPerFormat; count++) {
      const content = mutatedFile(choices, from)
      const options = { dropsBadHashes: choices.below(2) === 0 || from === 'firebase', createsMissing: choices.below(2) === 0 }
      try {
        const { users, imported, existing, rejected } = await importUsers(auth.deps, {
          projectId,
          actor,
          from,
          source: bytes(content),
          ...options,
        })
        assert.equal(imported + existing + rejected, users)
      } catch (error) {
        if (!(error instanceof AuthError)) throw error
        // A mutation may give a record the mark of another system.
        if (error.name !== 'BrokenTransferFile' && !/this is a record of/.test(error.message)) throw error
      }
    }
  }
  let text = ''
  const write = async (part: string) => {
    text += part
  }
  const { users } = await exportUsers(auth.deps, { projectId, actor, withHashes: true, write })
  assert.ok(users > 0)
  const other = await auth.api.createProject({ name: 'Another' })
  const report = await importUsers(auth.deps, { projectId: other.projectId, actor, from: 'postern', source: bytes(text) })
  assert.deepEqual([report.imported, report.rejects], [users, []])
  const first = text
  text = ''
  await exportUsers(auth.deps, { projectId: other.projectId, actor, withHashes: true, write })
  assert.equal(text, first)
})
