import assert from 'node:assert/strict'
import { test } from 'node:test'
import { withAuth } from './installation.ts'
import { freshPath, run } from './test-program.ts'

test('several projects: project list shows them, and so does a command that needs one of them', async () => {
  const data = freshPath()
  const { projectId } = JSON.parse((await run(['init', '--json', '--data', data])).stdout)
  let other = ''
  await withAuth({ data }, async (auth) => {
    other = (await auth.api.createProject({ name: 'Other' })).projectId
  })
  const { projects } = JSON.parse((await run(['project', 'list', '--json', '--data', data])).stdout)
  assert.deepEqual(
    new Map(projects.map((one: { id: string }) => [one.id, one])),
    new Map([
      [projectId, { id: projectId, name: 'My application', environment: '' }],
      [other, { id: other, name: 'Other', environment: '' }],
    ]),
  )
  assert.match((await run(['project', 'list', '--data', data])).stdout, new RegExp(`^${other} {2}Other$`, 'm'))
  const { code, stderr } = await run(['user', 'list', '--data', data])
  assert.equal(code, 2)
  for (const line of [`${projectId}  My application`, `${other}  Other`]) assert.ok(stderr.includes(line), stderr)
})
