import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createAuth } from '../auth.ts'
import { newPasswordCredential, originOf } from '../core/password/credential.ts'
import { parseOptions } from '../options.ts'
import { freshPath, run } from './test-program.ts'

test('doctor: tells how many imported passwords are left, where there are some', async () => {
  const data = freshPath()
  const { projectId } = JSON.parse((await run(['init', '--data', data, '--json'])).stdout)
  assert.doesNotMatch((await run(['doctor', '--data', data])).stdout, /passwords that came as/)
  const { api, deps, close } = await createAuth(parseOptions({ flags: { data }, environment: {}, file: undefined }))
  const hash = '{MD5}PLTnMmMfR+brlh80VUt83g=='
  const { user } = await api.createUser({ projectId, loginId: 'ada' })
  const origin = originOf(deps.hasher, hash)
  await deps.storage.credentials.insert(newPasswordCredential({ projectId, userId: user.id, hash, origin, now: 1 }))
  await close()
  const { stdout } = await run(['doctor', '--data', data])
  assert.match(stdout, new RegExp(`^note +${projectId} Of 1 passwords that came as md5, 0 are hashed anew and 1 are left\\.$`, 'm'))
})
