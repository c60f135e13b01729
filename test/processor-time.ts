/** Milliseconds that the processor has spent on this process, on all its threads: what takes no longer on a machine that is busy with other things. */
export function processorMilliseconds(): number {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1000
}
