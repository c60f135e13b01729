import assert from 'node:assert/strict'
import { onEveryDatabase, refused, succeeded } from './fixture.ts'

const check = onEveryDatabase(['project.rotateJwt=true'])

check('rotation: each refresh answers the next refresh token', async ({ sdk, signUp }) => {
  const account = await signUp('rotates')
  let token = account.refreshJwt
  const seen = new Set([token])
  for (let round = 0; round < 5; round++) {
    const data = succeeded(await sdk.refresh(token))
    token = data.refreshJwt ?? ''
    assert.ok(!seen.has(token), 'the token is new')
    seen.add(token)
    await sdk.validateSession(data.sessionJwt)
  }
})

check('rotation: refreshSession hands out the new refresh token', async ({ sdk, signUp }) => {
  const account = await signUp('rotates-session')
  const info = await sdk.refreshSession(account.refreshJwt)
  assert.ok('refreshJwt' in info && typeof info.refreshJwt === 'string' && info.refreshJwt !== account.refreshJwt)
  succeeded(await sdk.refresh(info.refreshJwt))
})

check('rotation: refreshes at the same time get the same successor', async ({ sdk, signUp }) => {
  const account = await signUp('rotates-tabs')
  const answers = await Promise.all(Array.from({ length: 4 }, () => sdk.refresh(account.refreshJwt)))
  const successors = new Set(answers.map((answer) => succeeded(answer).refreshJwt))
  assert.equal(successors.size, 1)
  succeeded(await sdk.refresh([...successors][0]))
})

check('rotation: a token from before the last ends the whole session', async ({ sdk, signUp }) => {
  const account = await signUp('rotates-reuse')
  const bystander = succeeded(await sdk.password.signIn(account.loginId, account.password))
  const second = succeeded(await sdk.refresh(account.refreshJwt)).refreshJwt
  const third = succeeded(await sdk.refresh(second)).refreshJwt
  refused(await sdk.refresh(account.refreshJwt), 401, 'E064002')
  refused(await sdk.refresh(third), 401, 'E064001')
  succeeded(await sdk.refresh(bystander.refreshJwt))
})
