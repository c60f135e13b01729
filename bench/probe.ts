/** Loaded into the measured server before its own code: tells the parent how late the event loop was. Does nothing until it is asked. */
import { monitorEventLoopDelay } from 'node:perf_hooks'

const resolutionMilliseconds = 1
const delays = monitorEventLoopDelay({ resolution: resolutionMilliseconds })

process.on('message', ({ id, probe }: { readonly id: number; readonly probe: 'start' | 'stop' }) => {
  if (probe === 'start') {
    delays.reset()
    delays.enable()
  } else {
    delays.disable()
  }
  // The histogram holds the time between two ticks, of which one resolution is meant to be there.
  const late = (share: number) => Math.max(0, delays.percentile(share) / 1e6 - resolutionMilliseconds)
  process.send?.({ id, p50: late(50), p99: late(99), max: late(100) })
})
process.channel?.unref()
