import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createMetrics, httpMetrics } from './metrics.ts'

test('figures are rendered with their help texts', async () => {
  const metrics = createMetrics([httpMetrics], false)
  metrics.count('postern_http_requests_total', { route: '/a', method: 'GET', status: '200' })
  metrics.count('postern_http_requests_total', { route: '/a', method: 'GET', status: '200' })
  metrics.observe('postern_http_request_seconds', 0.02, { route: '/a' })
  const { contentType, text } = await metrics.render()
  assert.match(contentType, /^text\/plain; version=0\.0\.4/)
  assert.match(text, /# HELP postern_http_requests_total Requests answered/)
  assert.match(text, /postern_http_requests_total\{route="\/a",method="GET",status="200"\} 2/)
  assert.match(text, /postern_http_request_seconds_bucket\{le="0\.01",route="\/a"\} 0/)
  assert.match(text, /postern_http_request_seconds_bucket\{le="0\.025",route="\/a"\} 1/)
  assert.deepEqual(metrics.undeclaredNames(), [])
})

test('a counter in a table is there before it counts', async () => {
  const table = { counters: { postern_things_total: { help: 'Things.' } }, durations: {}, gauges: { postern_size: { help: 'Size.' } } }
  const metrics = createMetrics([table], false)
  metrics.gauge('postern_size', () => 3)
  const { text } = await metrics.render()
  assert.match(text, /postern_things_total 0/)
  assert.match(text, /# HELP postern_size Size\.\n# TYPE postern_size gauge\npostern_size 3/)
})

test('gauges are read when asked, replaced when registered again, and one that fails does not hide the others', async () => {
  const metrics = createMetrics([], false)
  let size = 1
  metrics.gauge('postern_size', () => 99)
  metrics.gauge('postern_size', async () => size)
  metrics.gauge('postern_broken', () => Promise.reject(new Error('down')))
  size = 5
  const { text } = await metrics.render()
  assert.match(text, /^postern_size 5$/m)
  assert.doesNotMatch(text, /99/)
})

test('a gauge with labels tells the values that it has now, and no earlier ones', async () => {
  const gauges = { postern_things: { help: 'Things.', labels: ['kind', 'state'] } }
  const metrics = createMetrics([{ counters: {}, durations: {}, gauges }], false)
  let values = [
    { labels: { kind: 'a', state: 'new' }, value: 1 },
    { labels: { kind: 'b', state: 'new' }, value: 2 },
  ]
  metrics.gauge('postern_things', async () => values)
  assert.match((await metrics.render()).text, /\{kind="a",state="new"\} 1\n.*\{kind="b",state="new"\} 2/)
  values = values.slice(1)
  const { text } = await metrics.render()
  assert.match(text, /kind="b"/)
  assert.doesNotMatch(text, /kind="a"/)
})

test('a name that no table has is counted and told', async () => {
  const metrics = createMetrics([httpMetrics], false)
  metrics.count('postern_forgotten_total', { kind: 'x' })
  assert.match((await metrics.render()).text, /postern_forgotten_total\{kind="x"\} 1/)
  assert.deepEqual(metrics.undeclaredNames(), ['postern_forgotten_total'])
})

test('two registries do not share figures; the process tells about itself', async () => {
  const one = createMetrics()
  const two = createMetrics()
  one.count('postern_http_requests_total', { route: '/a', method: 'GET', status: '200' })
  assert.doesNotMatch((await two.render()).text, /route="\/a"/)
  assert.match((await two.render()).text, /process_resident_memory_bytes/)
})
