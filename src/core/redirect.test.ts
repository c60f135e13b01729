import assert from 'node:assert/strict'
import test from 'node:test'
import { approvedRedirect, withToken } from './redirect.ts'

const publicUrl = 'https://auth.example.com'
const approved = 'app.example, *.sub.example, https://other.example:8443/cb, myapp://, com.example.app://auth'

for (const url of [
  'https://app.example/',
  'https://app.example/reset?lang=de',
  'https://a.sub.example/x',
  'https://a.b.sub.example/x',
  'https://other.example:8443/cb',
  'https://other.example:8443/cb/deep?x=1',
  'https://auth.example.com/anything',
  'https://APP.example/reset',
  'myapp://reset/now',
  'com.example.app://auth/reset',
]) {
  test(`RC-07: ${url} is accepted`, () => {
    assert.ok(approvedRedirect({ url, approved, publicUrl }))
  })
}

for (const url of [
  ...['//evil.org', '/\\evil.org', '\\\\evil.org', 'http:evil.org', 'https:app.example', 'https:///app.example', '/relative', ''],
  ...[
    'https://evil.org',
    'https://app.example.evil.org',
    'https://evilapp.example',
    'https://app.example@evil.org',
    'https://evil.org#app.example',
  ],
  ...['https://user:pw@app.example', 'http://app.example', 'https://app.example:444', 'https://sub.example', 'https://evilsub.example'],
  ...[
    'https://other.example/cb',
    'http://other.example:8443/cb',
    'https://other.example:8443/cbX',
    'https://other.example:8443/cb/../../evil',
  ],
  ...['https://other.example:8443/cb/%2e%2e/evil', 'https://other.example:8443/cb%2f..%2f', 'https://other.example:8443/'],
  ...[
    'javascript:alert(1)',
    'javascript://app.example/%0aalert(1)',
    'data:text/html,x',
    'file:///etc/passwd',
    'blob:https://app.example/x',
  ],
  ...[
    'https://app.exa\tmple',
    'https://app.example\\@evil.org',
    'https://app.example\n.evil.org',
    'https://аpp.example',
    'http://localhost:3000',
  ],
  ...['otherapp://reset', 'com.example.app://other/reset'],
]) {
  test(`RC-07: ${JSON.stringify(url)} is refused`, () => {
    assert.equal(approvedRedirect({ url, approved, publicUrl }), undefined)
  })
}

test('RC-07: an empty list allows our own origin only', () => {
  assert.equal(approvedRedirect({ url: 'https://app.example', approved: '', publicUrl }), undefined)
  assert.ok(approvedRedirect({ url: `${publicUrl}/x`, approved: '', publicUrl }))
})

test('on a developer machine other ports of the loopback hosts are allowed, and nothing else', () => {
  const local = 'http://127.0.0.1:8787'
  assert.ok(approvedRedirect({ url: 'http://localhost:3000/reset', approved: '', publicUrl: local }))
  assert.equal(approvedRedirect({ url: 'http://192.168.0.1/reset', approved: '', publicUrl: local }), undefined)
  assert.equal(approvedRedirect({ url: 'http://localhost.evil.org/reset', approved: '', publicUrl: local }), undefined)
})

test('the token joins the query that is there', () => {
  const url = approvedRedirect({ url: 'https://app.example/reset?lang=de', approved, publicUrl })
  assert.equal(url && withToken(url, 'abc.def'), 'https://app.example/reset?lang=de&t=abc.def')
})
