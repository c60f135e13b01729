import assert from 'node:assert/strict'
import { type Kit, onEveryDatabase } from '../../../test/kit.ts'

async function newestPath(kit: Kit): Promise<string> {
  await kit.signUp('ada@example.com', undefined, { isVerified: false })
  const [mail] = await kit.mails()
  return `/outbox/${mail?.id ?? ''}`
}

onEveryDatabase('outbox: a mail is a page that may load nothing, run nothing and be framed by nobody else', async (kit) => {
  const { status, text, headers } = await kit.call(await newestPath(kit))
  assert.equal(status, 200)
  assert.match(text, /Confirm e-mail address/)
  const policy = (headers.get('content-security-policy') ?? '').split('; ')
  for (const part of ["default-src 'none'", "form-action 'none'", "frame-ancestors 'self'"]) assert.ok(policy.includes(part), part)
  assert.equal(
    policy.find((part) => part.startsWith('sandbox')),
    'sandbox allow-popups allow-popups-to-escape-sandbox',
  )
  assert.ok(!policy.some((part) => part.startsWith('script-src')))
})

onEveryDatabase('outbox: a mail that is not there is 404, on a page', async (kit) => {
  const { status, headers } = await kit.call('/outbox/nothing')
  assert.deepEqual([status, headers.get('content-type')], [404, 'text/html; charset=utf-8'])
})

const strangers = [
  ['another machine', { ip: '198.51.100.7' }],
  ['a proxy on this machine', { headers: { 'x-forwarded-for': '198.51.100.7' } }],
  ['a page of another site', { headers: { 'sec-fetch-site': 'cross-site' } }],
] as const

for (const [name, call] of strangers) {
  onEveryDatabase(`outbox: ${name} sees no mail, neither in the list nor alone`, async (kit) => {
    const path = await newestPath(kit)
    for (const one of ['/outbox', '/outbox.json', path]) {
      const { status, text } = await kit.call(one, call)
      assert.ok(status === 401 || status === 404, `${one}: ${status}`)
      assert.doesNotMatch(text, /ada@example|verify/)
    }
  })
}
